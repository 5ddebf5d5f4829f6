/* SPDX-License-Identifier: MIT */
#include "platform/tenant.h"
#include "base/text.h"
#include "platform/claim.h"
#include "platform/json.h"

#include <stdio.h>
#include <string.h>

#define TENANT_HOLDER "{tenantid}" /* in the issuer of a key of Entra, each time for the tenant */
#define GUID_LENGTH   36
#define VERSION_TEXT  "2.0"

/* The first GUID of an issuer's path from `text` on; NULL: there is none. */
static const char *guid_in(const char *text)
{
    const char *slash = strchr(text, '/');

    while (slash && !authority_is_guid(slash + 1))
        slash = strchr(slash + 1, '/');
    return slash ? slash + 1 : NULL;
}

/* An issuer whose address names a tenant by its GUID speaks for no other. */
static bool issuer_is_for(const char *issuer, const char *tenant)
{
    for (const char *guid = guid_in(issuer); guid; guid = guid_in(guid))
        if (strncmp(guid, tenant, GUID_LENGTH) != 0)
            return false;
    return true;
}

/* OpenID Connect knows no tenants: a `tid` counts if it is there, or if one is expected. */
static bool check_any(const json_t *claims, const struct expected *expected, const char **tenant,
                      struct error *why)
{
    bool wanted = expected->tenant && *expected->tenant;

    if (wanted && !claim_is(claims, "tid", expected->tenant, why))
        return false;
    if (!json_text_if_any(claims, "tid", GUID_LENGTH, tenant, why))
        return false;
    if (**tenant && (!authority_is_guid(*tenant) || !issuer_is_for(expected->issuer, *tenant)))
        return claim_untrusted(why, "tid is not a GUID, or not the one in iss");
    return !wanted || strstr(expected->issuer, *tenant) ||
           claim_untrusted(why, "iss does not name the tenant");
}

static bool check_entra(const json_t *claims, const struct expected *expected, struct error *why)
{
    if (!guid_in(expected->issuer))
        return claim_untrusted(why, "iss does not name a tenant");
    if (!json_object_get(claims, "tid"))
        return claim_untrusted(why, "tid is missing");
    return claim_is(claims, "ver", VERSION_TEXT, why);
}

/* The two forms of its issuer, of which one names the policy: platform/authority.h. */
static bool issuer_names_policy(const char *issuer)
{
    return strstr(issuer, "/tfp/") != NULL;
}

/* Policies of one tenant share issuer and keys, but some ask for less than others. */
static bool check_policy(const json_t *claims, const struct expected *expected, struct error *why)
{
    const char *policy = NULL;

    if (!json_text_if_any(claims, "acr", IDENTITY_TEXT_MOST, &policy, why) ||
        !json_text_if_any(claims, "tfp", IDENTITY_TEXT_MOST, &policy, why))
        return false;
    if (!policy)
        return issuer_names_policy(expected->issuer) ||
               claim_untrusted(why, "neither tfp nor acr names the policy");
    return (expected->policy && text_equal_folded(policy, expected->policy)) ||
           claim_untrusted(why, "the token is of another policy");
}

static bool check_b2c(const json_t *claims, const struct expected *expected,
                      char tenant[static GUID_LENGTH + 1], struct error *why)
{
    const char *guid = guid_in(expected->issuer);

    if (!guid)
        return claim_untrusted(why, "iss does not name a tenant");
    memcpy(tenant, guid, GUID_LENGTH);
    tenant[GUID_LENGTH] = '\0';
    return check_policy(claims, expected, why);
}

bool tenant_check(const json_t *claims, const struct expected *expected, struct identity *draft,
                  struct error *why)
{
    char of_issuer[GUID_LENGTH + 1];
    const char *tenant = "";

    if (!check_any(claims, expected, &tenant, why))
        return false;
    switch (expected->kind) {
    case AUTHORITY_GENERIC:
        break;
    case AUTHORITY_ENTRA:
    case AUTHORITY_CIAM:
        if (!check_entra(claims, expected, why))
            return false;
        break;
    case AUTHORITY_B2C:
        if (!check_b2c(claims, expected, of_issuer, why))
            return false;
        tenant = of_issuer;
        break;
    }
    return text_copy(draft->tenant, sizeof draft->tenant, tenant) ||
           claim_untrusted(why, "tid is too long");
}

/* `idp` of a member names the tenant itself. */
bool tenant_check_home(const json_t *claims, const struct expected *expected,
                       struct identity *draft, struct error *why)
{
    const char *home = draft->issuer;
    int64_t guest = 0;

    if (!*draft->tenant)
        return true;
    /* B2C has its own count of versions. */
    if (expected->kind != AUTHORITY_B2C && !claim_is_if_any(claims, "ver", VERSION_TEXT, why))
        return false;
    if (!json_number_if_any(claims, "acct", 0, 1, &guest, why) ||
        !json_text_if_any(claims, "idp", IDENTITY_TEXT_MOST, &home, why))
        return false;
    draft->guest = guest || !authority_is_home(draft->issuer, draft->tenant, home);
    return true;
}

/* Writes the issuer of a key with the tenant in each place for it. False: it is too long. */
static bool fill_in(const char *pattern, const char *tenant, char *issuer, size_t size)
{
    const char *holder;

    for (; (holder = strstr(pattern, TENANT_HOLDER)); pattern = holder + strlen(TENANT_HOLDER)) {
        size_t length = (size_t)(holder - pattern);

        if (length >= size || !text_copy(issuer + length, size - length, tenant))
            return false;
        memcpy(issuer, pattern, length);
        issuer += length + strlen(tenant);
        size -= length + strlen(tenant);
    }
    return text_copy(issuer, size, pattern);
}

bool tenant_key_fits(const struct key *key, const struct expected *expected,
                     const struct identity *identity, struct error *why)
{
    bool entra = expected->kind == AUTHORITY_ENTRA || expected->kind == AUTHORITY_CIAM;
    char issuer[2 * IDENTITY_TEXT_MOST];

    if (key->cloud && expected->cloud && *expected->cloud &&
        strcmp(key->cloud, expected->cloud) != 0)
        return claim_untrusted(why, "the key is of another cloud");
    if (!key->issuer)
        return true;
    if (strstr(key->issuer, TENANT_HOLDER) && !*identity->tenant)
        return claim_untrusted(why, "the key is for tenants, and the token has none");
    if (!fill_in(key->issuer, identity->tenant, issuer, sizeof issuer))
        return claim_untrusted(why, "the key's issuer is too long");
    return strcmp(issuer, identity->issuer) == 0 ||
           (entra && authority_same_tenant(issuer, identity->issuer)) ||
           claim_untrusted(why, "the key does not speak for this issuer");
}
