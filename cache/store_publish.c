/* SPDX-License-Identifier: MIT */
/*
 * From the store to the snapshot. One publisher at a time: the lock is held while the
 * store is read and the file written (local disk only), so that what is published last
 * is also the newest. Waiting for it has a deadline, and it ends with its holder.
 */
#include "cache/local.h"
#include "cache/publish_lock.h"
#include "cache/publish_members.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_format.h"
#include "cache/snapshot_write.h"
#include "cache/store_rules.h"
#include "config/paths.h"

#include <fcntl.h>

OWN_DEFINE(release_builder, struct snapshot_builder, snapshot_builder_release);
OWN_DEFINE(release_local, struct local, local_release);

/* Local files may have got a name or an id since, and the rules may have become stricter. */
static bool group_is_showable(const struct local *local, uint32_t gid, const char *name)
{
    return name_is_group(name) && !name_is_dangerous(name) && !local_has_name(local, name) &&
           !local_has_id(local, gid);
}

/* What a walk over a table has met. */
struct census {
    int64_t count, sum; /* of ids */
};

/*
 * A table and the index of its names are two lists of the same ids. One page of either that is
 * damaged must not make people vanish, or be others, for the whole machine.
 */
static bool census_agrees(sqlite3 *db, const char *index_sql, const struct census *met,
                          struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *query = store_prepare(db, index_sql, why);

    if (!query || store_step(query, why) != STEP_ROW)
        return false;
    return (sqlite3_column_int64(query, 0) == met->count &&
            sqlite3_column_int64(query, 1) == met->sum) ||
           store_damaged(why);
}

static void census_add(struct census *census, uint32_t id)
{
    census->count++;
    census->sum += id;
}

static bool groups_show(sqlite3 *db, const struct local *local, struct snapshot_builder *builder,
                        struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(db, "SELECT gid, name FROM directory_group ORDER BY gid", why);
    char name[NAME_MOST + 1];
    struct census met = {0};
    enum step step;
    uint32_t gid;

    if (!query)
        return false;
    while ((step = store_step(query, why)) == STEP_ROW) {
        if (!column_id(query, 0, &gid) || !column_copy(query, 1, name, sizeof name))
            return store_damaged(why);
        census_add(&met, gid);
        if (group_is_showable(local, gid, name) && !snapshot_add_group(builder, gid, name, why))
            return false;
    }
    return step == STEP_DONE && census_agrees(db,
                                              "SELECT count(*), total(gid) FROM directory_group"
                                              " INDEXED BY sqlite_autoindex_directory_group_1",
                                              &met, why);
}

/* The groups of `uid`, of which he has at most GROUPS_MOST, as far as they are shown. */
static bool gids_read(struct memberships *memberships, const struct snapshot_builder *builder,
                      uint32_t uid, uint32_t *gids, size_t *count, struct error *why)
{
    *count = 0;
    for (; memberships->next < memberships->count; memberships->next++) {
        const struct membership *next = &memberships->all[memberships->next];

        if (next->uid > uid)
            break;
        if (next->uid < uid)
            continue; /* of somebody who is not shown */
        if (*count == GROUPS_MOST)
            return store_damaged(why);
        gids[(*count)++] = next->gid;
    }
    *count = snapshot_known_gids(builder, gids, *count);
    return true;
}

/* What the person is called; ABSENT: not to be shown. A group of the same name goes first. */
static enum lookup person_called(struct store *store, const struct local *local, const char *name,
                                 char called[NAME_MOST + 1], struct error *why)
{
    if (!naming_shown(&store->naming, name, called) || local_has_name(local, called))
        return LOOKUP_ABSENT;
    switch (name_is_a_groups(store, name, why)) {
    case LOOKUP_ABSENT:
        return LOOKUP_FOUND;
    case LOOKUP_FOUND:
        return LOOKUP_ABSENT;
    default:
        return LOOKUP_UNAVAILABLE;
    }
}

static bool person_show(struct store *store, sqlite3_stmt *row, struct memberships *memberships,
                        const struct local *local, struct snapshot_builder *builder,
                        struct census *met, struct error *why)
{
    char name[NAME_MOST + 1], called[NAME_MOST + 1], gecos[GECOS_MOST + 1];
    char home[PATH_TEXT_MOST + 1], shell[PATH_TEXT_MOST + 1];
    uint32_t uid, gids[GROUPS_MOST];
    enum lookup lookup;
    size_t count;

    if (!column_id(row, 0, &uid) || !column_copy(row, 1, name, sizeof name) ||
        !column_copy(row, 2, gecos, sizeof gecos) || !column_copy(row, 3, home, sizeof home) ||
        !column_copy(row, 4, shell, sizeof shell))
        return store_damaged(why);
    census_add(met, uid);
    lookup =
        local_has_id(local, uid) ? LOOKUP_ABSENT : person_called(store, local, name, called, why);
    if (lookup != LOOKUP_FOUND)
        return lookup == LOOKUP_ABSENT;
    return gids_read(memberships, builder, uid, gids, &count, why) &&
           snapshot_add_person(builder, uid, called, gecos, home, shell, gids, count, why);
}

static bool people_show(struct store *store, const struct local *local,
                        struct snapshot_builder *builder, struct error *why)
{
    OWNED(memberships_release) struct memberships memberships = {.next = 0};
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    struct census met = {0};
    enum step step;

    if (!memberships_read(store->db, &memberships, why))
        return false;
    query = store_prepare(store->db,
                          "SELECT uid, name, gecos, home, shell FROM person ORDER BY uid", why);
    if (!query)
        return false;
    while ((step = store_step(query, why)) == STEP_ROW)
        if (!person_show(store, query, &memberships, local, builder, &met, why))
            return false;
    return step == STEP_DONE && census_agrees(store->db,
                                              "SELECT count(*), total(uid) FROM person"
                                              " INDEXED BY sqlite_autoindex_person_1",
                                              &met, why);
}

/* An id that the window in force leaves out is no damage: whoever narrowed the window can mend it. */
static bool blame_window(sqlite3 *db, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        db,
        "SELECT uid, name FROM person WHERE uid NOT BETWEEN ?1 AND ?2 AND uid BETWEEN 1 AND ?3"
        " UNION ALL SELECT gid, name FROM directory_group"
        " WHERE gid NOT BETWEEN ?1 AND ?2 AND gid BETWEEN 1 AND ?3 LIMIT 1",
        &(struct error){0});
    const struct id_window window = id_window();
    char name[NAME_MOST + 1];

    if (!query || sqlite3_bind_int64(query, 1, window.least) != SQLITE_OK ||
        sqlite3_bind_int64(query, 2, window.most) != SQLITE_OK ||
        sqlite3_bind_int64(query, 3, UINT32_MAX) != SQLITE_OK ||
        store_step(query, &(struct error){0}) != STEP_ROW ||
        !column_copy(query, 1, name, sizeof name))
        return false;
    return error_set(why, ERROR_CONFIG,
                     "%.80s has id %lld, outside the window in force, %u to %u: set id_min and "
                     "id_max around it, then run latchkey config apply",
                     name, (long long)sqlite3_column_int64(query, 0), window.least, window.most);
}

static bool show(struct store *store, const struct local *local, struct snapshot_builder *builder,
                 struct error *why)
{
    return (groups_show(store->db, local, builder, why) &&
            people_show(store, local, builder, why)) ||
           blame_window(store->db, why);
}

/* Everything as of one moment, and the count of changes that this moment had seen. */
static bool gather(struct store *store, const struct local *local, struct snapshot_builder *builder,
                   int64_t *changes, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    return transaction_read(&transaction, store, why) &&
           fact_read(store->db, FACT_CHANGES, changes, why) && show(store, local, builder, why);
}

/* Where this fails, the next acceptance only asks for one publication more than needed. */
static void remember_published(struct store *store, int64_t changes)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct error unimportant;
    int64_t before;

    if (fact_read(store->db, FACT_PUBLISHED, &before, &unimportant) && before != changes &&
        transaction_write(&transaction, store, &unimportant) &&
        fact_write(store->db, FACT_PUBLISHED, changes, &unimportant))
        transaction_commit(&transaction, &unimportant);
}

bool store_publish(struct store *store, const char *public_folder, struct error *why)
{
    OWNED(close_fd) int lock = publish_lock(store->folder, why);
    OWNED(release_local) struct local *local = NULL;
    OWNED(release_builder) struct snapshot_builder *builder = NULL;
    int64_t changes;

    /* By the naming of now: one that was in force earlier would be published over the newer one. */
    if (lock < 0 || !naming_read(&store->naming, why) ||
        !local_read(LOCAL_PASSWD, LOCAL_GROUP, &local, why) || !snapshot_builder_new(&builder, why))
        return error_context(why, "publishing");
    snapshot_builder_names(builder, store->naming.names, naming_mark(&store->naming));
    if (!gather(store, local, builder, &changes, why) ||
        !snapshot_publish(builder, public_folder, why))
        return error_context(why, "publishing");
    remember_published(store, changes);
    return true;
}

static bool names(const struct snapshot *snapshot, const struct person *person, const char *called)
{
    char texts[NAME_MOST + 3 * SNAPSHOT_TEXT_MOST + 4];
    struct answer_space space = {.bytes = texts, .size = sizeof texts};
    struct snapshot_person by_name, by_uid;

    return snapshot_person_by_name(snapshot, called, &space, &by_name) == LOOKUP_FOUND &&
           by_name.uid == person->uid &&
           snapshot_person_by_uid(snapshot, person->uid, &space, &by_uid) == LOOKUP_FOUND &&
           strcmp(by_uid.name, called) == 0;
}

bool store_is_published(const char *public_folder, const struct person *person)
{
    OWNED(close_fd) int folder = open(public_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    struct naming naming;
    char called[NAME_MOST + 1];

    return naming_read(&naming, &(struct error){0}) &&
           naming_shown(&naming, person->name, called) && folder >= 0 &&
           snapshot_file_map(folder, "snapshot", &snapshot) &&
           snapshot.domain == naming_mark(&naming) && names(&snapshot, person, called);
}
