/* SPDX-License-Identifier: MIT */
/*
 * To which tenant an ID token belongs (platform.md 2.1, 2.3 checks 4 and 8, 2.12): part of
 * token_verify, apart from it because it is what Microsoft's platforms add to OpenID Connect.
 * Every complaint is ERROR_UNTRUSTED or ERROR_MALFORMED.
 */
#pragma once

#include "platform/token.h"

/* Needs draft->issuer; fills in draft->tenant. */
bool tenant_check(const json_t *claims, const struct expected *expected, struct identity *draft,
                  struct error *why);

/* Fills in draft->guest: not at home in this tenant, so that the name is chosen elsewhere. */
bool tenant_check_home(const json_t *claims, const struct expected *expected,
                       struct identity *draft, struct error *why);

/* Tenants share an address, so the key itself says for whom it speaks. */
bool tenant_key_fits(const struct key *key, const struct expected *expected,
                     const struct identity *identity, struct error *why);
