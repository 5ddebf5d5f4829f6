/* SPDX-License-Identifier: MIT */
/*
 * SQLite gives the rows to a function of ours, which makes them half as dear as when each is
 * stepped to: there are ten for each person.
 */
#include "cache/publish_members.h"

#include <stdlib.h>

#define ROOM_LEAST 4096u

static bool id_of(sqlite3_value *value, uint32_t *id)
{
    int64_t number = sqlite3_value_int64(value);

    *id = (uint32_t)number;
    return number >= 0 && number <= UINT32_MAX && id_is_ours((uint32_t)number);
}

static bool make_room(struct memberships *memberships)
{
    size_t room = memberships->room + memberships->room / 2 + ROOM_LEAST;
    struct membership *all;

    if (memberships->count < memberships->room)
        return true;
    all = reallocarray(memberships->all, room, sizeof *all);
    if (!all)
        return false;
    memberships->all = all;
    memberships->room = room;
    return true;
}

static void take_row(sqlite3_context *context, int count, sqlite3_value **values)
{
    struct memberships *memberships = sqlite3_user_data(context);
    struct membership row;

    (void)count;
    if (!id_of(values[0], &row.uid) || !id_of(values[1], &row.gid) ||
        (memberships->count && memberships->all[memberships->count - 1].uid > row.uid)) {
        memberships->damaged = true;
        sqlite3_result_error(context, "a row breaks the rules", -1);
    } else if (!make_room(memberships)) {
        sqlite3_result_error_nomem(context);
    } else {
        memberships->all[memberships->count++] = row;
    }
}

static void end_rows(sqlite3_context *context)
{
    sqlite3_result_null(context);
}

static bool ask(sqlite3 *db, const struct memberships *read, struct error *why)
{
    /* The table itself is in the order of its key. */
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(db, "SELECT take_row(uid, gid) FROM membership NOT INDEXED", why);

    if (!query)
        return false;
    if (store_step(query, why) == STEP_ROW)
        return true;
    return read->damaged ? store_damaged(why) : false;
}

bool memberships_read(sqlite3 *db, struct memberships *read, struct error *why)
{
    const int flags = SQLITE_UTF8 | SQLITE_DIRECTONLY;
    bool done;

    if (sqlite3_create_function(db, "take_row", 2, flags, read, NULL, take_row, end_rows) !=
        SQLITE_OK)
        return store_failed(db, "making a function", why);
    done = ask(db, read, why);
    sqlite3_create_function(db, "take_row", 2, flags, NULL, NULL, NULL, NULL);
    return done;
}

void memberships_release(struct memberships *memberships)
{
    free(memberships->all);
}
