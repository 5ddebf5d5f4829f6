/* SPDX-License-Identifier: MIT */
/*
 * Signed messages in JWS compact form (RFC 7515 3.1, 7.1), checked on OpenSSL
 * directly. The algorithm comes from local policy and from the key's type, never
 * from the message alone. Nothing in a message is ever fetched. A header that
 * brings a key along (jwk, jku, x5u, x5c), wants to be understood (crit, b64), or
 * speaks of another form (zip, enc, cty) is refused.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "platform/keys.h"

#include <jansson.h>

#define SIGNED_TEXT_MOST (64u << 10) /* bytes of a compact message */

/* RFC 7518 3.3, 3.5, 3.4 */
enum algorithm { ALGORITHM_RS256 = 1, ALGORITHM_PS256 = 2, ALGORITHM_ES256 = 4 };

enum signature {
    SIGNATURE_BAD,         /* refused, `why` says what for */
    SIGNATURE_UNKNOWN_KEY, /* refused, but the issuer may have newer keys: fetching them may help */
    SIGNATURE_GUEST,       /* refused, by token_verify alone: good, but of a guest */
    SIGNATURE_OTHER,       /* the same, but of another object id than was expected */
    SIGNATURE_GOOD
};

struct signed_message {
    json_t *header;
    const struct key *key; /* borrowed from the keys */
    struct buffer payload; /* any bytes */
};
void signed_message_release(struct signed_message *message);

/* `algorithms`: those that are allowed, or-ed. `message` is filled only on SIGNATURE_GOOD. */
enum signature signature_check(const char *compact, size_t length, const struct keys *keys,
                               unsigned algorithms, struct signed_message *message,
                               struct error *why);

/* The algorithm of this name, 0 when we have none. */
unsigned signature_algorithm(const char *name);
