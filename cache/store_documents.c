/* SPDX-License-Identifier: MIT */
/* Documents of the platform, the highest time, and other numbers that stand alone. */
#include "cache/store_internal.h"

#define DOCUMENT_MOST 4194304

enum lookup store_document(struct store *store, const char *url, struct buffer *body,
                           time_t *fetched_at, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(store->db, "SELECT body, fetched_at FROM document WHERE url = ?1", why);
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
    *fetched_at = sqlite3_column_int64(query, 1);
    return LOOKUP_FOUND;
}

bool store_keep_document(struct store *store, const char *url, const char *body, size_t length,
                         time_t now, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    OWNED(statement_release) sqlite3_stmt *write = NULL;

    if (length > DOCUMENT_MOST)
        return error_set(why, ERROR_MALFORMED, "a document of %zu bytes is not kept", length);
    if (!transaction_write(&transaction, store, why))
        return false;
    write = store_prepare(store->db, "INSERT OR REPLACE INTO document VALUES (?1, ?2, ?3)", why);
    if (!write)
        return false;
    if (!bind_text(write, 1, url) ||
        sqlite3_bind_blob(write, 2, length ? body : "", (int)length, SQLITE_STATIC) != SQLITE_OK ||
        !bind_number(write, 3, now))
        return store_failed(store->db, "binding", why);
    return store_run(write, why) && transaction_commit(&transaction, why);
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

bool store_highest_time(struct store *store, time_t *highest, struct error *why)
{
    int64_t value = 0;

    if (!fact_read(store->db, FACT_HIGHEST_TIME, &value, why))
        return false;
    *highest = value;
    return true;
}

bool store_saw_time(struct store *store, time_t now, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    int64_t highest = 0;

    if (!fact_read(store->db, FACT_HIGHEST_TIME, &highest, why))
        return false;
    if (now < highest + TIME_STEP_SECONDS && highest)
        return true;
    if (!transaction_write(&transaction, store, why) ||
        !fact_read(store->db, FACT_HIGHEST_TIME, &highest, why))
        return false;
    /* Another process may have seen a later time meanwhile. */
    return now <= highest || (fact_write(store->db, FACT_HIGHEST_TIME, now, why) &&
                              transaction_commit(&transaction, why));
}
