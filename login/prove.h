/* SPDX-License-Identifier: MIT */
/* Which questions a sign-in asks the platform, in which order, until policy has decided. */
#pragma once

#include "login/attempt.h"
#include "login/compare.h"

/*
 * The first question, asked while the secret is still being compared, which is what `compare` is
 * about. Sets attempt->result. When the password is to be proven and another sign-in of this person
 * is doing that, waits for what comes of it instead of asking the same.
 */
void prove_first(struct attempt *attempt, struct compare *compare);

/*
 * Asks whether the account of a person who is known is in good standing, which only her token tells.
 * Without one, or where it cannot be sent, attempt->result says what that amounts to.
 */
void prove_account(struct attempt *attempt);

/*
 * Asks as often as policy wants, at most once about the password and once about the token, and
 * records each refusal. attempt->local is known by now; it changes when another sign-in has proven
 * the same secret while this one waited to ask about it. `compare` has come to its end.
 */
struct decision prove_decide(struct attempt *attempt, struct compare *compare);

/* The same for somebody who has typed no secret, and is given a device code for that. */
struct decision prove_by_code(struct attempt *attempt);
