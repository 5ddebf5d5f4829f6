/*
 * ID tokens (OIDC Core 2, RFC 7519) in JWS compact form (RFC 7515 3.1), checked
 * on OpenSSL directly. The algorithm comes from local policy and from the
 * key's type, never from the token alone. Nothing in a token is ever fetched.
 */
#pragma once

#include "base/buffer.h"
#include "base/error.h"
#include "platform/identity.h"
#include "platform/keys.h"

#include <time.h>

#define TOKEN_TEXT_MOST (64u << 10) /* bytes of a compact token */

enum algorithm { ALGORITHM_RS256 = 1, ALGORITHM_PS256 = 2, ALGORITHM_ES256 = 4 };

enum signature {
    SIGNATURE_BAD,         /* refused, `why` says what for */
    SIGNATURE_UNKNOWN_KEY, /* no key of this set is meant: fetching the set anew may help */
    SIGNATURE_GOOD
};

/* `algorithms`: those that are allowed, or-ed. `payload` is filled only on SIGNATURE_GOOD. */
enum signature token_signature(const char *compact, size_t length, const struct keys *keys,
                               unsigned algorithms, struct buffer *payload, struct error *why);

/* What the token has to say, all compared byte for byte (the name without regard to A-Z/a-z). */
struct expected {
    const char *issuer;
    const char *tenant;    /* NULL or empty: none is wanted, `tid` is taken as it is */
    const char *client_id; /* the audience */
    const char *name;      /* who was asked for; the name claim must be this */
    const char *object_id; /* NULL: not known yet */
    const char *name_claim;
    const char *groups_claim;
    const char *nonce;     /* NULL: none was sent, none may come back */
    time_t now;
    unsigned skew_seconds;
};

/* The claims of a payload whose signature is good. ERROR_UNTRUSTED when any check fails. */
bool token_claims(const char *payload, size_t length, const struct expected *expected,
                  struct identity *identity, struct error *why);
