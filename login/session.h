/* SPDX-License-Identifier: MIT */
/* One sign-in, from the request to the verdict. Knows nothing of processes or PAM. */
#pragma once

#include "login/frame.h"
#include "login/process.h"
#include "login/talk.h"

struct ruling session_run(const struct request *request, const struct caller *caller,
                          struct talk *talk) __attribute__((nonnull));
