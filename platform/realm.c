/* SPDX-License-Identifier: MIT */
#include "platform/realm.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/json.h"

#include <ctype.h>

#define KIND_MOST 63u
#define FEDERATED "Federated"
#define QUERY     "?api-version=1.0"

enum realm realm_read(const char *body, size_t length, struct error *why)
{
    json_auto_t *object = NULL;
    const char *kind = NULL;

    if (!json_read(body, length, REALM_BODY_MOST, &object, why) ||
        !json_text(object, "account_type", KIND_MOST, &kind, why)) {
        error_context(why, "user realm");
        return REALM_UNKNOWN;
    }
    return text_equal_folded(kind, FEDERATED) ? REALM_FEDERATED : REALM_MANAGED;
}

/* False: too long. Only the letters that need no escape in a path stay as they are. */
static bool add_encoded(const char *text, char *url, size_t size)
{
    size_t used = strlen(url);

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        bool plain = isalnum(byte) || strchr("-._~@", byte);

        if (used + 4 > size)
            return false;
        used += (size_t)snprintf(url + used, size - used, plain ? "%c" : "%%%02X", byte);
    }
    return true;
}

static bool make_url(const struct attempt *attempt, char *url, size_t size)
{
    return (size_t)snprintf(url, size, "https://%s/common/userrealm/",
                            attempt->platform->authority.host) < size &&
           add_encoded(attempt->name, url, size);
}

/* The service need not have this endpoint at all: it promises it to nobody. */
static enum realm take(const struct http_answer *answer, struct error *why)
{
    if (answer->status == 404 || answer->status == 410)
        return REALM_MANAGED;
    if (answer->status == 200)
        return realm_read(answer->body, answer->length, why);
    error_set(why, ERROR_UNREACHABLE, "user realm: HTTP %u", answer->status);
    return REALM_UNKNOWN;
}

/* Half of the time that is left: the other half is for the grant. */
static enum realm ask(const struct attempt *attempt, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    struct platform *platform = attempt->platform;
    struct deadline deadline = deadline_in_ms(deadline_left_ms(attempt->budget) / 2);
    char url[DISCOVERY_URL_MOST + 1];

    if (!make_url(attempt, url, sizeof url - sizeof QUERY)) {
        error_set(why, ERROR_SYSTEM, "user realm: the name is too long");
        return REALM_UNKNOWN;
    }
    snprintf(url + strlen(url), sizeof QUERY, QUERY);
    if (http_get(platform->http, url, NULL, REALM_BODY_MOST, &deadline, &answer, why)) {
        gate_told(&platform->memory, DEPENDENCY_PASSWORD, answer.told);
        return take(&answer, why);
    }
    /* Where this cannot be sent, the password cannot either; what else goes wrong is its own. */
    if (!http_last(platform->http).sent)
        platform_grant_unanswered(platform, attempt->grant, why);
    error_context(why, "user realm");
    return REALM_UNKNOWN;
}

enum realm realm_find(const struct attempt *attempt, struct error *why)
{
    if (attempt->platform->authority.kind != AUTHORITY_ENTRA || attempt->by_password)
        return REALM_MANAGED;
    return ask(attempt, why);
}
