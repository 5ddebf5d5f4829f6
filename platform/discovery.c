/* SPDX-License-Identifier: MIT */
#include "platform/discovery.h"

#include "base/text.h"
#include "platform/json.h"

#include <string.h>

bool discovery_url_is_fit(const char *url)
{
    static const char scheme[] = "https://";
    static const char authority[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                                    "-.:[]";
    size_t host;

    if (strncmp(url, scheme, strlen(scheme)) != 0)
        return false;
    url += strlen(scheme);
    host = strspn(url, authority);
    if (host == 0 || url[0] == ':' || !strchr("/?", url[host]))
        return false;
    for (url += host; *url; url++)
        if (*url <= 0x20 || *url > 0x7e || strchr("#\\\"<>^`{|}", *url))
            return false;
    return true;
}

static bool take_url(const json_t *object, const char *name,
                     char url[static DISCOVERY_URL_MOST + 1], struct error *why)
{
    const char *text = NULL;

    if (!json_text(object, name, DISCOVERY_URL_MOST, &text, why))
        return false;
    if (!discovery_url_is_fit(text) || !text_copy(url, DISCOVERY_URL_MOST + 1, text))
        return error_set(why, ERROR_MALFORMED, "%s is not a plain https URL", name);
    return true;
}

static bool take_issuer(const json_t *object, const struct authority *authority, const char *pinned,
                        char issuer[static AUTHORITY_TEXT_MOST + 1], struct error *why)
{
    const char *said = NULL;

    if (!json_text(object, "issuer", AUTHORITY_TEXT_MOST, &said, why))
        return false;
    if (!authority_fits(authority, said))
        return error_set(why, ERROR_UNTRUSTED, "its issuer is not one of the configured authority");
    if (pinned && *pinned && strcmp(said, pinned) != 0)
        return error_set(why, ERROR_UNTRUSTED,
                         "its issuer is not the one known so far: the domain may belong to "
                         "another tenant now, whose people are others");
    return text_copy(issuer, AUTHORITY_TEXT_MOST + 1, said);
}

/* Nobody but Microsoft has this member, so one of another type is nobody's business. */
static void take_cloud(const json_t *object, char cloud[static AUTHORITY_TEXT_MOST + 1])
{
    const char *name = json_string_value(json_object_get(object, "cloud_instance_name"));

    if (!name || !text_copy(cloud, AUTHORITY_TEXT_MOST + 1, name))
        cloud[0] = '\0';
}

bool discovery_parse(const char *json, size_t length, const struct authority *authority,
                     const char *pinned_issuer, struct discovery *discovery, struct error *why)
{
    json_auto_t *object = NULL;
    struct discovery draft = {0};

    if (!json_read(json, length, DISCOVERY_BODY_MOST, &object, why) ||
        !take_issuer(object, authority, pinned_issuer, draft.issuer, why) ||
        !take_url(object, "token_endpoint", draft.token_endpoint, why) ||
        !take_url(object, "jwks_uri", draft.jwks_uri, why))
        return error_context(why, "discovery document");
    take_cloud(object, draft.cloud);
    (void)take_url(object, "device_authorization_endpoint", draft.device_endpoint,
                   &(struct error){0});
    *discovery = draft;
    return true;
}
