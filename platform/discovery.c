/* SPDX-License-Identifier: MIT */
#include "platform/discovery.h"

#include "base/text.h"
#include "platform/json.h"

#include <stdio.h>
#include <string.h>

static const char well_known[] = "/.well-known/openid-configuration";

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

bool discovery_url(const char *issuer, char url[static DISCOVERY_URL_MOST + 1], struct error *why)
{
    size_t length = strlen(issuer);

    if (!discovery_url_is_fit(issuer) || strchr(issuer, '?') ||
        length + sizeof well_known > DISCOVERY_URL_MOST + 1)
        return error_set(why, ERROR_CONFIG, "issuer: not an https URL without query and fragment");
    if (issuer[length - 1] == '/')
        length--;
    snprintf(url, DISCOVERY_URL_MOST + 1, "%.*s%s", (int)length, issuer, well_known);
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

bool discovery_parse(const char *json, size_t length, const char *issuer,
                     struct discovery *discovery, struct error *why)
{
    json_auto_t *object = NULL;
    const char *said = NULL;
    struct discovery draft;

    if (!json_read(json, length, DISCOVERY_BODY_MOST, &object, why) ||
        !json_text(object, "issuer", DISCOVERY_URL_MOST, &said, why))
        return error_context(why, "discovery document");
    if (strcmp(said, issuer) != 0)
        return error_set(why, ERROR_UNTRUSTED,
                         "discovery document: its issuer is not the configured one");
    if (!take_url(object, "token_endpoint", draft.token_endpoint, why) ||
        !take_url(object, "jwks_uri", draft.jwks_uri, why))
        return error_context(why, "discovery document");
    *discovery = draft;
    return true;
}
