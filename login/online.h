/* SPDX-License-Identifier: MIT */
/*
 * The online half of a sign-in: what the platform is asked. Of one person one sign-in proves the
 * password and one redeems the token at a time; whoever waited counts on what the one before has
 * proven. Who holds the turn of the token never waits for that of the password.
 */
#pragma once

#include "login/attempt.h"

/* Whether there is a refresh token whose successor could be stored, and it was not tried yet. */
bool online_may_ask_token(const struct attempt *attempt);
/* Whether there is one, and it was not tried yet, but its successor could not be stored. */
bool online_token_is_stuck(const struct attempt *attempt);

/*
 * The turn to prove the person's password, or that of somebody with this name who is not known; kept
 * until online_end_turns. What is known is read again when it has come. online_take_turn does not
 * wait for it. online_wait_turn does, for half of the budget or `to_the_end`, gives up the turn of
 * the token, and reads again in any case: whoever has the turn must not keep others from asking.
 */
bool online_take_turn(struct attempt *attempt);
void online_wait_turn(struct attempt *attempt, bool to_the_end);
/* Called once what was learned is recorded; also ends the turn of the token. */
void online_end_turns(struct attempt *attempt);

/* What is wrong with the platform, as far as it is not that nobody can be reached: WORDS_NONE. */
enum words online_cause(const struct attempt *attempt);

/* What an answer that is no acceptance adds for somebody who may know; else WORDS_NONE. */
enum words online_advice(const struct outcome *outcome);

/* Whether another sign-in has proven the password since the secret was typed here. */
bool online_password_is_proven(const struct attempt *attempt);

/* One request each within the budget; the answer is in attempt->outcome too. */
enum result online_ask_password(struct attempt *attempt);
/*
 * An acceptance is committed before others get their turn. RESULT_SKIPPED, without a request, when
 * another sign-in of this person proved the account while this one waited for its turn, or as
 * login/pause.h says;
 * RESULT_RESTING and RESULT_MORE_RESTING, also without, when one has just found the token doubtful,
 * or too little. For REST_SECONDS after that was the answer it is RESULT_LOCKED without a request,
 * and the question about the password RESULT_LOCK_RESTING.
 */
enum result online_ask_token(struct attempt *attempt);
