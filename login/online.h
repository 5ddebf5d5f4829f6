/* SPDX-License-Identifier: MIT */
/* The online half of a sign-in: what the platform is asked. */
#pragma once

#include "login/attempt.h"

/* Whether there is a refresh token whose successor could be stored, and it was not tried yet. */
bool online_may_ask_token(const struct attempt *attempt);

/* One request each within the budget; the answer is in attempt->outcome too. */
enum result online_ask_password(struct attempt *attempt);
/*
 * An acceptance is committed before others get their turn. RESULT_SKIPPED, without a request, when another sign-in of this person proved the
 * account while this one waited for its turn.
 */
enum result online_ask_token(struct attempt *attempt);
