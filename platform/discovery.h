/* SPDX-License-Identifier: MIT */
/*
 * The discovery document (OIDC Discovery 1.0, 3 and 4; platform.md 2.1, 2.2):
 * who issues the tokens, where to ask for them, and where the keys are. A document
 * that speaks for another issuer, or points anywhere but to https, is refused.
 */
#pragma once

#include "base/error.h"
#include "platform/authority.h"

#include <stddef.h>

#define DISCOVERY_BODY_MOST (256u << 10)
#define DISCOVERY_URL_MOST  1023u

struct discovery {
    char issuer[AUTHORITY_TEXT_MOST + 1]; /* of the tokens, as they spell it */
    char token_endpoint[DISCOVERY_URL_MOST + 1];
    char jwks_uri[DISCOVERY_URL_MOST + 1];
    char
        device_endpoint[DISCOVERY_URL_MOST + 1]; /* RFC 8628 4; empty: it has none, or no fit one */
    char cloud[AUTHORITY_TEXT_MOST + 1];         /* `cloud_instance_name` of Entra; may be empty */
};

/* An absolute https URL of printable ASCII, with a host, without user, password and fragment. */
bool discovery_url_is_fit(const char *url);

/*
 * `pinned_issuer`: of the document that is kept, NULL or empty when there is none yet. A domain
 * that has moved to another tenant since brings other people under the same names.
 * ERROR_MALFORMED, or ERROR_UNTRUSTED when the document is another issuer's.
 */
bool discovery_parse(const char *json, size_t length, const struct authority *authority,
                     const char *pinned_issuer, struct discovery *discovery, struct error *why);
