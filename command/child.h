/* SPDX-License-Identifier: MIT */
/* What root has done by a process that may have fallen into wrong hands when it answers. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

/*
 * `task` fills `answer`, of `size` bytes, in a child that has no terminal, no session with us and no
 * open file but the pipe for the answer; it gives root up itself. After `wait_ms` it is ended.
 * ERROR_SYSTEM, and `answer` is not to be used: not all of it came.
 */
bool child_ask(void (*task)(void *context, void *answer), void *context, void *answer, size_t size,
               int64_t wait_ms, struct error *why);

/* For a child that is asked otherwise: leaves all this, but for `fd`, which is CHILD_FD from now on. */
#define CHILD_FD 3
bool child_leave_everything(int fd);
