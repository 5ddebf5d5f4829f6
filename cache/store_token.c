/* SPDX-License-Identifier: MIT */
#include "cache/store_token.h"

#include "base/own.h"
#include "cache/store.h"

/* A word, lengths and three numbers of at most three digits. */
#define BOUND_MOST (ISSUER_MOST + TENANT_MOST + OBJECT_ID_MOST + 32)

/* Kind and account as one text that no other pair has. */
static bool bound_text(const struct account *account, enum token_kind kind, char bound[BOUND_MOST],
                       struct error *why)
{
    const char *word = kind == TOKEN_ACCESS ? "access" : "token";
    int length = snprintf(bound, BOUND_MOST, "%s %zu:%s %zu:%s %zu:%s", word,
                          strlen(account->issuer), account->issuer, strlen(account->tenant),
                          account->tenant, strlen(account->object_id), account->object_id);

    return (length > 0 && length < BOUND_MOST) ||
           error_set(why, ERROR_SYSTEM, "an account of %d bytes", length);
}

bool token_seal(const struct host_key *key, const struct account *account, enum token_kind kind,
                const char *token, uint8_t **sealed, size_t *length, struct error *why)
{
    OWNED(free_memory) uint8_t *made = NULL;
    char bound[BOUND_MOST];
    size_t inside = strlen(token);

    if (inside == 0 || inside > TOKEN_MOST)
        return error_set(why, ERROR_MALFORMED, "a token of %zu bytes", inside);
    made = malloc(inside + SEAL_OVERHEAD);
    if (!made)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!bound_text(account, kind, bound, why) ||
        !secret_seal(key, bound, token, inside, made, why))
        return false;
    *length = inside + SEAL_OVERHEAD;
    *sealed = OWN_TAKE(made);
    return true;
}

bool token_open(const struct host_key *key, const struct account *account, enum token_kind kind,
                const uint8_t *sealed, size_t length, char **token, struct error *why)
{
    OWNED(free_secret) char *text = NULL;
    char bound[BOUND_MOST];

    if (length <= SEAL_OVERHEAD || length > TOKEN_MOST + SEAL_OVERHEAD)
        return error_set(why, ERROR_UNTRUSTED, "a sealed token of %zu bytes", length);
    text = calloc(1, length - SEAL_OVERHEAD + 1);
    if (!text)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!bound_text(account, kind, bound, why) ||
        !secret_open(key, bound, sealed, length, text, why))
        return false;
    *token = OWN_TAKE(text);
    return true;
}
