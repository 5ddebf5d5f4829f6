/* SPDX-License-Identifier: MIT */
/*
 * About whom the platform is not asked again for REST_SECONDS (cache/rest.h): who was locked out
 * there; and, by her own refresh token, whoever has just had it redeemed without being root. Such a
 * caller needs no secret for that, and could have it done as fast as the platform answers.
 */
#pragma once

#include "login/attempt.h"

/* After an answer, which is in attempt->result and attempt->outcome. */
void pause_begin(const struct attempt *attempt, bool of_password);
/*
 * Whether it is not to be asked now about the password, or the token. Then the result is
 * RESULT_LOCK_RESTING or RESULT_LOCKED; for a caller as above RESULT_SKIPPED if it was accepted the
 * last time, or what it came to is remembered, else RESULT_DENIED.
 */
bool pause_holds(struct attempt *attempt, bool of_password);

/* Whether the platform did not answer when it was asked last, about anybody's password or token. */
bool pause_is_cut_off(struct attempt *attempt);
