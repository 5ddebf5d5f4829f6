/* SPDX-License-Identifier: MIT */
#include "cache/store_claims.h"

#include "cache/store_internal.h"

bool store_groups_of(struct store *store, uint32_t uid, struct strings *object_ids,
                     struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        store->db, "SELECT object_id FROM claim WHERE uid = ?1 ORDER BY object_id", why);
    OWNED(strings_release) struct strings read = STRINGS_WITH_LIMIT(object_ids->limit);
    char object_id[OBJECT_ID_MOST + 1];
    enum step step;

    if (!query)
        return false;
    if (!bind_number(query, 1, uid))
        return store_failed(store->db, "binding", why);
    while ((step = store_step(query, why)) == STEP_ROW) {
        if (!column_copy(query, 0, object_id, sizeof object_id))
            return store_damaged(why);
        if (!strings_add(&read, object_id))
            return error_set(why, ERROR_SYSTEM, "too many groups of uid %u", uid);
    }
    if (step == STEP_FAILED)
        return false;
    strings_release(object_ids);
    *object_ids = read;
    read = STRINGS_WITH_LIMIT(0);
    return true;
}

static int by_bytes(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

/* `known` comes sorted from the store; the platform's list in any order. */
static bool same(const struct strings *known, const struct strings *told)
{
    OWNED(free_memory) char **sorted = calloc(told->count + 1, sizeof *sorted);

    if (!sorted || known->count != told->count)
        return false;
    for (size_t i = 0; i < told->count; i++)
        sorted[i] = told->items[i];
    qsort(sorted, told->count, sizeof *sorted, by_bytes);
    for (size_t i = 0; i < told->count; i++)
        if (strcmp(sorted[i], known->items[i]) != 0)
            return false;
    return true;
}

static bool clear(sqlite3 *db, uint32_t uid, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(db, "DELETE FROM claim WHERE uid = ?1", why);

    if (!write)
        return false;
    return bind_number(write, 1, uid) ? store_run(write, why) : store_failed(db, "binding", why);
}

bool claims_record(struct store *store, uint32_t uid, const struct strings *object_ids,
                   struct error *why)
{
    OWNED(strings_release) struct strings known = STRINGS_WITH_LIMIT(GROUPS_MOST);
    OWNED(statement_release) sqlite3_stmt *write = NULL;

    if (!store_groups_of(store, uid, &known, why))
        return false;
    if (same(&known, object_ids))
        return true;
    if (!clear(store->db, uid, why))
        return false;
    write = store_prepare(store->db, "INSERT OR IGNORE INTO claim VALUES (?1, ?2)", why);
    if (!write)
        return false;
    for (size_t i = 0; i < object_ids->count; i++) {
        if (strlen(object_ids->items[i]) > OBJECT_ID_MOST)
            continue; /* it could never be read again, and is nobody's group */
        sqlite3_reset(write);
        if (!bind_number(write, 1, uid) || !bind_text(write, 2, object_ids->items[i]))
            return store_failed(store->db, "binding", why);
        if (!store_run(write, why))
            return false;
    }
    return true;
}
