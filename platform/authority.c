/* SPDX-License-Identifier: MIT */
#include "platform/authority.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

#define SCHEME       "https://"
#define WELL_KNOWN   "/.well-known/openid-configuration"
#define VERSION_PATH "/v2.0"
#define CIAM_DOMAIN  ".ciamlogin.com"
#define TEXT_SIZE    (AUTHORITY_TEXT_MOST + 1)
#define CLOSED_HOST  "login.microsoftonline.de"
#define CONSUMERS    "9188040d-6c67-4c5b-b112-36a304b66dad"

/* The names of the host of each cloud, the canonical one first, NULL behind the last. */
static const char *const clouds[][5] = {
    {"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net"},
    {"login.microsoftonline.us", "login.usgovcloudapi.net"},
    {"login.partner.microsoftonline.cn", "login.chinacloudapi.cn"},
};

/* A setting on its way: all but `text` in lower case. */
struct address {
    const char *text;
    char host[TEXT_SIZE]; /* without the port */
    char port[TEXT_SIZE]; /* with its colon, or empty */
    char path[TEXT_SIZE]; /* with its first slash, or empty */
};

/* Labels of letters, digits and dashes with single dots between them. */
static bool is_dotted(const char *name)
{
    size_t length = strlen(name);

    return length > 0 && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-.") == length &&
           name[0] != '.' && name[length - 1] != '.' && !strstr(name, "..");
}

static bool host_is_fit(const char *host)
{
    size_t length = strlen(host);

    if (*host != '[')
        return is_dotted(host);
    return length > 2 && strspn(host + 1, "0123456789abcdef:.") == length - 2 &&
           host[length - 1] == ']';
}

static bool port_is_fit(const char *port)
{
    unsigned long long number;

    return !*port || text_number(port + 1, 1, 65535, &number);
}

static bool path_is_fit(const char *path)
{
    for (; *path; path++)
        if (*path <= 0x20 || *path > 0x7e || strchr("?#@\\\"<>^`{|}", *path))
            return false;
    return true;
}

static bool cut(const char *setting, struct address *address)
{
    const char *host = setting + strlen(SCHEME), *port, *path;

    if (strncmp(setting, SCHEME, strlen(SCHEME)) != 0 || strlen(setting) > AUTHORITY_TEXT_MOST)
        return false;
    path = host + strcspn(host, "/");
    port = host + (*host == '[' ? strcspn(host, "]/") : 0);
    port += strcspn(port, ":/");
    *address = (struct address){.text = setting};
    memcpy(address->host, host, (size_t)(port - host));
    memcpy(address->port, port, (size_t)(path - port));
    (void)text_copy(address->path, sizeof address->path, path);
    text_fold(address->host);
    text_fold(address->path);
    return host_is_fit(address->host) && port_is_fit(address->port) && path_is_fit(address->path);
}

const char *const *authority_hosts(const char *host)
{
    for (size_t i = 0; i < sizeof clouds / sizeof clouds[0]; i++)
        for (const char *const *name = clouds[i]; *name; name++)
            if (strcmp(*name, host) == 0)
                return clouds[i];
    return NULL;
}

/* Whether the host is one label and this behind it. */
static bool is_label_before(const char *host, const char *domain)
{
    return strcmp(host + strcspn(host, "."), domain) == 0;
}

static enum authority_kind kind_of(const char *host)
{
    static const char *const b2c[] = {".b2clogin.com", ".b2clogin.cn", ".b2clogin.us",
                                      ".b2clogin.de"};

    if (authority_hosts(host))
        return AUTHORITY_ENTRA;
    if (is_label_before(host, CIAM_DOMAIN))
        return AUTHORITY_CIAM;
    for (size_t i = 0; i < sizeof b2c / sizeof b2c[0]; i++)
        if (is_label_before(host, b2c[i]))
            return AUTHORITY_B2C;
    return AUTHORITY_GENERIC;
}

static bool complain(const struct authority *draft, const char *trouble, struct error *why)
{
    return error_set(why, ERROR_CONFIG,
                     "issuer: %.90s; write https://%.60s/TENANT%s, TENANT being the GUID or a "
                     "domain of your tenant",
                     trouble, draft->host, draft->kind == AUTHORITY_B2C ? "/POLICY" : "");
}

static bool take_tenant(const char *tenant, struct authority *draft, struct error *why)
{
    static const char *const shared[] = {"common", "organizations", "consumers", CONSUMERS};
    char trouble[TEXT_SIZE];

    if (!*tenant)
        return complain(draft, "the tenant is missing", why);
    for (size_t i = 0; i < sizeof shared / sizeof shared[0]; i++)
        if (strcmp(tenant, shared[i]) == 0) {
            snprintf(trouble, sizeof trouble, "%s is not one tenant of your own", tenant);
            return complain(draft, trouble, why);
        }
    if (strchr(tenant, '/') ||
        (!authority_is_guid(tenant) && (!strchr(tenant, '.') || !is_dotted(tenant))))
        return complain(draft, "what follows the host does not name a tenant", why);
    (void)text_copy(draft->tenant, sizeof draft->tenant, tenant);
    return true;
}

static bool take_policy(const char *policy, struct authority *draft, struct error *why)
{
    if (!*policy)
        return complain(draft, "the policy is missing", why);
    if (policy[strspn(policy, "abcdefghijklmnopqrstuvwxyz0123456789-_")])
        return complain(draft, "what follows the tenant does not name a policy", why);
    (void)text_copy(draft->policy, sizeof draft->policy, policy);
    return true;
}

static void strip_end(char *path, const char *end)
{
    size_t length = strlen(path), least = strlen(end);

    if (length >= least && strcmp(path + length - least, end) == 0)
        path[length - least] = '\0';
}

/* From here on the path has no first slash, no last one, and no version. */
static void strip(struct address *address)
{
    strip_end(address->path, "/");
    strip_end(address->path, VERSION_PATH);
    if (*address->path)
        memmove(address->path, address->path + 1, strlen(address->path));
}

static void set_discovery(struct authority *draft, const char *path)
{
    snprintf(draft->discovery_url, sizeof draft->discovery_url,
             SCHEME "%.255s/%.255s" VERSION_PATH WELL_KNOWN, draft->host, path);
}

static bool read_entra(const struct address *address, struct authority *draft, struct error *why)
{
    if (!take_tenant(address->path, draft, why))
        return false;
    set_discovery(draft, draft->tenant);
    if (authority_is_guid(draft->tenant))
        snprintf(draft->issuer, sizeof draft->issuer, SCHEME "%.64s/%.36s" VERSION_PATH,
                 draft->host, draft->tenant);
    return true;
}

static void take_label(const char *host, char label[static TEXT_SIZE])
{
    (void)text_copy(label, TEXT_SIZE, host);
    label[strcspn(label, ".")] = '\0';
}

/* The label of a host may be the tenant itself, as in the issuer that its tokens have. */
static bool read_ciam(const struct address *address, struct authority *draft, struct error *why)
{
    char label[TEXT_SIZE], tenant[2 * TEXT_SIZE];

    take_label(address->host, label);
    snprintf(tenant, sizeof tenant, "%s%s", *address->path ? address->path : label,
             *address->path || authority_is_guid(label) ? "" : ".onmicrosoft.com");
    if (!take_tenant(tenant, draft, why))
        return false;
    if (authority_is_guid(label) && authority_is_guid(tenant) && strcmp(label, tenant) != 0)
        return complain(draft, "the host names another tenant than the path", why);
    set_discovery(draft, draft->tenant);
    if (authority_is_guid(draft->tenant))
        snprintf(draft->issuer, sizeof draft->issuer,
                 SCHEME "%.36s" CIAM_DOMAIN "/%.36s" VERSION_PATH, draft->tenant, draft->tenant);
    return true;
}

static bool read_b2c(struct address *address, struct authority *draft, struct error *why)
{
    bool framed = strncmp(address->path, "tfp/", 4) == 0;
    char *tenant = address->path + (framed ? 4 : 0), *policy = tenant + strcspn(tenant, "/");
    char path[TEXT_SIZE];

    (void)text_copy(path, sizeof path, address->path);
    if (*policy)
        *policy++ = '\0';
    if (!take_tenant(tenant, draft, why) || !take_policy(policy, draft, why))
        return false;
    set_discovery(draft, path);
    return true;
}

/* OpenID Connect Discovery 1.0, 4: a slash at the end of the issuer is not doubled. */
static void read_generic(const struct address *address, struct authority *draft)
{
    size_t length = strlen(address->text);

    (void)text_copy(draft->issuer, sizeof draft->issuer, address->text);
    (void)text_copy(draft->host, sizeof draft->host, address->host);
    memcpy(draft->host + strlen(draft->host), address->port, strlen(address->port) + 1);
    length -= address->text[length - 1] == '/';
    snprintf(draft->discovery_url, sizeof draft->discovery_url, "%.*s" WELL_KNOWN, (int)length,
             address->text);
}

static bool read_microsoft(struct address *address, struct authority *draft, struct error *why)
{
    const char *const *cloud = authority_hosts(address->host);

    (void)text_copy(draft->host, sizeof draft->host, cloud ? cloud[0] : address->host);
    if (*address->port)
        return complain(draft, "this platform has no port of its own", why);
    strip(address);
    if (draft->kind == AUTHORITY_ENTRA)
        return read_entra(address, draft, why);
    if (draft->kind == AUTHORITY_CIAM)
        return read_ciam(address, draft, why);
    return read_b2c(address, draft, why);
}

bool authority_read(const char *setting, struct authority *authority, struct error *why)
{
    struct authority draft = {0};
    struct address address;

    if (!cut(setting, &address))
        return error_set(why, ERROR_CONFIG,
                         "issuer wants an https URL without query, fragment or person, not "
                         "\"%.80s\"",
                         setting);
    if (strcmp(address.host, CLOSED_HOST) == 0)
        return error_set(why, ERROR_CONFIG,
                         "issuer: " CLOSED_HOST " has been closed; write https://%s/TENANT, TENANT "
                         "being the GUID or a domain of the tenant that replaced it",
                         clouds[0][0]);
    draft.kind = kind_of(address.host);
    if (draft.kind == AUTHORITY_GENERIC)
        read_generic(&address, &draft);
    else if (!read_microsoft(&address, &draft, why))
        return false;
    *authority = draft;
    return true;
}
