/* SPDX-License-Identifier: MIT */
/* Who is at the other end of the helper's socket, and for whom he may ask. */
#pragma once

#include "login/frame.h"

#include <sys/types.h>

struct caller {
    uid_t uid; /* as the kernel says (SO_PEERCRED); 0: PAM in a program of root */
};

/* Root may ask about everybody; anybody else only to verify himself, never to change anything. */
bool caller_may_ask(const struct caller *caller, const struct request *request)
    __attribute__((nonnull));
