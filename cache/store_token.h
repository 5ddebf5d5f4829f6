/* SPDX-License-Identifier: MIT */
/* Refresh tokens as the store holds them: sealed, each for one account only. */
#pragma once

#include "cache/person.h"
#include "cache/secret.h"

/* `*sealed` (owned by the caller) and its length. */
bool token_seal(const struct host_key *key, const struct account *account, const char *token,
                uint8_t **sealed, size_t *length, struct error *why);
/* `*token` is owned by the caller, to be wiped (free_secret). */
bool token_open(const struct host_key *key, const struct account *account, const uint8_t *sealed,
                size_t length, char **token, struct error *why);
