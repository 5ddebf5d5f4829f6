/* SPDX-License-Identifier: MIT */
/* passwd(1) for people of the platform: what can be changed here is a local passphrase. */
#pragma once

#include "login/attempt.h"

/*
 * ACTION_PASSWORD asks for the current passphrase first, and counts and compares it as a sign-in
 * does. ACTION_RESET does not. Neither asks the platform anything, and neither gives somebody a
 * passphrase whom it has never accepted or has refused since, or whose secret is a password of its
 * own: who has one is told where to change it.
 */
enum verdict attempt_change(struct attempt *attempt);
