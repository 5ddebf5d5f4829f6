/* SPDX-License-Identifier: MIT */
/*
 * ID tokens (OIDC Core 2 and 3.1.3.7, RFC 7519, platform.md 2.3 and 2.12): who
 * signed them, whom they are for, and whom they speak of. Either every check
 * passes or the token is refused, ERROR_UNTRUSTED.
 */
#pragma once

#include "platform/authority.h"
#include "platform/identity.h"
#include "platform/keys.h"
#include "platform/signature.h"

#include <time.h>

#define TOKEN_TEXT_MOST SIGNED_TEXT_MOST /* bytes of a compact token */

/*
 * What the token has to say, all compared byte for byte (the name and the policy without regard to
 * A-Z/a-z). Zero for `kind` is the strict check of any provider; Microsoft's kinds demand more:
 * Entra and External ID a `tid` that is the GUID in the issuer, and `ver` 2.0; B2C the policy, in
 * `tfp`, else in `acr`, unless its issuer names it. The tenant of a B2C token is the one in its
 * issuer, as it need not have a `tid`. Who knows an authority fills in kind and policy from it, and
 * issuer and cloud from the discovery document that has passed (platform/discovery.h); the tenant
 * need not be given then.
 */
struct expected {
    enum authority_kind kind;
    const char *issuer;
    const char *tenant;    /* NULL or empty: not demanded; a `tid` must still be the one in iss */
    const char *policy;    /* of B2C */
    const char *cloud;     /* NULL or empty: not known; else a key that names one must name this */
    const char *client_id; /* the audience */
    const char *name;      /* who was asked for; the name claim must be this */
    const char *object_id; /* NULL: not known yet */
    const char *name_claim;
    const char *groups_claim; /* NULL or empty: groups are not read */
    const char *nonce;        /* NULL: none was sent, none may come back */
    bool guests;              /* a guest of the tenant may pass */
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
