/* SPDX-License-Identifier: MIT */
#include "cache/store_access.h"

#include "cache/store_internal.h"
#include "cache/store_token.h"

static bool open_token(const struct store *store, const struct person *person, sqlite3_stmt *row,
                       char **token, struct error *why)
{
    const uint8_t *sealed = sqlite3_column_blob(row, 0);

    return sealed && token_open(&store->key, &person->account, TOKEN_ACCESS, sealed,
                                (size_t)sqlite3_column_bytes(row, 0), token, why);
}

enum access store_access_token(struct store *store, const struct person *person, time_t now,
                               char **token, struct error *why)
{
    static const char sql[] =
        "SELECT access_token, access_renew_at FROM person WHERE uid = ?1 AND refused = 0"
        " AND access_token IS NOT NULL AND access_kept_at <= ?2 AND ?2 < access_until";
    OWNED(statement_release) sqlite3_stmt *query = store_prepare(store->db, sql, why);
    OWNED(free_secret) char *opened = NULL;
    enum access access;

    if (!query || person->refused != REFUSED_NOT)
        return ACCESS_NONE;
    if (!bind_number(query, 1, person->uid) || !bind_number(query, 2, now)) {
        store_failed(store->db, "binding", why);
        return ACCESS_NONE;
    }
    if (store_step(query, why) != STEP_ROW || !open_token(store, person, query, &opened, why))
        return ACCESS_NONE;
    access = now < sqlite3_column_int64(query, 1) ? ACCESS_USABLE : ACCESS_DUE;
    *token = OWN_TAKE(opened);
    return access;
}
