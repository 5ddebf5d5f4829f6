/* SPDX-License-Identifier: MIT */
/* What an accepted sign-in leaves behind. */
#pragma once

#include "login/attempt.h"

/*
 * Commits attempt->outcome to the store; what came of it is in attempt->recording.
 * `verifier` may be NULL: the old one stays; "" erases it. Somebody not allowed here is
 * not recorded when new.
 */
void record_commit(struct attempt *attempt, const char *verifier);

/*
 * Publishes what became public by that. WORDS_NONE when the person may be let in; else
 * what to say, and the verdict.
 */
enum words record_conclude(struct attempt *attempt, enum verdict *verdict);
