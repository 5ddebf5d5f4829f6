/* SPDX-License-Identifier: MIT */
/* cache/store_schema.c: stores of older versions are brought up to date, and keep all they had. */
#include "cache/store_access.h"
#include "cache/store_time.h"
#include "tests/old_store.h"

#include <signal.h>

#define VERSION_NOW (OLD_VERSION_MOST + 1)
#define PROCESSES   8

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
    char *access = NULL;
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
    assert_int_equal(ada.more_wanted_at, 0);
    assert_false(ada.passphrase);
    ada.refused = REFUSED_NOT;
    assert_int_equal(store_access_token(store, &ada, 1000, &access, &why), ACCESS_NONE);
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
    struct times times;

    assert_int_equal(store_document(store, "https://a", &body, &facts, &why), LOOKUP_FOUND);
    assert_int_equal(body.length, 4);
    assert_memory_equal(body.bytes, "body", 4);
    assert_int_equal(facts.fetched_at, 800);
    assert_int_equal(facts.fresh_seconds, 0);
    assert_int_equal(facts.forced_at, 0);
    assert_string_equal(facts.etag, "");
    assert_true(store_times(store, &times, &why));
    assert_int_equal(times.highest, 1234);
    assert_int_equal(times.earliest, 0);
}

static void an_old_store_keeps_everything(void **state)
{
    for (int version = 1; version < VERSION_NOW; version++) {
        struct store *store = NULL;

        old_store(&place, version);
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

/* Everything that versions 3 and 5 have brought can be written to it. */
static void an_old_store_learns_what_is_new(void **state)
{
    const struct document_facts facts = {.fetched_at = 5, .fresh_seconds = 6, .etag = "e"};
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = NULL;
    struct person ada;
    OWNED(free_secret) char *access = NULL;
    bool mass_event;

    (void)state;
    acceptance.access_token = "opaque";
    acceptance.access_until = 3000;
    old_store(&place, 2);
    assert_true(store_open(place.private, &store, &why));
    ada = accept_person(store, &acceptance);
    assert_int_equal(ada.uid, 1879048200);
    assert_true(
        store_refuse(store, ada.uid,
                     &(struct refusal_record){.doubt_token = true, .rest_token = true, .now = 2000},
                     &mass_event, &why));
    assert_int_equal(store_person_by_name(store, ada.name, &ada, &why), LOOKUP_FOUND);
    assert_int_equal(ada.token_doubted_at, 2000);
    assert_int_equal(ada.more_wanted_at, 2000);
    assert_int_equal(store_access_token(store, &ada, 2999, &access, &why), ACCESS_DUE);
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

        old_store(&place, 1);
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

        old_store(&place, 1);
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
