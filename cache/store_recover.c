/* SPDX-License-Identifier: MIT */
#include "cache/store_recover.h"

#include "cache/private_file.h"
#include "cache/publish_lock.h"
#include "cache/snapshot_check.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_rollback.h"
#include "cache/store_internal.h"
#include "cache/store_refill.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>

/* ---- what is the matter with the store ---- */

enum state { STATE_UNKNOWN, STATE_WELL, STATE_LOST, STATE_DAMAGED };

static enum state judge(sqlite3 *db, struct error *why)
{
    int code = sqlite3_extended_errcode(db);

    if ((code & 0xff) == SQLITE_CORRUPT || (code & 0xff) == SQLITE_NOTADB)
        return STATE_DAMAGED;
    store_failed(db, "looking at it", why);
    return STATE_UNKNOWN;
}

/* The first column of the only row. */
static enum state ask(sqlite3 *db, const char *sql, const char *wanted, struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *query = NULL;

    if (sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK ||
        sqlite3_step(query) != SQLITE_ROW)
        return judge(db, why);
    return strcmp((const char *)sqlite3_column_text(query, 0), wanted) == 0 ? STATE_WELL
                                                                            : STATE_DAMAGED;
}

/* For writing, because a journal that a writer left is to be played back first. */
static enum state examine(const char *path, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;
    enum state state;

    if (sqlite3_open_v2(path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        return judge(db, why);
    sqlite3_busy_timeout(db, PATIENCE_MS);
    state = ask(db, "PRAGMA application_id", "1282106745", why);
    return state == STATE_WELL ? ask(db, "PRAGMA integrity_check(1)", "ok", why) : state;
}

static enum state look(const char *folder, int fd, struct error *why)
{
    struct stat status;
    char path[PATH_MAX];

    if (fstatat(fd, STORE_FILE, &status, AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno == ENOENT)
            return STATE_LOST;
        error_set(why, ERROR_SYSTEM, STORE_FILE ": %m");
        return STATE_UNKNOWN;
    }
    if (!private_file_check(&status, STORE_FILE, why))
        return STATE_UNKNOWN;
    snprintf(path, sizeof path, "%s/" STORE_FILE, folder);
    return examine(path, why);
}

/* ---- the snapshots ---- */

struct generations {
    struct snapshot snapshots[2]; /* the newer one first */
    uint64_t numbers[2];
    size_t count;
};

static void generations_release(struct generations *generations)
{
    for (size_t i = 0; i < 2; i++)
        snapshot_file_unmap(&generations->snapshots[i]);
}

/* One that is not whole is left out: what it says of ids could be wrong. */
static bool generation_add(int folder, const char *name, struct generations *generations,
                           struct error *why)
{
    struct snapshot *mapped = &generations->snapshots[generations->count];
    struct snapshot_faults faults = {.tell = NULL};
    struct snapshot_facts facts;

    if (!snapshot_file_map(folder, name, mapped))
        return true;
    if (!snapshot_check(mapped, &facts, &faults, why))
        return false;
    if (faults.count)
        snapshot_file_unmap(mapped);
    else
        generations->numbers[generations->count++] = facts.generation;
    return true;
}

static bool generations_read(const char *folder, struct generations *generations, struct error *why)
{
    OWNED(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

    if (fd < 0)
        return error_set(why, ERROR_SYSTEM, "%s: %m", folder);
    if (!generation_add(fd, SNAPSHOT_NAME, generations, why) ||
        !generation_add(fd, SNAPSHOT_PREVIOUS, generations, why))
        return false;
    return generations->count ||
           error_set(why, ERROR_SYSTEM,
                     "neither %s/" SNAPSHOT_NAME " nor " SNAPSHOT_PREVIOUS
                     " is there and sound, so nothing tells who has which id: restore " STORE_FILE
                     " or one of them from a backup",
                     folder);
}

/* ---- the new store ---- */

static bool refill(const char *folder, int fd, const struct generations *generations,
                   struct recovered *recovered, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;

    if (!store_draft(folder, fd, &db, why) || !refill_begin(db, why))
        return false;
    for (size_t i = 0; i < generations->count; i++) {
        if (!refill_from(db, &generations->snapshots[i], i == 0, recovered, why))
            return false;
        recovered->generations[i] = generations->numbers[i];
    }
    return refill_reserved(db, recovered, why) && refill_end(db, why);
}

struct aside {
    char store[sizeof((struct recovered *)0)->aside];
    char journal[sizeof((struct recovered *)0)->aside + 16];
};

static bool is_free(int fd, const char *name)
{
    return faccessat(fd, name, F_OK, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT;
}

/* Names of this second, or of the next one that has none yet. */
static struct aside aside_choose(int fd)
{
    struct aside aside;
    intmax_t stamp = time(NULL);

    do {
        snprintf(aside.store, sizeof aside.store, STORE_FILE ".damaged-%jd", stamp++);
        snprintf(aside.journal, sizeof aside.journal, "%s-journal", aside.store);
    } while (faccessat(fd, aside.store, F_OK, AT_SYMLINK_NOFOLLOW) == 0 ||
             faccessat(fd, aside.journal, F_OK, AT_SYMLINK_NOFOLLOW) == 0);
    return aside;
}

static bool keep(int fd, const char *name, const char *kept, struct error *why)
{
    return renameat2(fd, name, fd, kept, RENAME_NOREPLACE) == 0 ||
           error_set(why, ERROR_SYSTEM, "keeping %s as %s: %m", name, kept);
}

/*
 * The file first, and its journal after it: in between the store is missing, which stops everybody.
 * The other way round it would for a moment be one without what completes it. A journal that an
 * earlier attempt has left must not be taken for the new store's.
 */
static bool put_aside(int fd, enum state state, struct recovered *recovered, struct error *why)
{
    struct aside aside = aside_choose(fd);

    if (state == STATE_DAMAGED) {
        if (!keep(fd, STORE_FILE, aside.store, why))
            return false;
        memcpy(recovered->aside, aside.store, sizeof aside.store);
    }
    if (!is_free(fd, STORE_FILE "-journal") && !keep(fd, STORE_FILE "-journal", aside.journal, why))
        return false;
    return fsync(fd) == 0 || error_set(why, ERROR_SYSTEM, "syncing the private folder: %m");
}

static bool key_make(int fd, bool *made, struct error *why)
{
    OWNED(host_key_wipe) struct host_key key = {0};

    *made = is_free(fd, KEY_FILE);
    return !*made || host_key_create(fd, &key, why);
}

static bool recover(const char *folder, int fd, const char *public_folder, enum state state,
                    struct recovered *recovered, struct error *why)
{
    OWNED(generations_release) struct generations generations = {.count = 0};

    return generations_read(public_folder, &generations, why) &&
           refill(folder, fd, &generations, recovered, why) &&
           put_aside(fd, state, recovered, why) && store_place_draft(fd, why) &&
           key_make(fd, &recovered->new_key, why);
}

enum recovery store_recover(const char *private_folder, const char *public_folder,
                            struct recovered *recovered, struct error *why)
{
    OWNED(close_fd) int fd = private_folder_open(private_folder, why);
    OWNED(close_fd) int lock = -1;
    struct recovered made = {.people = 0};
    enum state state;

    if (fd < 0 || !store_creation_lock(fd, why))
        return RECOVERY_FAILED;
    lock = publish_lock(fd, why);
    if (lock < 0)
        return RECOVERY_FAILED;
    state = look(private_folder, fd, why);
    if (state == STATE_WELL)
        return RECOVERY_NOT_NEEDED;
    if (state == STATE_UNKNOWN || !recover(private_folder, fd, public_folder, state, &made, why))
        return RECOVERY_FAILED;
    *recovered = made;
    return RECOVERY_DONE;
}
