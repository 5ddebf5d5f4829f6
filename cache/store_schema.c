/* SPDX-License-Identifier: MIT */
/* The tables of the store and how they came to be. */
#include "cache/store_internal.h"

#define APPLICATION_ID 0x4c6b6579 /* "Lkey" in the file's header; see file(1) */
#define QUOTE(text)    #text
#define NUMBER(macro)  QUOTE(macro)

/* Each entry takes the store from its index to the next version. Append only; never edit one. */
static const char *const upgrades[] = {
    /* kind: see enum id_kind. A row of `id` outlives the person or group: ids are given once. */
    "CREATE TABLE id ("
    " id INTEGER PRIMARY KEY CHECK (id BETWEEN 1 AND 4294967293),"
    " kind INTEGER NOT NULL CHECK (kind IN (1, 2)),"
    " issuer TEXT NOT NULL, tenant TEXT NOT NULL, object_id TEXT NOT NULL,"
    " given_at INTEGER NOT NULL,"
    " UNIQUE (kind, issuer, tenant, object_id)) STRICT;"
    "CREATE TRIGGER id_stays BEFORE DELETE ON id"
    " BEGIN SELECT RAISE(ABORT, 'an id is given for good'); END;"
    "CREATE TRIGGER id_keeps BEFORE UPDATE ON id"
    " BEGIN SELECT RAISE(ABORT, 'an id is bound for good'); END;"
    "CREATE TABLE person ("
    " uid INTEGER PRIMARY KEY REFERENCES id (id),"
    " name TEXT NOT NULL UNIQUE,"
    " gecos TEXT NOT NULL, home TEXT NOT NULL, shell TEXT NOT NULL,"
    " verifier TEXT NOT NULL, token BLOB,"
    " last_online INTEGER NOT NULL, last_password INTEGER NOT NULL,"
    " refused INTEGER NOT NULL, refused_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE directory_group ("
    " gid INTEGER PRIMARY KEY REFERENCES id (id),"
    " name TEXT NOT NULL UNIQUE) STRICT;"
    "CREATE TABLE membership ("
    " uid INTEGER NOT NULL REFERENCES person (uid) ON DELETE CASCADE,"
    " gid INTEGER NOT NULL REFERENCES directory_group (gid) ON DELETE CASCADE,"
    " PRIMARY KEY (uid, gid)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX membership_of_group ON membership (gid);"
    "CREATE TABLE document ("
    " url TEXT PRIMARY KEY, body BLOB NOT NULL, fetched_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;",
    /* Every group that the platform names, also those that cannot be Unix groups here. */
    "CREATE TABLE claim ("
    " uid INTEGER NOT NULL REFERENCES person (uid) ON DELETE CASCADE,"
    " object_id TEXT NOT NULL,"
    " PRIMARY KEY (uid, object_id)) STRICT, WITHOUT ROWID;"
    "INSERT INTO claim SELECT m.uid, i.object_id FROM membership m JOIN id i ON i.id = m.gid;",
    /* What was kept before this has no facts but its age: it is asked for again. */
    "ALTER TABLE document ADD COLUMN fresh_seconds INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE document ADD COLUMN forced_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE document ADD COLUMN etag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE person ADD COLUMN token_doubted_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE breaker ("
    " name TEXT PRIMARY KEY,"
    " failures INTEGER NOT NULL, silent INTEGER NOT NULL, answering INTEGER NOT NULL,"
    " since INTEGER NOT NULL, wait_until INTEGER NOT NULL, told_until INTEGER NOT NULL,"
    " tried_at INTEGER NOT NULL, opened_at INTEGER NOT NULL) STRICT;",
    /* What was recovered from a snapshot waits for its account, once. */
    "DROP TRIGGER id_keeps;"
    "CREATE TRIGGER id_keeps BEFORE UPDATE ON id"
    " WHEN OLD.issuer <> 'recovered' OR NEW.issuer = 'recovered'"
    " OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind"
    " BEGIN SELECT RAISE(ABORT, 'an id is bound for good'); END;"
    /* Nobody asks for the members of a group here, and groups stay: it only cost writing. */
    "DROP INDEX membership_of_group;",
    /* Times are seconds since 1970; an access token is of use from `kept` until `until`. */
    "ALTER TABLE person ADD COLUMN access_token BLOB;"
    "ALTER TABLE person ADD COLUMN access_kept_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN access_renew_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN access_until INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN more_wanted_at INTEGER NOT NULL DEFAULT 0;",
    /* What the verifier is of, or was: 1 a local passphrase, 0 the platform's password. */
    "ALTER TABLE person ADD COLUMN passphrase INTEGER NOT NULL DEFAULT 0;",
};

#define VERSION_NOW ((int)(sizeof upgrades / sizeof upgrades[0]))

static bool pragma_number(sqlite3 *db, const char *pragma, int *number, struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *query = store_prepare(db, pragma, why);

    if (!query)
        return false;
    if (store_step(query, why) != STEP_ROW)
        return false;
    *number = sqlite3_column_int(query, 0);
    return true;
}

static bool run(sqlite3 *db, const char *sql, struct error *why)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK ||
           store_failed(db, "bringing the tables up to date", why);
}

/* The version is read inside the transaction: two processes cannot both take the same step. */
static bool upgrade(sqlite3 *db, struct error *why)
{
    struct store store = {.db = db, .writable = true};
    OWNED(transaction_end) struct transaction transaction = {0};
    char set[64];
    int version;

    if (!transaction_write(&transaction, &store, why) ||
        !pragma_number(db, "PRAGMA user_version", &version, why))
        return false;
    for (; version < VERSION_NOW; version++)
        if (!run(db, upgrades[version], why))
            return false;
    snprintf(set, sizeof set, "PRAGMA user_version = %d", version);
    return run(db, set, why) && transaction_commit(&transaction, why);
}

bool schema_make(sqlite3 *db, struct error *why)
{
    return run(db, "PRAGMA application_id = " NUMBER(APPLICATION_ID), why) && upgrade(db, why);
}

bool schema_bring_up(sqlite3 *db, bool writable, struct error *why)
{
    int application, version;

    if (!pragma_number(db, "PRAGMA application_id", &application, why) ||
        !pragma_number(db, "PRAGMA user_version", &version, why))
        return false;
    if (application != APPLICATION_ID || version < 1)
        return error_set(why, ERROR_SYSTEM,
                         "store.db is not a store of latchkey: restore the "
                         "right one, it is never made anew");
    if (version > VERSION_NOW)
        return error_set(why, ERROR_SYSTEM,
                         "store.db has version %d, of a newer latchkey; this one knows %d", version,
                         VERSION_NOW);
    if (version < VERSION_NOW && !writable)
        return error_set(why, ERROR_SYSTEM,
                         "store.db has the old version %d and its disk cannot be written", version);
    return version == VERSION_NOW || upgrade(db, why);
}
