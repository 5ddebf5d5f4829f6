/* SPDX-License-Identifier: MIT */
/*
 * The forms of the setting `issuer` (platform.md 2.1, BK-1): one tenant of Microsoft Entra by
 * GUID or domain in the public or a national cloud, External ID (ciamlogin.com), a B2C policy
 * (b2clogin.com), or the issuer of any OpenID Connect provider. Pure.
 */
#pragma once

#include "base/error.h"

#define AUTHORITY_TEXT_MOST 255u

enum authority_kind { AUTHORITY_GENERIC, AUTHORITY_ENTRA, AUTHORITY_CIAM, AUTHORITY_B2C };

struct authority {
    enum authority_kind kind;
    char discovery_url[1024];             /* of its discovery document, on the canonical host */
    char host[AUTHORITY_TEXT_MOST + 1];   /* canonical, with the port if there is one */
    char tenant[AUTHORITY_TEXT_MOST + 1]; /* GUID or domain, lower case; empty when generic */
    char policy[AUTHORITY_TEXT_MOST + 1]; /* of B2C, lower case; else empty */
    /*
     * The issuer of its tokens. Empty where only the discovery document can tell it: the tenant
     * is given by its domain, or the kind is B2C.
     */
    char issuer[AUTHORITY_TEXT_MOST + 1];
};

/*
 * ERROR_CONFIG with the cure: no https URL without query and fragment, `common`,
 * `organizations`, `consumers` or their tenant, no tenant, a cloud that has been closed, a host of
 * Microsoft's that is none of the above.
 */
bool authority_read(const char *setting, struct authority *authority, struct error *why);

/* Whether a discovery document of this authority may say that this is its issuer. */
bool authority_fits(const struct authority *authority, const char *issuer);

/* Whether two issuers are of one tenant: the same path on hosts of one cloud of Microsoft's. */
bool authority_same_tenant(const char *one, const char *other);

/*
 * Whether `home` (the claim `idp`) is the issuer of a tenant, under any name of its cloud, or the
 * issuer that the tenant has in tokens of the first version there.
 */
bool authority_is_home(const char *issuer, const char *tenant, const char *home);

/* All names of a host of Entra, the canonical one first, NULL behind the last; NULL: it is none. */
const char *const *authority_hosts(const char *host);

/* Whether `text` is a GUID up to its end or the next slash. */
bool authority_is_guid(const char *text);
