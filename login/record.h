/* SPDX-License-Identifier: MIT */
/* What an accepted sign-in leaves behind. */
#pragma once

#include "login/attempt.h"

/*
 * Records attempt->outcome and publishes what became public. `verifier` may be NULL: the
 * old one stays; "" erases it. Somebody not allowed here is not recorded when new.
 * WORDS_NONE when the person may be let in; else what to say, and the verdict.
 */
enum words record_acceptance(struct attempt *attempt, const char *verifier, enum verdict *verdict);
