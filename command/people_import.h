/* SPDX-License-Identifier: MIT */
/* A whole file of people into the store: first every line is looked at, then they are recorded. */
#pragma once

#include "command/host.h"

struct import_wishes {
    bool keep_going; /* leave bad lines out; else stop at the first, before anything is changed */
    bool json;
};

/* `fd` is a regular file. An exit status; says on standard error what is wrong with which line. */
int people_import(struct host *host, int fd, const struct import_wishes *wishes);
