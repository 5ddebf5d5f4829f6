/* SPDX-License-Identifier: MIT */
/*
 * A secret that only this host knows, for people whose password alone is not enough for the platform,
 * or who have none. It is checked here and never sent anywhere.
 */
#pragma once

#include "login/attempt.h"

enum chosen { CHOSEN_NOT, CHOSEN };

/*
 * Lets the person choose one, typed twice, and records its verifier for attempt->person: by the
 * host's own rules (login/quality.h), with three tries and a hint after each. `not_this` (may be
 * NULL): what she has just typed, which it must not equal. An empty answer means that she does not
 * want one. For somebody who is known, and has proven who she is: after record_commit of an
 * acceptance. Who does not choose one is told so, and keeps what she had.
 */
enum chosen passphrase_choose(struct attempt *attempt, const char *not_this);
