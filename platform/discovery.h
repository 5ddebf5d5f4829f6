/* SPDX-License-Identifier: MIT */
/*
 * The discovery document (OIDC Discovery 1.0, 3 and 4; platform.md 2.1, 2.2):
 * where to ask for tokens, and where the keys are. A document that speaks for
 * another issuer, or points anywhere but to https, is refused.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

#define DISCOVERY_BODY_MOST (256u << 10)
#define DISCOVERY_URL_MOST  1023u

struct discovery {
    char token_endpoint[DISCOVERY_URL_MOST + 1];
    char jwks_uri[DISCOVERY_URL_MOST + 1];
};

/* An absolute https URL of printable ASCII, with a host, without user, password and fragment. */
bool discovery_url_is_fit(const char *url);

/* Where an issuer's document is. ERROR_CONFIG: `issuer` is not fit to be one. */
bool discovery_url(const char *issuer, char url[static DISCOVERY_URL_MOST + 1], struct error *why);

/* ERROR_MALFORMED, or ERROR_UNTRUSTED when the document is another issuer's. */
bool discovery_parse(const char *json, size_t length, const char *issuer,
                     struct discovery *discovery, struct error *why);
