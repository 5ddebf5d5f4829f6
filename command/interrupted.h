/* SPDX-License-Identifier: MIT */
/* Ctrl-C, and the other signals that ask a command to end, while it must not end at any place. */
#pragma once

#include <stdbool.h>

/*
 * Those that nohup, or a shell for what it runs with `&`, has told this process to ignore; and to
 * ignore them again after something has forgotten it.
 */
unsigned interrupted_ignored(void);
void interrupted_ignore(unsigned which);

/* Whether they wait from now on; those that have waited end the process when they need not any more. */
void interrupted_later(bool later);
/* Whether one waits that is not ignored. */
bool interrupted_is(void);
