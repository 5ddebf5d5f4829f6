/* SPDX-License-Identifier: MIT */
/*
 * How somebody was let in, from the phase that has found out to the session. sshd runs them in
 * different processes, between which only the PAM environment crosses; so whatever is read there
 * may come from anybody.
 */
#pragma once

#include "login/frame.h"

#include <security/pam_modules.h>

/* LATCHKEY_MODE=online or offline, and for offline until when that works. */
void mode_set(pam_handle_t *pam, const struct ruling *ruling) __attribute__((nonnull));
/* Leaves neither of them. */
void mode_forget(pam_handle_t *pam) __attribute__((nonnull));
/* Tells until when, once, unless `silent`; from then on LATCHKEY_MODE alone is left. */
void mode_tell(pam_handle_t *pam, bool silent) __attribute__((nonnull));
