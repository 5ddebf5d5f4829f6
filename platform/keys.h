/* SPDX-License-Identifier: MIT */
/*
 * The issuer's signing keys: a JWK set (RFC 7517), or one JWK. Strict: a set
 * that holds a symmetric key, a duplicate member, an entry that is no object, or
 * not one usable key is refused whole, so that the last good set stays in use. A
 * single key that is not fit for signatures we accept (RFC 7518 6) is kept out
 * of use, with the reason; it still counts where a token must mean one key only.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

#define KEYS_BODY_MOST (1u << 20) /* bytes of a key set */
#define KEYS_MOST      100        /* keys of one set */
#define KEYS_TEXT_MOST 255        /* bytes of a key's id or issuer */

enum key_type { KEY_UNFIT, KEY_RSA, KEY_P256 };

/* Borrowed from its set. */
struct key {
    enum key_type type;
    char *id;        /* `kid`; NULL: it has none */
    char *algorithm; /* `alg`; NULL: any of its type */
    char *issuer;    /* whose tokens it may sign, {tenantid} in it stands for the tenant;
                                        NULL: not said. platform.md 2.3, check 4 */
    char *cloud;     /* `cloud_instance_name`; NULL: not said */
    struct evp_pkey_st *public_part; /* OpenSSL's; NULL when unfit */
    struct error unfit;              /* why, when unfit */
};

struct keys;

/* ERROR_MALFORMED: not a key set; ERROR_UNTRUSTED: one that must not be used. */
bool keys_parse(const char *json, size_t length, struct keys **keys, struct error *why);
void keys_release(struct keys *keys); /* accepts NULL */

/* How many keys a token with this `kid` (NULL: without one) could mean; `key` is set when it is 1. */
size_t keys_meant(const struct keys *keys, const char *kid, const struct key **key);
