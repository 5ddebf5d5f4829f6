/* SPDX-License-Identifier: MIT */
/* cache/store_schema.c: stores of older versions are brought up to date, and keep all they had. */
#include "cache/store_token.h"
#include "tests/place.h"

#include <signal.h>
#include <sqlite3.h>

#define VERSION_NOW 4
#define PROCESSES   8

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

static struct place place;
static struct error why;

static int begin(void **state)
{
    (void)state;
    place_make(&place);
    return 0;
}

static int end(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static void run(sqlite3 *db, const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
}

static void put_token(sqlite3 *db, const struct host_key *key)
{
    OWNED(free_memory) uint8_t *sealed = NULL;
    struct account ada = account_of("ada");
    sqlite3_stmt *write;
    size_t length;

    assert_true(token_seal(key, &ada, "token of ada", &sealed, &length, &why));
    assert_int_equal(sqlite3_prepare_v2(db, "UPDATE person SET token = ?", -1, &write, NULL), 0);
    sqlite3_bind_blob(write, 1, sealed, (int)length, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(write), SQLITE_DONE);
    sqlite3_finalize(write);
}

/* A store as a program of that version has left it, in the place of a new one with its key. */
static void old_store(int version)
{
    struct store *store = place_store(&place);
    struct host_key key = *store_host_key(store);
    char path[64];
    sqlite3 *db;

    store_close(store);
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    place_write(&place, "store.db", "", 0, 0600);
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    run(db, version_1);
    run(db, data_1);
    put_token(db, &key);
    if (version > 1)
        run(db, version_2);
    if (version > 2)
        run(db, version_3);
    sqlite3_close(db);
}

static int version_of_file(void)
{
    sqlite3_stmt *query;
    char path[64];
    sqlite3 *db;
    int version;

    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &query, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    version = sqlite3_column_int(query, 0);
    sqlite3_finalize(query);
    sqlite3_close(db);
    return version;
}

static void ada_is_as_she_was(struct store *store)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(10);
    OWNED(free_secret) char *token = NULL;
    struct person ada;

    assert_int_equal(store_person_by_name(store, "ada@contoso.example", &ada, &why), LOOKUP_FOUND);
    assert_int_equal(ada.uid, 1879048200);
    assert_string_equal(ada.gecos, "Ada");
    assert_string_equal(ada.home, "/home/ada");
    assert_string_equal(ada.shell, "/bin/sh");
    assert_string_equal(ada.account.object_id, "ada");
    assert_string_equal(ada.verifier, "$y$verifier");
    assert_int_equal(ada.last_online, 1000);
    assert_int_equal(ada.last_password, 900);
    assert_int_equal(ada.refused, REFUSED_DISABLED);
    assert_int_equal(ada.refused_at, 1100);
    assert_int_equal(ada.refusals, 0);
    assert_int_equal(ada.token_doubted_at, 0);
    assert_int_equal(store_token(store, &ada, &token, &why), LOOKUP_FOUND);
    assert_string_equal(token, "token of ada");
    assert_true(store_groups_of(store, ada.uid, &groups, &why));
    assert_int_equal(groups.count, 1);
    assert_string_equal(groups.items[0], "engineers");
}

static void the_rest_is_as_it_was(struct store *store)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(100);
    struct document_facts facts;
    time_t highest;

    assert_int_equal(store_document(store, "https://a", &body, &facts, &why), LOOKUP_FOUND);
    assert_int_equal(body.length, 4);
    assert_memory_equal(body.bytes, "body", 4);
    assert_int_equal(facts.fetched_at, 800);
    assert_int_equal(facts.fresh_seconds, 0);
    assert_int_equal(facts.forced_at, 0);
    assert_string_equal(facts.etag, "");
    assert_true(store_highest_time(store, &highest, &why));
    assert_int_equal(highest, 1234);
}

static void an_old_store_keeps_everything(void **state)
{
    for (int version = 1; version < VERSION_NOW; version++) {
        struct store *store = NULL;

        old_store(version);
        assert_int_equal(version_of_file(), version);
        if (!store_open(place.private, &store, &why))
            fail_msg("%s", why.text);
        ada_is_as_she_was(store);
        the_rest_is_as_it_was(store);
        store_close(store);
        assert_int_equal(version_of_file(), VERSION_NOW);
        end(state);
        begin(state);
    }
}

/* Everything that version 3 has brought can be written to it. */
static void an_old_store_learns_what_is_new(void **state)
{
    const struct document_facts facts = {.fetched_at = 5, .fresh_seconds = 6, .etag = "e"};
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = NULL;
    struct person ada;
    bool mass_event;

    (void)state;
    old_store(2);
    assert_true(store_open(place.private, &store, &why));
    ada = accept_person(store, &acceptance);
    assert_int_equal(ada.uid, 1879048200);
    assert_true(store_refuse(store, ada.uid,
                             &(struct refusal_record){.doubt_token = true, .now = 2000},
                             &mass_event, &why));
    assert_int_equal(store_person_by_name(store, ada.name, &ada, &why), LOOKUP_FOUND);
    assert_int_equal(ada.token_doubted_at, 2000);
    assert_true(store_keep_document(store, "https://a", NULL, 0, &facts, &why));
    store_close(store);
}

static int open_it(void)
{
    struct store *store = NULL;

    if (!store_open(place.private, &store, &why))
        return 1;
    store_close(store);
    return 0;
}

static void many_who_open_it_at_once_take_each_step_once(void **state)
{
    for (int round = 0; round < 5; round++) {
        pid_t children[PROCESSES];
        struct store *store;
        int status;

        old_store(1);
        for (int i = 0; i < PROCESSES; i++)
            if ((children[i] = fork()) == 0)
                _exit(open_it());
        for (int i = 0; i < PROCESSES; i++) {
            waitpid(children[i], &status, 0);
            assert_int_equal(status, 0);
        }
        store = place_store(&place);
        ada_is_as_she_was(store);
        store_close(store);
        end(state);
        begin(state);
    }
}

static void whoever_dies_upgrading_leaves_a_store_of_some_version(void **state)
{
    for (int i = 0; i < 30; i++) {
        struct timespec nap = {.tv_nsec = i * 150000L};
        struct store *store;
        pid_t child;

        old_store(1);
        child = fork();
        if (child == 0)
            _exit(open_it());
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        store = place_store(&place);
        ada_is_as_she_was(store);
        the_rest_is_as_it_was(store);
        store_close(store);
        end(state);
        begin(state);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(an_old_store_keeps_everything),
    TEST(an_old_store_learns_what_is_new),
    TEST(many_who_open_it_at_once_take_each_step_once),
    TEST(whoever_dies_upgrading_leaves_a_store_of_some_version),
};

int main(void)
{
    return check_main("upgrade", tests);
}
