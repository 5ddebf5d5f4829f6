/* SPDX-License-Identifier: MIT */
/* One question to the helper, from the items of a PAM handle to a verdict in PAM's words. */
#pragma once

#include "login/frame.h"
#include "pam_module/gate.h"
#include "pam_module/options.h"

/*
 * `user` has passed the gate, which said `before`; ADMIT becomes PAM_SUCCESS only if it passes
 * again. Logs one line per failure, never a name that is not known here.
 */
int attempt_run(pam_handle_t *pam, enum action action, const char *user, enum gate before,
                bool silent, const struct options *options) __attribute__((nonnull));
