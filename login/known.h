/* SPDX-License-Identifier: MIT */
/* What this host knows of the person who is meant, read as late as possible and once more at the end. */
#pragma once

#include "login/attempt.h"

/*
 * Reads the person and the time. Called when the secret has been typed, not before: a
 * prompt may stand open for minutes, and what others learn meanwhile must count.
 */
bool known_read(struct attempt *attempt, struct error *why);
/* The person once more, but not the time. On false nothing has changed. */
bool known_refresh(struct attempt *attempt, struct error *why);

/* Whether the person still is what was read: the same, not refused since, the same verifier. */
enum lookup known_stands(struct attempt *attempt);

/* What policy wants to know of the circumstances. */
struct remembered known_facts(const struct attempt *attempt);

/* policy_token_rests and policy_wants_more, of the person as known now. */
bool known_token_rests(const struct attempt *attempt);
bool known_wants_more(const struct attempt *attempt);

/* Records what a refusal leaves behind, here and at once, in the store if it can be written. */
void known_refuse(struct attempt *attempt, const struct decision *decision);

/* Whether the groups that the person was last known to be in let her in here. */
enum lookup known_is_allowed(struct attempt *attempt);

/* Makes sure that the published snapshot names the person; lookups depend on it. */
bool known_publish(struct attempt *attempt);
