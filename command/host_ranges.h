/* SPDX-License-Identifier: MIT */
/* The ranges that this host's own files set aside for its users, and for containers of theirs. */
#pragma once

#include "base/error.h"
#include "cache/id_window.h"

/*
 * Whether the window overlaps none of them: of login.defs(5), adduser.conf(5), subuid(5) and
 * subgid(5). Else ERROR_CONFIG with the file and the cure. A file that is missing sets nothing
 * aside.
 */
bool host_ranges_leave(struct id_window window, struct error *why);
