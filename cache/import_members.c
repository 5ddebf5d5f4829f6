/* SPDX-License-Identifier: MIT */
#include "cache/import_members.h"

bool import_members_begin(struct import_members *members, sqlite3 *db, struct error *why)
{
    members->gids =
        store_prepare(db, "SELECT gid FROM membership WHERE uid = ?1 ORDER BY gid", why);
    members->join = store_prepare(db, "INSERT INTO membership VALUES (?1, ?2)", why);
    members->leave = store_prepare(db, "DELETE FROM membership WHERE uid = ?1 AND gid = ?2", why);
    return members->gids && members->join && members->leave;
}

void import_members_release(struct import_members *members)
{
    store_finish(members->gids);
    store_finish(members->join);
    store_finish(members->leave);
}

static int id_order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

static bool gids_read(struct import_members *members, uint32_t uid, uint32_t *gids, size_t *count,
                      struct error *why)
{
    enum step step;

    *count = 0;
    if (!bind_number(members->gids, 1, uid))
        return store_failed(sqlite3_db_handle(members->gids), "binding", why);
    while ((step = store_step(members->gids, why)) == STEP_ROW) {
        if (*count == GROUPS_MOST || !column_id(members->gids, 0, &gids[*count]))
            return store_damaged(why);
        ++*count;
    }
    sqlite3_reset(members->gids);
    return step == STEP_DONE;
}

static bool membership_change(sqlite3_stmt *statement, uint32_t uid, uint32_t gid,
                              struct error *why)
{
    bool done = (bind_number(statement, 1, uid) && bind_number(statement, 2, gid))
                    ? store_run(statement, why)
                    : store_failed(sqlite3_db_handle(statement), "binding", why);

    sqlite3_reset(statement);
    return done;
}

/* Sorted, each once. */
static size_t tidy(uint32_t *gids, size_t count)
{
    size_t kept = 0;

    if (count)
        qsort(gids, count, sizeof *gids, id_order);
    for (size_t i = 0; i < count; i++)
        if (!kept || gids[kept - 1] != gids[i])
            gids[kept++] = gids[i];
    return kept;
}

/* Both lists are sorted: what is only in one of them joins or leaves. */
bool import_members_record(struct import_members *members, uint32_t uid, uint32_t *after,
                           size_t count, bool *changed, struct error *why)
{
    uint32_t before[GROUPS_MOST];
    size_t had, has = tidy(after, count), i = 0, j = 0;

    if (!gids_read(members, uid, before, &had, why))
        return false;
    while (i < had || j < has) {
        if (i < had && j < has && before[i] == after[j]) {
            i++;
            j++;
            continue;
        }
        *changed = true;
        if (j == has || (i < had && before[i] < after[j])
                ? !membership_change(members->leave, uid, before[i++], why)
                : !membership_change(members->join, uid, after[j++], why))
            return false;
    }
    return true;
}
