/* SPDX-License-Identifier: MIT */
/* Stores as programs of older versions have left them. */
#pragma once

#include "cache/secret.h"
#include "tests/place.h"

#include <sqlite3.h>

#define OLD_VERSION_MOST 5 /* the store's own is the next one: see test_upgrade.c */

/* What the programs of that time wrote, word for word. */
static const char version_1[] =
    "PRAGMA application_id = 0x4c6b6579;"
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
    "CREATE TABLE fact (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;"
    "PRAGMA user_version = 1;";
static const char data_1[] =
    "INSERT INTO id VALUES (1879048200, 1, 'https://login.example', 'contoso', 'ada', 1),"
    " (1879048300, 2, 'https://login.example', 'contoso', 'engineers', 1);"
    "INSERT INTO person VALUES (1879048200, 'ada@contoso.example', 'Ada', '/home/ada', '/bin/sh',"
    " '$y$verifier', NULL, 1000, 900, 3, 1100);"
    "INSERT INTO directory_group VALUES (1879048300, 'engineers');"
    "INSERT INTO membership VALUES (1879048200, 1879048300);"
    "INSERT INTO document VALUES ('https://a', x'626f6479', 800);"
    "INSERT INTO fact VALUES ('highest_time', 1234);";
static const char version_2[] =
    "CREATE TABLE claim ("
    " uid INTEGER NOT NULL REFERENCES person (uid) ON DELETE CASCADE,"
    " object_id TEXT NOT NULL,"
    " PRIMARY KEY (uid, object_id)) STRICT, WITHOUT ROWID;"
    "INSERT INTO claim SELECT m.uid, i.object_id FROM membership m JOIN id i ON i.id = m.gid;"
    "PRAGMA user_version = 2;";
static const char version_3[] =
    "ALTER TABLE document ADD COLUMN fresh_seconds INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE document ADD COLUMN forced_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE document ADD COLUMN etag TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE person ADD COLUMN token_doubted_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN refusals INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE breaker ("
    " name TEXT PRIMARY KEY,"
    " failures INTEGER NOT NULL, silent INTEGER NOT NULL, answering INTEGER NOT NULL,"
    " since INTEGER NOT NULL, wait_until INTEGER NOT NULL, told_until INTEGER NOT NULL,"
    " tried_at INTEGER NOT NULL, opened_at INTEGER NOT NULL) STRICT;"
    "PRAGMA user_version = 3;";
static const char version_4[] = "DROP TRIGGER id_keeps;"
                                "CREATE TRIGGER id_keeps BEFORE UPDATE ON id"
                                " WHEN OLD.issuer <> 'recovered' OR NEW.issuer = 'recovered'"
                                " OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind"
                                " BEGIN SELECT RAISE(ABORT, 'an id is bound for good'); END;"
                                "DROP INDEX membership_of_group;"
                                "PRAGMA user_version = 4;";
static const char version_5[] =
    "ALTER TABLE person ADD COLUMN access_token BLOB;"
    "ALTER TABLE person ADD COLUMN access_kept_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN access_renew_at INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN access_until INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE person ADD COLUMN more_wanted_at INTEGER NOT NULL DEFAULT 0;"
    "PRAGMA user_version = 5;";

static inline void run_old(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
}

static inline void put_token(sqlite3 *db, const struct host_key *key)
{
    static const char token[] = "token of ada",
                      bound[] = "token 21:https://login.example 7:contoso 3:ada";
    uint8_t sealed[sizeof token - 1 + SEAL_OVERHEAD];
    struct error why = {0};
    sqlite3_stmt *write;

    assert_true(secret_seal(key, bound, token, sizeof token - 1, sealed, &why));
    assert_int_equal(sqlite3_prepare_v2(db, "UPDATE person SET token = ?", -1, &write, NULL), 0);
    sqlite3_bind_blob(write, 1, sealed, (int)sizeof sealed, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(write), SQLITE_DONE);
    sqlite3_finalize(write);
}

/* In the place of a new store, with the key of that. */
static inline void old_store(const struct place *place, int version)
{
    struct store *store = place_store(place);
    struct host_key key = *store_host_key(store);
    char path[64];
    sqlite3 *db;

    store_close(store);
    assert_int_equal(unlinkat(place->folder, "store.db", 0), 0);
    place_write(place, "store.db", "", 0, 0600);
    place_path(place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run_old(db, version_1);
    run_old(db, data_1);
    put_token(db, &key);
    if (version > 1)
        run_old(db, version_2);
    if (version > 2)
        run_old(db, version_3);
    if (version > 3)
        run_old(db, version_4);
    if (version > 4)
        run_old(db, version_5);
    sqlite3_close(db);
}
