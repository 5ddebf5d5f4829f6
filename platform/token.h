/* SPDX-License-Identifier: MIT */
/*
 * ID tokens (OIDC Core 2 and 3.1.3.7, RFC 7519, platform.md 2.3 and 2.12): who
 * signed them, whom they are for, and whom they speak of. Either every check
 * passes or the token is refused, ERROR_UNTRUSTED.
 */
#pragma once

#include "platform/identity.h"
#include "platform/keys.h"
#include "platform/signature.h"

#include <time.h>

#define TOKEN_TEXT_MOST SIGNED_TEXT_MOST /* bytes of a compact token */

/* What the token has to say, all compared byte for byte (the name without regard to A-Z/a-z). */
struct expected {
    const char *issuer;
    const char
        *tenant; /* NULL or empty: not demanded; a `tid` must still be the one in the issuer */
    const char *client_id; /* the audience */
    const char *name;      /* who was asked for; the name claim must be this */
    const char *object_id; /* NULL: not known yet */
    const char *name_claim;
    const char *groups_claim; /* NULL or empty: groups are not read */
    const char *nonce;        /* NULL: none was sent, none may come back */
    time_t now;
    unsigned skew_seconds;
};

/*
 * The whole check of an ID token: signature, header, claims, and that the key may
 * speak for this tenant. `identity` is filled only on SIGNATURE_GOOD. After
 * SIGNATURE_UNKNOWN_KEY the keys may be fetched anew, and the token tried once more;
 * it is refused all the same if that does not help.
 */
enum signature token_verify(const char *compact, size_t length, const struct keys *keys,
                            unsigned algorithms, const struct expected *expected,
                            struct identity *identity, struct error *why);

/* The first part of it, for any JWS. `payload` is filled only on SIGNATURE_GOOD, with any bytes. */
enum signature token_signature(const char *compact, size_t length, const struct keys *keys,
                               unsigned algorithms, struct buffer *payload, struct error *why);
