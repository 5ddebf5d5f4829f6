/* SPDX-License-Identifier: MIT */
/* Tokens as the store holds them: sealed, each for one account and in its place only. */
#pragma once

#include "cache/person.h"
#include "cache/secret.h"

enum token_kind { TOKEN_REFRESH, TOKEN_ACCESS };

/* `*sealed` (owned by the caller) and its length. */
bool token_seal(const struct host_key *key, const struct account *account, enum token_kind kind,
                const char *token, uint8_t **sealed, size_t *length, struct error *why);
/* `*token` is owned by the caller, to be wiped (free_secret). */
bool token_open(const struct host_key *key, const struct account *account, enum token_kind kind,
                const uint8_t *sealed, size_t length, char **token, struct error *why);
