/* SPDX-License-Identifier: MIT */
#include "cache/store_export.h"

#include "cache/statement_pool.h"
#include "cache/store_internal.h"

struct store_export {
    struct store *store;
    struct statement_pool pool;
    uint32_t uid; /* of the last one */
};

bool store_export_begin(struct store *store, struct store_export **begun, struct error *why)
{
    struct store_export *export = calloc(1, sizeof *export);

    if (!export)
        return error_set(why, ERROR_SYSTEM, "no memory");
    export->store = store;
    pool_begin(&export->pool, store->db);
    *begun = export;
    return true;
}

void store_export_release(struct store_export *export)
{
    if (!export)
        return;
    pool_end(&export->pool, export->store->db);
    free(export);
}

static bool copy_person(sqlite3_stmt *row, uint32_t *uid, struct exported_person *person)
{
    return column_id(row, 0, uid) && column_copy(row, 1, person->name, sizeof person->name) &&
           name_is_person(person->name) &&
           column_copy(row, 2, person->gecos, sizeof person->gecos) &&
           column_copy(row, 3, person->home, sizeof person->home) &&
           column_copy(row, 4, person->shell, sizeof person->shell) &&
           column_copy(row, 5, person->account.issuer, sizeof person->account.issuer) &&
           column_copy(row, 6, person->account.tenant, sizeof person->account.tenant) &&
           column_copy(row, 7, person->account.object_id, sizeof person->account.object_id);
}

static bool groups_read(sqlite3 *db, uint32_t uid, const struct account *account,
                        struct exported_group *groups, size_t *count, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        db,
        "SELECT c.object_id, coalesce((SELECT g.name FROM id i JOIN directory_group g"
        " ON g.gid = i.id WHERE i.kind = 2 AND i.issuer = ?1 AND i.tenant = ?2"
        " AND i.object_id = c.object_id), '') FROM claim c WHERE c.uid = ?3 ORDER BY c.object_id",
        why);
    enum step step;

    *count = 0;
    if (!query)
        return false;
    if (!bind_text(query, 1, account->issuer) || !bind_text(query, 2, account->tenant) ||
        !bind_number(query, 3, uid))
        return store_failed(db, "binding", why);
    while ((step = store_step(query, why)) == STEP_ROW) {
        struct exported_group *group = &groups[*count];

        if (*count == GROUPS_MOST ||
            !column_copy(query, 0, group->object_id, sizeof group->object_id) ||
            !column_copy(query, 1, group->name, sizeof group->name))
            return store_damaged(why);
        ++*count;
    }
    return step == STEP_DONE;
}

enum lookup store_export_next(struct store_export *export, struct exported_group *groups,
                              struct exported_person *person, struct error *why)
{
    sqlite3 *db = export->store->db;
    OWNED(transaction_end) struct transaction transaction = {0};
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        db,
        "SELECT p.uid, p.name, p.gecos, p.home, p.shell, i.issuer, i.tenant, i.object_id"
        " FROM person p JOIN id i ON i.id = p.uid WHERE p.uid > ?1"
        " AND i.issuer <> '" ISSUER_RECOVERED "' ORDER BY p.uid LIMIT 1",
        why);
    struct exported_person read = {.groups = groups};
    uint32_t uid = 0;
    enum step step;

    if (!query || !transaction_read(&transaction, export->store, why))
        return LOOKUP_UNAVAILABLE;
    if (!bind_number(query, 1, export->uid)) {
        store_failed(db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step != STEP_ROW)
        return step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
    if (!copy_person(query, &uid, &read)) {
        store_damaged(why);
        return LOOKUP_UNAVAILABLE;
    }
    if (!groups_read(db, uid, &read.account, groups, &read.group_count, why))
        return LOOKUP_UNAVAILABLE;
    export->uid = uid;
    *person = read;
    return LOOKUP_FOUND;
}

bool store_export_unclaimed(struct store_export *export, size_t *count, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(export->store->db,
                                        "SELECT count(*) FROM person p JOIN id i ON i.id = p.uid"
                                        " WHERE i.issuer = '" ISSUER_RECOVERED "'",
                                        why);

    if (!query || store_step(query, why) != STEP_ROW)
        return false;
    *count = (size_t)sqlite3_column_int64(query, 0);
    return true;
}
