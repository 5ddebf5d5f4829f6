/* SPDX-License-Identifier: MIT */
/* Ctrl-C, and the other signals that ask a command to end, while it must not end at any place. */
#pragma once

#include <stdbool.h>

/* Whether they wait from now on; those that have waited end the process when they need not any more. */
void interrupted_later(bool later);
/* Whether one waits. */
bool interrupted_is(void);
