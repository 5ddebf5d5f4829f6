/* SPDX-License-Identifier: MIT */
#include "platform/metadata.h"

#include "base/own.h"
#include "base/text.h"

#define FRESH_SECONDS  ((time_t)24 * 60 * 60)
#define FORCED_SECONDS ((time_t)5 * 60)

/* A document, how much of it is allowed, and the one way it becomes ours. */
struct document {
    const char *what;
    char url[DISCOVERY_URL_MOST + 1];
    size_t most;
    bool (*adopt)(struct metadata *metadata, const char *json, size_t length, struct error *why);
    bool held;
    time_t fetched_at;
};

struct metadata {
    const char *issuer;
    const struct documents *documents;
    struct document discovery_document, keys_document;
    struct discovery discovery;
    struct keys *keys;
    bool failed; /* a fetch of this process did: what is held has to do */
};

static bool adopt_discovery(struct metadata *metadata, const char *json, size_t length,
                            struct error *why)
{
    return discovery_parse(json, length, metadata->issuer, &metadata->discovery, why);
}

static bool adopt_keys(struct metadata *metadata, const char *json, size_t length,
                       struct error *why)
{
    struct keys *keys = NULL;

    if (!keys_parse(json, length, &keys, why))
        return false;
    keys_release(metadata->keys);
    metadata->keys = keys;
    return true;
}

void metadata_close(struct metadata *metadata)
{
    if (metadata)
        keys_release(metadata->keys);
    free(metadata);
}

OWN_DEFINE(close_metadata, struct metadata, metadata_close);

bool metadata_open(const char *issuer, const struct documents *documents, struct metadata **opened,
                   struct error *why)
{
    OWNED(close_metadata) struct metadata *metadata = calloc(1, sizeof *metadata);

    if (!metadata)
        return error_set(why, ERROR_SYSTEM, "metadata: out of memory");
    metadata->issuer = issuer;
    metadata->documents = documents;
    metadata->discovery_document = (struct document){
        .what = "discovery document", .most = DISCOVERY_BODY_MOST, .adopt = adopt_discovery};
    metadata->keys_document =
        (struct document){.what = "key set", .most = KEYS_BODY_MOST, .adopt = adopt_keys};
    if (!discovery_url(issuer, metadata->discovery_document.url, why))
        return false;
    *opened = OWN_TAKE(metadata);
    return true;
}

/* A clock set back must not keep a document for ever: one from the future counts as old. */
static bool is_younger(const struct document *document, time_t seconds)
{
    time_t now = time(NULL);

    return document->held && document->fetched_at <= now && now - document->fetched_at < seconds;
}

static void load(struct metadata *metadata, struct document *document)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(document->most);
    const struct documents *documents = metadata->documents;
    time_t fetched_at = 0;
    struct error ignored;

    if (documents->load(documents->context, document->url, &body, &fetched_at) != LOOKUP_FOUND ||
        !body.bytes || !document->adopt(metadata, body.bytes, body.length, &ignored))
        return;
    document->held = true;
    document->fetched_at = fetched_at;
}

static bool fetch(struct metadata *metadata, struct document *document, struct http *http,
                  const struct deadline *deadline, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    const struct documents *documents = metadata->documents;

    metadata->failed = true;
    if (!http_get(http, document->url, document->most, deadline, &answer, why))
        return error_context(why, "%s", document->what);
    if (answer.status != 200)
        return error_set(why, ERROR_UNREACHABLE, "%s: HTTP %u", document->what, answer.status);
    if (!document->adopt(metadata, answer.body, answer.length, why))
        return false;
    metadata->failed = false;
    document->held = true;
    document->fetched_at = time(NULL);
    documents->keep(documents->context, document->url, answer.body, answer.length,
                    document->fetched_at);
    return true;
}

/* Renewing what we could do without may not eat the time that the sign-in itself needs. */
static struct deadline share_of(const struct deadline *budget)
{
    return deadline_in_ms(deadline_left_ms(budget) / 4);
}

static bool need(struct metadata *metadata, struct document *document, struct http *http,
                 const struct deadline *budget, struct error *why)
{
    struct deadline share;

    if (!document->held)
        load(metadata, document);
    if (!document->held)
        return fetch(metadata, document, http, budget, why);
    if (is_younger(document, FRESH_SECONDS) || metadata->failed)
        return true;
    share = share_of(budget);
    (void)fetch(metadata, document, http, &share, why);
    return true;
}

bool metadata_ready(struct metadata *metadata, struct http *http, const struct deadline *budget,
                    struct error *why)
{
    struct document *keys = &metadata->keys_document;

    if (!need(metadata, &metadata->discovery_document, http, budget, why))
        return false;
    /* Where the keys are may have changed with the discovery document. */
    if (strcmp(keys->url, metadata->discovery.jwks_uri) != 0) {
        keys->held = false;
        (void)text_copy(keys->url, sizeof keys->url, metadata->discovery.jwks_uri);
    }
    return need(metadata, keys, http, budget, why);
}

const char *metadata_token_endpoint(const struct metadata *metadata)
{
    return metadata->discovery.token_endpoint;
}

const struct keys *metadata_keys(const struct metadata *metadata)
{
    return metadata->keys;
}

bool metadata_keys_may_be_renewed(const struct metadata *metadata)
{
    return !is_younger(&metadata->keys_document, FORCED_SECONDS);
}

bool metadata_renew_keys(struct metadata *metadata, struct http *http,
                         const struct deadline *budget, struct error *why)
{
    return fetch(metadata, &metadata->keys_document, http, budget, why);
}
