/* The online half of a sign-in: asks the platform, and records what it said. */
#pragma once

#include "login/attempt.h"

/* Whether there is a refresh token whose successor could be stored, and it was not tried yet. */
bool online_may_ask_token(const struct attempt *attempt);

/* One request each within the budget; the answer is in attempt->outcome too. */
enum result online_ask_password(struct attempt *attempt);
enum result online_ask_token(struct attempt *attempt);

/*
 * Records an accepted sign-in and publishes what became public. `verifier` may be
 * NULL: the old one stays. Somebody not allowed here is not recorded when new.
 * WORDS_NONE when the person may be let in; else what to say, and the verdict.
 */
enum words online_record(struct attempt *attempt, const char *verifier, enum verdict *verdict);
