/* SPDX-License-Identifier: MIT */
/* Opening and making the store, and the few ways in which its other files talk to SQLite. */
#include "cache/store_internal.h"

#include "cache/private_file.h"
#include "cache/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/statvfs.h>

#define CREATION_MS 10000
#define ROOM_LEAST  1048576u /* bytes: a journal, and some pages more */

OWN_DEFINE(store_release, struct store, store_close);

static bool present(int folder, const char *name)
{
    struct stat status;

    return fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* By name, not by descriptor: closing a second descriptor would drop SQLite's locks (fcntl(2)). */
static bool file_is_ours(int folder, struct error *why)
{
    struct stat status;

    if (fstatat(folder, STORE_FILE, &status, AT_SYMLINK_NOFOLLOW) == 0)
        return private_file_check(&status, STORE_FILE, why);
    if (errno == ENOENT && present(folder, KEY_FILE))
        return error_set(why, ERROR_SYSTEM,
                         STORE_FILE " is lost: restore it from a backup, or run latchkey store "
                                    "recover. It is not made anew, "
                                    "because ids given out before would be given again");
    return error_set(why, ERROR_SYSTEM, STORE_FILE ": %m");
}

static bool settings_apply(sqlite3 *db, struct error *why)
{
    static const char pragmas[] = "PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;"
                                  "PRAGMA cell_size_check = ON; PRAGMA temp_store = MEMORY;"
                                  "PRAGMA synchronous = FULL;";

    sqlite3_busy_timeout(db, PATIENCE_MS);
    sqlite3_extended_result_codes(db, 1);
    if (sqlite3_db_config(db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL) != SQLITE_OK ||
        sqlite3_db_config(db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL) != SQLITE_OK ||
        sqlite3_db_config(db, SQLITE_DBCONFIG_ENABLE_VIEW, 0, NULL) != SQLITE_OK ||
        sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DML, 0, NULL) != SQLITE_OK ||
        sqlite3_db_config(db, SQLITE_DBCONFIG_DQS_DDL, 0, NULL) != SQLITE_OK ||
        sqlite3_exec(db, pragmas, NULL, NULL, NULL) != SQLITE_OK)
        return store_failed(db, "opening it", why);
    return true;
}

/*
 * SQLite opens for reading only by itself where writing is impossible, and then refuses a
 * store that a crashed writer left half-way; so `immutable` is not needed, which would not.
 */
static bool database_open(const char *folder, const char *file, sqlite3 **opened, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;
    OWNED(free_memory) char *real = realpath(folder, NULL);
    char path[PATH_MAX];

    if (!real || snprintf(path, sizeof path, "%s/%s", real, file) >= (int)sizeof path)
        return error_set(why, ERROR_SYSTEM, "%s: %m", folder);
    if (sqlite3_open_v2(path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX |
                            SQLITE_OPEN_PRIVATECACHE,
                        NULL) != SQLITE_OK)
        return store_failed(db, "opening it", why);
    if (!settings_apply(db, why))
        return false;
    *opened = OWN_TAKE(db);
    return true;
}

static bool journal_choose(struct store *store, struct error *why)
{
    return sqlite3_exec(store->db, "PRAGMA journal_mode = TRUNCATE", NULL, NULL, NULL) ==
               SQLITE_OK ||
           store_failed(store->db, "opening it", why);
}

int store_wait(void *context, int times)
{
    struct store *store = context;
    int64_t left = store->patience_ms, begin = clock_ms(), waited;
    struct deadline deadline;
    bool again;

    (void)times;
    if (store->hurry_ms && *store->hurry_ms < left)
        left = *store->hurry_ms;
    deadline = deadline_in_ms(left);
    again = wait_a_little(&deadline);
    waited = clock_ms() - begin;
    store->patience_ms -= waited;
    if (store->hurry_ms)
        *store->hurry_ms -= waited;
    return again;
}

bool store_open(const char *folder, struct store **opened, struct error *why)
{
    return store_open_as(folder, NULL, opened, why);
}

bool store_open_as(const char *folder, const struct naming *naming, struct store **opened,
                   struct error *why)
{
    OWNED(store_release) struct store *store = calloc(1, sizeof *store);

    if (!store)
        return error_set(why, ERROR_SYSTEM, "no memory");
    store->folder = private_folder_open(folder, why);
    if (store->folder < 0 || !file_is_ours(store->folder, why) ||
        !host_key_read(store->folder, &store->key, why) ||
        !database_open(folder, STORE_FILE, &store->db, why))
        return false;
    if (naming)
        store->naming = *naming;
    else if (!naming_read(&store->naming, why))
        return false;
    store->patience_ms = PATIENCE_MS;
    sqlite3_busy_handler(store->db, store_wait, store);
    store->writable = !sqlite3_db_readonly(store->db, "main");
    if (!schema_bring_up(store->db, store->writable, why) ||
        (store->writable && !journal_choose(store, why)))
        return false;
    *opened = OWN_TAKE(store);
    return true;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    sqlite3_close_v2(store->db);
    close_fd(&store->folder);
    host_key_wipe(&store->key);
    free(store);
}

bool store_is_writable(const struct store *store)
{
    return store->writable;
}

bool store_has_room(const struct store *store)
{
    struct statvfs disk;

    if (!store->writable || fstatvfs(store->folder, &disk) != 0)
        return false;
    /* No blocks at all has what does not count them. */
    return disk.f_blocks == 0 || disk.f_bavail >= ROOM_LEAST / disk.f_frsize;
}

void store_hurry(struct store *store, int64_t *left_ms)
{
    store->hurry_ms = left_ms;
}

const struct naming *store_naming(const struct store *store)
{
    return &store->naming;
}

const struct host_key *store_host_key(const struct store *store)
{
    return &store->key;
}

/* A whole empty store, under a name of its own until nothing is missing. */
bool store_draft(const char *folder, int fd, sqlite3 **made, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;
    OWNED(close_fd) int draft = -1;

    unlinkat(fd, DRAFT_FILE, 0); /* of a creator that died; the lock says that none is alive */
    unlinkat(fd, DRAFT_FILE "-journal", 0);
    draft = openat(fd, DRAFT_FILE, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (draft < 0 || fchmod(draft, 0600) != 0)
        return error_set(why, ERROR_SYSTEM, DRAFT_FILE ": %m");
    if (!database_open(folder, DRAFT_FILE, &db, why) || !schema_make(db, why))
        return false;
    *made = OWN_TAKE(db);
    return true;
}

bool store_place_draft(int fd, struct error *why)
{
    if (renameat2(fd, DRAFT_FILE, fd, STORE_FILE, RENAME_NOREPLACE) != 0 || fsync(fd) != 0)
        return error_set(why, ERROR_SYSTEM, STORE_FILE ": %m");
    return true;
}

static bool store_make(const char *folder, int fd, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;

    if (!store_draft(folder, fd, &db, why))
        return error_context(why, "the store cannot be made");
    return store_place_draft(fd, why);
}

/* A store without a key is half made, unless somebody is in it already. */
static bool store_is_unused(const char *folder, int fd, struct error *why)
{
    OWNED(database_release) sqlite3 *db = NULL;
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    enum step step;

    if (!file_is_ours(fd, why) || !database_open(folder, STORE_FILE, &db, why) ||
        !schema_bring_up(db, false, why))
        return false;
    query = store_prepare(db, "SELECT 1 FROM id UNION ALL SELECT 1 FROM person LIMIT 1", why);
    step = query ? store_step(query, why) : STEP_FAILED;
    if (step == STEP_ROW)
        error_set(why, ERROR_SYSTEM,
                  KEY_FILE " is lost, and with it what it sealed: restore it "
                           "from a backup");
    return step == STEP_DONE;
}

bool store_creation_lock(int folder, struct error *why)
{
    struct deadline deadline = deadline_in_ms(CREATION_MS);

    while (flock(folder, LOCK_EX | LOCK_NB) != 0)
        if (errno != EWOULDBLOCK || !wait_a_little(&deadline))
            return error_set(why, ERROR_SYSTEM, "locking the private folder: %m");
    return true;
}

bool store_create(const char *folder, struct error *why)
{
    OWNED(close_fd) int fd = private_folder_open(folder, why);
    OWNED(host_key_wipe) struct host_key key = {0};
    bool have_store, have_key;

    if (fd < 0)
        return false;
    if (present(fd, STORE_FILE) && present(fd, KEY_FILE))
        return true; /* the usual case needs no lock, and none on a disk that cannot be written */
    if (!store_creation_lock(fd, why))
        return false;
    have_store = present(fd, STORE_FILE);
    have_key = present(fd, KEY_FILE);
    if (have_store && have_key)
        return true;
    if (have_key)
        return file_is_ours(fd, why);
    /* The key comes last: where it is, a store has been. */
    if (have_store ? !store_is_unused(folder, fd, why) : !store_make(folder, fd, why))
        return false;
    return host_key_create(fd, &key, why);
}
