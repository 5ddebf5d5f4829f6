/* SPDX-License-Identifier: MIT */
#include "platform/metadata.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/document_age.h"
#include "platform/gate.h"

/* A document, how much of it is allowed, and the one way it becomes ours. */
struct document {
    const char *what;
    char url[DISCOVERY_URL_MOST + 1];
    size_t most;
    bool (*adopt)(struct metadata *metadata, const char *json, size_t length, struct error *why);
    bool held; /* and young enough to be used */
    struct document_facts facts;
};

struct metadata {
    const struct authority *authority;
    const struct memory *memory;
    struct document discovery_document, keys_document;
    struct discovery discovery;
    struct keys *keys;
    bool unread; /* the kept discovery document could not be read */
};

/* An issuer that was seen once stays, even if the document has got too old for anything else. */
static bool adopt_discovery(struct metadata *metadata, const char *json, size_t length,
                            struct error *why)
{
    return discovery_parse(json, length, metadata->authority, metadata->discovery.issuer,
                           &metadata->discovery, why);
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

bool metadata_open(const struct authority *authority, const struct memory *memory,
                   struct metadata **opened, struct error *why)
{
    OWNED(close_metadata) struct metadata *metadata = calloc(1, sizeof *metadata);

    if (!metadata)
        return error_set(why, ERROR_SYSTEM, "metadata: out of memory");
    metadata->authority = authority;
    metadata->memory = memory;
    metadata->discovery_document = (struct document){
        .what = "discovery document", .most = DISCOVERY_BODY_MOST, .adopt = adopt_discovery};
    metadata->keys_document =
        (struct document){.what = "key set", .most = KEYS_BODY_MOST, .adopt = adopt_keys};
    if (!text_copy(metadata->discovery_document.url, sizeof metadata->discovery_document.url,
                   authority->discovery_url))
        return error_set(why, ERROR_CONFIG, "issuer: too long");
    *opened = OWN_TAKE(metadata);
    return true;
}

static bool is_fresh(const struct document *document)
{
    return document->held && document_is_fresh(&document->facts, time(NULL));
}

/* --- One document: kept, and fetched. --- */

static enum lookup load(struct metadata *metadata, struct document *document)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(document->most);
    const struct memory *memory = metadata->memory;
    struct document_facts facts = {0};
    enum lookup found = memory->load_document(memory->context, document->url, &body, &facts);
    struct error ignored;

    /* When it was fetched by force may be known where the document is not. */
    if (facts.forced_at > 0)
        document->facts.forced_at = facts.forced_at;
    if (found != LOOKUP_FOUND)
        return found;
    if (!body.bytes || !document->adopt(metadata, body.bytes, body.length, &ignored))
        return LOOKUP_ABSENT;
    document->facts = facts;
    document->held = document_is_usable(&facts, time(NULL));
    return LOOKUP_FOUND;
}

/* A 304 renews what is known about the document; only what was asked for can be found unchanged. */
static bool take(struct metadata *metadata, struct document *document, const char *etag,
                 const struct http_answer *answer, struct error *why)
{
    bool changed = answer->status == 200;
    const char *new_etag = changed || *answer->etag ? answer->etag : document->facts.etag;
    struct document_facts facts = {.forced_at = document->facts.forced_at,
                                   .fresh_seconds = document_fresh_for(answer->max_age)};

    if (!changed && (answer->status != 304 || !*etag))
        return error_set(why, ERROR_UNREACHABLE, "%s: HTTP %u", document->what, answer->status);
    if (changed && !document->adopt(metadata, answer->body, answer->length, why))
        return false;
    (void)text_copy(facts.etag, sizeof facts.etag, new_etag);
    facts.fetched_at = time(NULL);
    document->facts = facts;
    document->held = true;
    return true;
}

static void keep(const struct metadata *metadata, const struct document *document,
                 const struct http_answer *answer)
{
    const struct memory *memory = metadata->memory;
    bool changed = answer->status == 200;

    memory->keep_document(memory->context, document->url, changed ? answer->body : NULL,
                          changed ? answer->length : 0, &document->facts);
}

/* No document, nor what a service says that is out of order: somebody else's page (511: RFC 6585, 6). */
static bool is_page(const struct http_answer *answer)
{
    return answer->status == 511 ||
           (answer->status < 500 && answer->status != 408 && answer->status != 429);
}

/* Adopts what comes, but keeps nothing: the caller knows what belongs together. */
static bool ask(struct metadata *metadata, struct document *document, struct http *http,
                const struct deadline *deadline, struct http_answer *answer, struct error *why)
{
    char etag[DOCUMENT_ETAG_MOST + 1] = "";
    struct http_trace trace;
    bool good = false;

    if (!gate_still_open(metadata->memory, DEPENDENCY_METADATA, why))
        return false;
    if (document->held)
        (void)text_copy(etag, sizeof etag, document->facts.etag);
    if (!http_get(http, document->url, etag, document->most, deadline, answer, why))
        error_context(why, "%s", document->what);
    else if (take(metadata, document, etag, answer, why))
        good = true;
    else if (why->kind != ERROR_SYSTEM && is_page(answer))
        http_last_alarms(http, ALARM_PAGE);
    trace = http_last(http);
    if (good || why->kind == ERROR_SYSTEM)
        gate_told(metadata->memory, DEPENDENCY_METADATA, trace.told);
    else
        gate_failed(metadata->memory, DEPENDENCY_METADATA, &trace, trace.told);
    return good;
}

static bool fetch_keys(struct metadata *metadata, struct http *http,
                       const struct deadline *deadline, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    struct document *keys = &metadata->keys_document;

    if (!ask(metadata, keys, http, deadline, &answer, why))
        return false;
    keep(metadata, keys, &answer);
    gate_served(metadata->memory, DEPENDENCY_METADATA, 0);
    return true;
}

/* --- Both. --- */

/* Where the keys are may have changed with the discovery document. */
static void place_keys(struct metadata *metadata)
{
    struct document *keys = &metadata->keys_document;

    if (strcmp(keys->url, metadata->discovery.jwks_uri) == 0)
        return;
    *keys = (struct document){.what = keys->what, .most = keys->most, .adopt = keys->adopt};
    (void)text_copy(keys->url, sizeof keys->url, metadata->discovery.jwks_uri);
}

static void load_both(struct metadata *metadata)
{
    metadata->unread = load(metadata, &metadata->discovery_document) == LOOKUP_UNAVAILABLE;
    place_keys(metadata);
    if (*metadata->keys_document.url)
        (void)load(metadata, &metadata->keys_document);
}

static bool both_held(const struct metadata *metadata)
{
    return metadata->discovery_document.held && metadata->keys_document.held;
}

static bool both_fresh(const struct metadata *metadata)
{
    return is_fresh(&metadata->discovery_document) && is_fresh(&metadata->keys_document);
}

/* Whether another tenant could pass for this one: nothing tells which it was before. */
static bool is_unpinned(const struct metadata *metadata)
{
    const struct authority *authority = metadata->authority;

    return metadata->unread && !*metadata->discovery.issuer &&
           authority->kind != AUTHORITY_GENERIC && !authority_is_guid(authority->tenant);
}

/* The keys of `draft`, which has borrowed those of the pair that it is to replace. */
static bool get_new_keys(struct metadata *draft, struct http *http, const struct deadline *deadline,
                         struct error *why)
{
    struct document *keys = &draft->keys_document;

    draft->keys = NULL;
    (void)load(draft, keys);
    if (is_fresh(keys) || fetch_keys(draft, http, deadline, why))
        return true;
    keys_release(draft->keys);
    return false;
}

/* Both documents take the place of the old ones, or none. */
static bool renew_discovery(struct metadata *metadata, struct http *http,
                            const struct deadline *deadline, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    struct metadata draft = *metadata;
    bool was_whole = both_held(metadata);

    if (is_unpinned(metadata))
        return error_set(why, ERROR_SYSTEM,
                         "discovery document: not asked for: what is kept of "
                         "it, and says whose tenant this is, cannot be read");
    if (!ask(&draft, &draft.discovery_document, http, deadline, &answer, why))
        return false;
    place_keys(&draft);
    if (was_whole && !draft.keys_document.held) {
        if (!get_new_keys(&draft, http, deadline, why))
            return false;
        keys_release(metadata->keys);
    }
    *metadata = draft;
    keep(metadata, &metadata->discovery_document, &answer);
    gate_served(metadata->memory, DEPENDENCY_METADATA, 0);
    return true;
}

static bool fetch_stale(struct metadata *metadata, struct http *http,
                        const struct deadline *deadline, struct error *why)
{
    struct document *keys = &metadata->keys_document;

    if (!is_fresh(&metadata->discovery_document) && !renew_discovery(metadata, http, deadline, why))
        return false;
    if (!keys->held)
        (void)load(metadata, keys);
    return is_fresh(keys) || fetch_keys(metadata, http, deadline, why);
}

/* Renewing what we could do without may not eat the time that the sign-in itself needs. */
static struct deadline share_of(const struct deadline *budget)
{
    return deadline_in_ms(deadline_left_ms(budget) / 4);
}

bool metadata_ready(struct metadata *metadata, struct http *http, const struct deadline *budget,
                    struct error *why)
{
    OWNED(gate_leave) struct gate gate = GATE_SHUT;
    struct deadline deadline = *budget;
    struct error trouble = {0};

    if (!both_held(metadata))
        load_both(metadata);
    if (both_fresh(metadata))
        return true;
    if (both_held(metadata))
        deadline = share_of(budget);
    if (gate_pass(metadata->memory, DEPENDENCY_METADATA, &deadline, &gate, &trouble)) {
        load_both(metadata); /* another process may have been faster */
        if (fetch_stale(metadata, http, &deadline, &trouble))
            return true;
    }
    if (!both_held(metadata))
        *why = trouble;
    return both_held(metadata);
}

const struct discovery *metadata_discovery(const struct metadata *metadata)
{
    return &metadata->discovery;
}

const struct keys *metadata_keys(const struct metadata *metadata)
{
    return metadata->keys;
}

enum lookup metadata_issuer(struct metadata *metadata, const char **issuer)
{
    const struct authority *authority = metadata->authority;
    enum lookup found = LOOKUP_ABSENT;

    if (authority->kind != AUTHORITY_GENERIC && !*metadata->discovery.issuer)
        found = load(metadata, &metadata->discovery_document);
    *issuer = *metadata->discovery.issuer ? metadata->discovery.issuer : authority->issuer;
    return **issuer ? LOOKUP_FOUND : found;
}

/* Five minutes apart among all processes; noted first, so that dying does not help to ask more. */
bool metadata_renew_keys(struct metadata *metadata, struct http *http,
                         const struct deadline *budget, struct error *why)
{
    OWNED(gate_leave) struct gate gate = GATE_SHUT;
    const struct memory *memory = metadata->memory;
    struct document *keys = &metadata->keys_document;

    if (!gate_pass(memory, DEPENDENCY_METADATA, budget, &gate, why))
        return false;
    (void)load(metadata, keys);
    if (document_was_forced_lately(&keys->facts, time(NULL)))
        return keys->facts.fetched_at >= keys->facts.forced_at ||
               error_set(why, ERROR_UNREACHABLE, "key set: has failed to be renewed lately");
    keys->facts.forced_at = time(NULL);
    /* What nobody else would know of could be brought about again and again. */
    if (!memory->keep_document(memory->context, keys->url, NULL, 0, &keys->facts))
        return error_set(why, ERROR_UNREACHABLE,
                         "key set: not asked for: that it was could not be remembered");
    return fetch_keys(metadata, http, budget, why);
}

bool metadata_probe(struct metadata *metadata, struct http *http, const struct deadline *deadline,
                    struct error *why)
{
    load_both(metadata);
    metadata->discovery_document.facts.fetched_at = 0;
    return fetch_stale(metadata, http, deadline, why);
}
