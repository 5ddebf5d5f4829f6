/* SPDX-License-Identifier: MIT */
#include "cache/store_refill.h"

#include "base/text.h"
#include "cache/ids.h"
#include "cache/nss_conf_file.h"
#include "cache/snapshot_format.h"
#include "cache/snapshot_walk.h"

#define SPACE_FIRST 65536

struct refill {
    sqlite3_stmt *id, *bare, *person, *group, *membership;
    struct naming naming;
    bool newest; /* of the snapshots there are */
    char *space;
    size_t size;
};

static void refill_release(struct refill *refill)
{
    store_finish(refill->id);
    store_finish(refill->bare);
    store_finish(refill->person);
    store_finish(refill->group);
    store_finish(refill->membership);
    free(refill->space);
}

static bool prepare(sqlite3 *db, struct refill *refill, struct error *why)
{
    refill->id = store_prepare(
        db, "INSERT OR IGNORE INTO id VALUES (?1, ?2, '" ISSUER_RECOVERED "', '', ?3, ?4)", why);
    refill->bare = store_prepare(
        db, "INSERT OR IGNORE INTO id VALUES (?1, ?2, '" ISSUER_RECOVERED "', '', '#' || ?1, ?4)",
        why);
    refill->person =
        store_prepare(db,
                      "INSERT INTO person (uid, name, gecos, home, shell, verifier, last_online,"
                      " last_password, refused, refused_at)"
                      " VALUES (?1, ?2, ?3, ?4, ?5, '', 0, 0, 0, 0)",
                      why);
    refill->group = store_prepare(db, "INSERT INTO directory_group VALUES (?1, ?2)", why);
    refill->membership =
        store_prepare(db,
                      "INSERT OR IGNORE INTO membership SELECT ?1, ?2"
                      " WHERE EXISTS (SELECT 1 FROM directory_group WHERE gid = ?2)",
                      why);
    refill->size = SPACE_FIRST;
    refill->space = malloc(refill->size);
    if (!refill->space)
        return error_set(why, ERROR_SYSTEM, "no memory");
    return refill->id && refill->bare && refill->person && refill->group && refill->membership;
}

/* Runs and makes fit to be run again; `*changed` whether it did something. */
static bool run(sqlite3_stmt *statement, bool *changed, struct error *why)
{
    sqlite3 *db = sqlite3_db_handle(statement);
    int before = sqlite3_total_changes(db);
    bool done = store_run(statement, why);

    sqlite3_reset(statement);
    *changed = sqlite3_total_changes(db) != before;
    return done;
}

static bool bind_id(sqlite3_stmt *statement, uint32_t id, enum id_kind kind, const char *name,
                    struct error *why)
{
    return (bind_number(statement, 1, id) && bind_number(statement, 2, kind) &&
            (!name || bind_text(statement, 3, name)) && bind_number(statement, 4, time(NULL))) ||
           store_failed(sqlite3_db_handle(statement), "binding", why);
}

static bool add_bare(struct refill *refill, uint32_t id, enum id_kind kind,
                     struct recovered *recovered, struct error *why)
{
    bool added = false;

    if (!bind_id(refill->bare, id, kind, NULL, why) || !run(refill->bare, &added, why))
        return false;
    recovered->bare += added;
    return true;
}

/* `*added`: id and name are new to the store. An id whose name is taken is kept from others bare. */
static bool add_id(struct refill *refill, uint32_t id, enum id_kind kind, const char *name,
                   bool *added, struct recovered *recovered, struct error *why)
{
    if (!bind_id(refill->id, id, kind, name, why) || !run(refill->id, added, why))
        return false;
    return *added || add_bare(refill, id, kind, recovered, why);
}

static bool add_group(struct refill *refill, const struct snapshot_group *group,
                      struct recovered *recovered, struct error *why)
{
    bool added;

    if (!add_id(refill, group->gid, ID_GROUP, group->name, &added, recovered, why))
        return false;
    if (!added)
        return true;
    if (!bind_number(refill->group, 1, group->gid) || !bind_text(refill->group, 2, group->name))
        return store_failed(sqlite3_db_handle(refill->group), "binding", why);
    recovered->groups++;
    return run(refill->group, &added, why);
}

static bool add_memberships(struct refill *refill, const struct snapshot *snapshot,
                            const struct snapshot_person *person, struct error *why)
{
    struct snapshot_gids gids;
    bool changed;

    if (snapshot_gids_of(snapshot, person->name, &gids) != LOOKUP_FOUND)
        return error_set(why, ERROR_MALFORMED, "the snapshot has changed meanwhile");
    for (uint32_t i = 0; i < gids.count; i++) {
        if (!bind_number(refill->membership, 1, person->uid) ||
            !bind_number(refill->membership, 2, snapshot_gid(&gids, i)))
            return store_failed(sqlite3_db_handle(refill->membership), "binding", why);
        if (!run(refill->membership, &changed, why))
            return false;
    }
    return true;
}

/* A short name tells nothing but together with the domain that it was shown for. */
static bool full_name(const struct refill *refill, const struct snapshot *snapshot,
                      const char *shown, char name[NAME_MOST + 1])
{
    if (strchr(shown, '@'))
        return text_copy(name, NAME_MOST + 1, shown);
    return snapshot->domain == naming_mark(&refill->naming) &&
           naming_full(&refill->naming, shown, name);
}

static bool add_person(struct refill *refill, const struct snapshot *snapshot,
                       const struct snapshot_person *person, struct recovered *recovered,
                       struct error *why)
{
    sqlite3_stmt *write = refill->person;
    char name[NAME_MOST + 1];
    bool added;

    if (!full_name(refill, snapshot, person->name, name)) {
        if (!refill->newest)
            return add_bare(refill, person->uid, ID_PERSON, recovered, why);
        return error_set(why, ERROR_CONFIG,
                         "the domain of %.128s cannot be told: put back what `names` and "
                         "`domains` were, run latchkey config apply, and try again",
                         person->name);
    }
    if (!add_id(refill, person->uid, ID_PERSON, name, &added, recovered, why))
        return false;
    if (!added)
        return true;
    if (!bind_number(write, 1, person->uid) || !bind_text(write, 2, name) ||
        !bind_text(write, 3, person->gecos) || !bind_text(write, 4, person->home) ||
        !bind_text(write, 5, person->shell))
        return store_failed(sqlite3_db_handle(write), "binding", why);
    recovered->people++;
    return run(write, &added, why) && add_memberships(refill, snapshot, person, why);
}

static bool more_space(struct refill *refill)
{
    char *space = realloc(refill->space, refill->size * 2);

    if (!space)
        return false;
    refill->space = space;
    refill->size *= 2;
    return true;
}

static bool add_groups(struct refill *refill, const struct snapshot *snapshot,
                       struct recovered *recovered, struct error *why)
{
    struct snapshot_walk walk = {.index = 0};

    for (;;) {
        struct answer_space space = {.bytes = refill->space, .size = refill->size};
        struct snapshot_group group;
        enum lookup lookup = snapshot_next_group(snapshot, &walk, &space, &group);

        if (lookup == LOOKUP_ABSENT)
            return true;
        if (lookup == LOOKUP_UNAVAILABLE && !(space.too_small && more_space(refill)))
            return error_set(why, ERROR_MALFORMED, "a group of the snapshot cannot be read");
        /* People's own groups come first, and come with the people. */
        if (lookup == LOOKUP_FOUND && walk.index > snapshot->people &&
            !add_group(refill, &group, recovered, why))
            return false;
    }
}

static bool add_people(struct refill *refill, const struct snapshot *snapshot,
                       struct recovered *recovered, struct error *why)
{
    struct snapshot_walk walk = {.index = 0};

    for (;;) {
        struct answer_space space = {.bytes = refill->space, .size = refill->size};
        struct snapshot_person person;

        switch (snapshot_next_person(snapshot, &walk, &space, &person)) {
        case LOOKUP_ABSENT:
            return true;
        case LOOKUP_FOUND:
            if (!add_person(refill, snapshot, &person, recovered, why))
                return false;
            break;
        default:
            return error_set(why, ERROR_MALFORMED, "a person of the snapshot cannot be read");
        }
    }
}

bool refill_begin(sqlite3 *db, struct error *why)
{
    return sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL) == SQLITE_OK ||
           store_failed(db, "beginning", why);
}

bool refill_from(sqlite3 *db, const struct snapshot *snapshot, bool newest,
                 struct recovered *recovered, struct error *why)
{
    OWNED(refill_release) struct refill refill = {.newest = newest};

    return naming_read(&refill.naming, why) && prepare(db, &refill, why) &&
           add_groups(&refill, snapshot, recovered, why) &&
           add_people(&refill, snapshot, recovered, why);
}

bool refill_reserved(sqlite3 *db, struct recovered *recovered, struct error *why)
{
    OWNED(refill_release) struct refill refill = {.size = 0};
    OWNED(free_memory) char *text = malloc(NSS_CONF_MOST + 1);
    enum nss_conf_read read;
    struct nss_conf conf;

    if (!text)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!prepare(db, &refill, why))
        return false;
    read = nss_conf_read(text, &conf);
    if (read == NSS_CONF_UNREAD)
        return error_set(why, ERROR_SYSTEM, "nss.conf cannot be read now");
    recovered->maps_groups = read == NSS_CONF_FIT && conf.group_count > 0;
    for (size_t i = 0; read == NSS_CONF_FIT && i < conf.group_count; i++)
        if (id_is_ours(conf.groups[i].directory) &&
            !add_bare(&refill, conf.groups[i].directory, ID_GROUP, recovered, why))
            return false;
    return true;
}

bool refill_end(sqlite3 *db, struct error *why)
{
    return fact_write(db, FACT_CHANGES, 1, why) &&
           (sqlite3_exec(db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK ||
            store_failed(db, "recording", why));
}
