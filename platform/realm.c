/* SPDX-License-Identifier: MIT */
#include "platform/realm.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/document_age.h"
#include "platform/json.h"

#include <ctype.h>

#define KIND_MOST 63u
#define FEDERATED "Federated"
#define MANAGED   "Managed"
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

static bool make_url(const struct attempt *attempt, const char *name, char *url, size_t size)
{
    return (size_t)snprintf(url, size, "https://%s/common/userrealm/",
                            attempt->platform->authority.host) < size &&
           add_encoded(name, url, size);
}

/* --- What is kept: one word for a domain. --- */

struct kept {
    char key[DISCOVERY_URL_MOST + 1]; /* as the URL, for nobody in particular */
    enum realm realm;
    bool fresh;
};

static void load(const struct attempt *attempt, struct kept *kept)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(KIND_MOST);
    const struct memory *memory = &attempt->platform->memory;
    struct document_facts facts = {0};

    kept->realm = REALM_UNKNOWN;
    kept->fresh = false;
    if (memory->load_document(memory->context, kept->key, &body, &facts) != LOOKUP_FOUND ||
        !body.bytes || !document_is_usable(&facts, time(NULL)))
        return;
    kept->realm = strcmp(body.bytes, FEDERATED) == 0 ? REALM_FEDERATED : REALM_MANAGED;
    kept->fresh = document_is_fresh(&facts, time(NULL));
}

static void keep(const struct attempt *attempt, const struct kept *kept, enum realm realm)
{
    const struct memory *memory = &attempt->platform->memory;
    const char *word = realm == REALM_FEDERATED ? FEDERATED : MANAGED;
    const struct document_facts facts = {.fetched_at = time(NULL),
                                         .fresh_seconds = REALM_FRESH_SECONDS};

    memory->keep_document(memory->context, kept->key, word, strlen(word), &facts);
}

/* --- Asking. --- */

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

    if (!make_url(attempt, attempt->name, url, sizeof url - sizeof QUERY)) {
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
    const char *domain = strchr(attempt->name, '@');
    struct kept kept = {0};
    enum realm realm;

    if (attempt->platform->authority.kind != AUTHORITY_ENTRA || !domain)
        return REALM_MANAGED;
    if (!make_url(attempt, domain, kept.key, sizeof kept.key))
        return REALM_UNKNOWN;
    load(attempt, &kept);
    if (kept.fresh || (attempt->object_id && kept.realm != REALM_UNKNOWN))
        return kept.realm;
    if (attempt->object_id)
        return REALM_MANAGED;
    realm = ask(attempt, why);
    if (realm == REALM_UNKNOWN)
        return kept.realm;
    keep(attempt, &kept, realm);
    return realm;
}
