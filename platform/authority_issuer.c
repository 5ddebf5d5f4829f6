/* SPDX-License-Identifier: MIT */
/* Which issuers are of one tenant: platform.md 2.1, rules 1 and 2; 2.12. */
#include "base/text.h"
#include "platform/authority.h"

#include <stdio.h>
#include <string.h>

#define SCHEME       "https://"
#define VERSION_PATH "/v2.0"
#define PUBLIC_HOST  "login.microsoftonline.com"
#define CHINA_HOST   "login.partner.microsoftonline.cn"
#define CIAM_DOMAIN  ".ciamlogin.com"
#define CONSUMERS    "9188040d-6c67-4c5b-b112-36a304b66dad"
#define GUID_LENGTH  36u
#define TEXT_SIZE    (AUTHORITY_TEXT_MOST + 1)
#define FORM_SIZE    (4 * TEXT_SIZE) /* more than any address made of our texts */

bool authority_is_guid(const char *text)
{
    static const char shape[] = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";

    if (strcspn(text, "/") != GUID_LENGTH)
        return false;
    for (size_t i = 0; i < GUID_LENGTH; i++)
        if (shape[i] == '-' ? text[i] != '-' : !strchr("0123456789abcdefABCDEF", text[i]))
            return false;
    return true;
}

/* The GUID in the path of an issuer; NULL: there is none. */
static const char *guid_in(const char *issuer)
{
    const char *part = strchr(issuer, '/');

    while (part && !authority_is_guid(part + 1))
        part = strchr(part + 1, '/');
    return part ? part + 1 : NULL;
}

static bool is_form(const char *issuer, const char *host, const char *tenant, const char *end)
{
    char form[FORM_SIZE];

    snprintf(form, sizeof form, SCHEME "%s/%s" VERSION_PATH "%s", host, tenant, end);
    return strcmp(form, issuer) == 0;
}

static bool fits_entra(const struct authority *authority, const char *tenant, const char *issuer)
{
    const char *const *name = authority_hosts(authority->host);

    while (name && *name)
        if (is_form(issuer, *name++, tenant, ""))
            return true;
    return false;
}

/* A host that is named after a tenant is that tenant's alone. */
static bool label_is_guid(const char *host)
{
    char label[TEXT_SIZE] = "";

    memcpy(label, host, strcspn(host, "."));
    return authority_is_guid(label);
}

static bool fits_ciam(const struct authority *authority, const char *tenant, const char *issuer)
{
    char host[TEXT_SIZE];

    snprintf(host, sizeof host, "%.36s" CIAM_DOMAIN, tenant);
    if (is_form(issuer, host, tenant, ""))
        return true;
    return !label_is_guid(authority->host) && is_form(issuer, authority->host, tenant, "");
}

/* Policies are compared without regard to case, so the rest of the address is by itself. */
static bool fits_b2c(const struct authority *authority, const char *tenant, const char *issuer)
{
    char form[FORM_SIZE];
    int length = snprintf(form, sizeof form, SCHEME "%s/tfp/%s/", authority->host, tenant);

    if (is_form(issuer, authority->host, tenant, "/"))
        return true;
    if (strncmp(issuer, form, (size_t)length) != 0)
        return false;
    snprintf(form, sizeof form, "%s" VERSION_PATH "/", authority->policy);
    return text_equal_folded(issuer + length, form);
}

bool authority_fits(const struct authority *authority, const char *issuer)
{
    char tenant[GUID_LENGTH + 1] = "";
    const char *guid = guid_in(issuer);

    if (authority->kind == AUTHORITY_GENERIC)
        return strcmp(authority->issuer, issuer) == 0;
    if (!guid || strlen(issuer) > AUTHORITY_TEXT_MOST)
        return false;
    memcpy(tenant, guid, GUID_LENGTH);
    text_fold(tenant); /* so that an issuer with capitals is none of the forms */
    if (strcmp(tenant, CONSUMERS) == 0 ||
        (authority_is_guid(authority->tenant) && strcmp(authority->tenant, tenant) != 0))
        return false;
    if (authority->kind == AUTHORITY_ENTRA)
        return fits_entra(authority, tenant, issuer);
    return authority->kind == AUTHORITY_CIAM ? fits_ciam(authority, tenant, issuer)
                                             : fits_b2c(authority, tenant, issuer);
}

/* The cloud that an issuer of Microsoft's is in, External ID being part of the public one. */
static const char *const *cloud_of(const char *issuer, const char **path)
{
    char host[TEXT_SIZE] = "";
    size_t length =
        strncmp(issuer, SCHEME, strlen(SCHEME)) == 0 ? strcspn(issuer + strlen(SCHEME), "/") : 0;

    if (length == 0 || length > AUTHORITY_TEXT_MOST)
        return NULL;
    memcpy(host, issuer + strlen(SCHEME), length);
    *path = issuer + strlen(SCHEME) + length;
    return authority_hosts(strcmp(host + strcspn(host, "."), CIAM_DOMAIN) == 0 ? PUBLIC_HOST
                                                                               : host);
}

bool authority_same_tenant(const char *one, const char *other)
{
    const char *first = "", *second = "";
    const char *const *cloud = cloud_of(one, &first);

    return cloud && cloud == cloud_of(other, &second) && strcmp(first, second) == 0;
}

bool authority_is_home(const char *issuer, const char *tenant, const char *home)
{
    char first[FORM_SIZE];
    const char *path;
    const char *const *cloud = cloud_of(issuer, &path);
    bool china = cloud && strcmp(cloud[0], CHINA_HOST) == 0;

    snprintf(first, sizeof first, SCHEME "%s/%.36s/",
             china ? "sts.chinacloudapi.cn" : "sts.windows.net", tenant);
    return strcmp(home, issuer) == 0 || strcmp(home, first) == 0 ||
           authority_same_tenant(issuer, home);
}
