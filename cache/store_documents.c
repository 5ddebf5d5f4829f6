/* SPDX-License-Identifier: MIT */
/* Documents of the platform, and numbers that stand alone. */
#include "cache/store_internal.h"

#include <limits.h>

#define DOCUMENT_MOST 4194304

/* Text for a header of HTTP: one line. */
static bool is_etag(const char *text, size_t length)
{
    if (length > DOCUMENT_ETAG_MOST)
        return false;
    for (size_t i = 0; i < length; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return true;
}

/* Nonsense makes a document old, or one without etag; asking for it again heals that. */
static struct document_facts facts_of(sqlite3_stmt *row, int column)
{
    int64_t fetched_at = sqlite3_column_int64(row, column);
    int64_t fresh_seconds = sqlite3_column_int64(row, column + 1);
    int64_t forced_at = sqlite3_column_int64(row, column + 2);
    struct document_facts facts = {0};

    if (fetched_at > 0 && fresh_seconds > 0 && fresh_seconds <= UINT_MAX)
        facts.fresh_seconds = (unsigned)fresh_seconds;
    if (fetched_at > 0)
        facts.fetched_at = fetched_at;
    if (forced_at > 0)
        facts.forced_at = forced_at;
    if (!column_copy(row, column + 3, facts.etag, sizeof facts.etag) ||
        !is_etag(facts.etag, strlen(facts.etag)))
        memset(facts.etag, 0, sizeof facts.etag);
    return facts;
}

enum lookup store_document(struct store *store, const char *url, struct buffer *body,
                           struct document_facts *facts, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(store->db,
                                        "SELECT body, fetched_at, fresh_seconds, forced_at, etag"
                                        " FROM document WHERE url = ?1",
                                        why);
    const void *bytes;
    enum step step;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_text(query, 1, url)) {
        store_failed(store->db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step != STEP_ROW)
        return step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
    bytes = sqlite3_column_blob(query, 0);
    if (!buffer_add(body, bytes ? bytes : "", (size_t)sqlite3_column_bytes(query, 0))) {
        error_set(why, ERROR_SYSTEM, "the document of %s is too long", url);
        return LOOKUP_UNAVAILABLE;
    }
    *facts = facts_of(query, 1);
    return LOOKUP_FOUND;
}

static bool document_write(sqlite3 *db, const char *url, const char *body, size_t length,
                           const struct document_facts *facts, struct error *why)
{
    static const char whole[] = "INSERT OR REPLACE INTO document"
                                " (url, fetched_at, fresh_seconds, forced_at, etag, body)"
                                " VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
    static const char facts_alone[] = "UPDATE document SET fetched_at = ?2, fresh_seconds = ?3,"
                                      " forced_at = ?4, etag = ?5 WHERE url = ?1";
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(db, body ? whole : facts_alone, why);
    size_t etag_length = strnlen(facts->etag, sizeof facts->etag);

    if (!write)
        return false;
    if (!bind_text(write, 1, url) || !bind_number(write, 2, facts->fetched_at) ||
        !bind_number(write, 3, facts->fresh_seconds) || !bind_number(write, 4, facts->forced_at) ||
        !bind_text(write, 5, is_etag(facts->etag, etag_length) ? facts->etag : "") ||
        (body && sqlite3_bind_blob(write, 6, body, (int)length, SQLITE_STATIC) != SQLITE_OK))
        return store_failed(db, "binding", why);
    if (!store_run(write, why))
        return false;
    return sqlite3_changes(db) == 1 ||
           error_set(why, ERROR_SYSTEM, "no document of %s is kept", url);
}

static bool keep(struct store *store, const char *url, const char *body, size_t length,
                 const struct document_facts *facts, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    if (length > DOCUMENT_MOST)
        return error_set(why, ERROR_MALFORMED, "a document of %zu bytes is not kept", length);
    return transaction_write(&transaction, store, why) &&
           document_write(store->db, url, body, length, facts, why) &&
           transaction_commit(&transaction, why);
}

bool store_keep_document(struct store *store, const char *url, const char *body, size_t length,
                         const struct document_facts *facts, struct error *why)
{
    int64_t left_ms = STORE_MOMENT_MS;
    bool kept;

    if (body)
        return keep(store, url, body, length, facts, why);
    store_hurry(store, &left_ms);
    kept = keep(store, url, body, length, facts, why);
    store_hurry(store, NULL);
    return kept;
}

bool fact_read(sqlite3 *db, const char *name, int64_t *value, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db, "SELECT value FROM fact WHERE name = ?1", why);
    enum step step;

    if (!query)
        return false;
    if (!bind_text(query, 1, name))
        return store_failed(db, "binding", why);
    step = store_step(query, why);
    if (step != STEP_FAILED)
        *value = step == STEP_ROW ? sqlite3_column_int64(query, 0) : 0;
    return step != STEP_FAILED;
}

bool fact_write(sqlite3 *db, const char *name, int64_t value, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(db, "INSERT OR REPLACE INTO fact VALUES (?1, ?2)", why);

    if (!write)
        return false;
    if (!bind_text(write, 1, name) || !bind_number(write, 2, value))
        return store_failed(db, "binding", why);
    return store_run(write, why);
}
