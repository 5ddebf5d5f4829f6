/* SPDX-License-Identifier: MIT */
/* What the store remembers over thefts, kills and time; tokens. */
#include "base/clock.h"
#include "cache/store_time.h"
#include "tests/store_place.h"

#include <signal.h>
#include <sys/mman.h>

static bool file_has(const char *file, const char *text, size_t length)
{
    OWNED(free_memory) char *bytes = NULL;
    size_t size;

    bytes = place_bytes(&place, file, &size);
    return memmem(bytes, size, text, length);
}

static void tokens_open_for_their_account_only(void **state)
{
    struct account ada = account_of("ada"), bob = account_of("bob"), gone = account_of("gone");
    struct acceptance acceptance = ACCEPTANCE(&ada), other = ACCEPTANCE(&bob);
    char *token = NULL;
    struct person people[2];
    struct error why = {0};

    (void)state;
    acceptance.refresh_token = "token of ada";
    other.refresh_token = "token of bob";
    other.name = "bob@contoso.example";
    people[0] = accept_person(store, &acceptance);
    people[1] = accept_person(store, &other);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_token(store, &people[i], &token, &why), LOOKUP_FOUND);
        assert_string_equal(token, i ? "token of bob" : "token of ada");
        free_secret(&token);
    }
    run_sql("CREATE TEMP TABLE t AS SELECT uid, token FROM person;"
            "UPDATE person SET token = (SELECT token FROM t WHERE t.uid <> person.uid)");
    token = NULL;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(store_token(store, &people[i], &token, &why), LOOKUP_UNAVAILABLE);
        assert_int_equal(why.kind, ERROR_UNTRUSTED);
    }
    assert_null(token);
    run_sql("UPDATE person SET token = x'00'");
    assert_int_equal(store_token(store, &people[0], &token, &why), LOOKUP_UNAVAILABLE);
    people[0].uid++;
    people[0].account = gone;
    assert_int_equal(store_token(store, &people[0], &token, &why), LOOKUP_ABSENT);
}

static void a_token_may_be_long_but_not_longer(void **state)
{
    static char text[TOKEN_MOST + 2];
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    OWNED(free_secret) char *token = NULL;
    struct person person;
    struct error why;
    bool changed;

    (void)state;
    memset(text, 't', TOKEN_MOST + 1);
    acceptance.refresh_token = text;
    assert_false(store_accept(store, &acceptance, &person, &changed, NULL, &why));
    assert_int_equal(store_person_by_name(store, acceptance.name, &person, &why), LOOKUP_ABSENT);
    text[TOKEN_MOST] = '\0';
    person = accept_person(store, &acceptance);
    assert_int_equal(store_token(store, &person, &token, &why), LOOKUP_FOUND);
    assert_string_equal(token, text);
}

static void what_is_erased_is_gone_from_the_disk(void **state)
{
    static char canary[4000];
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct refusal_record record = {
        .refused = REFUSED_REVOKED, .erase_verifier = true, .erase_token = true, .now = 1};
    struct person person;
    struct error why;
    bool mass_event;
    sqlite3 *db;
    sqlite3_stmt *query;
    char sealed[sizeof canary], path[64];

    (void)state;
    for (size_t i = 0; i < sizeof canary - 1; i++)
        canary[i] = (char)('A' + i * 7 % 26);
    acceptance.verifier = "$y$canary-of-a-verifier";
    acceptance.refresh_token = canary;
    person = accept_person(store, &acceptance);
    assert_false(file_has("store.db", canary, 16));
    assert_true(file_has("store.db", "canary-of-a-verifier", 20));
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT token FROM person", -1, &query, NULL);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    memcpy(sealed, sqlite3_column_blob(query, 0), sizeof sealed);
    sqlite3_finalize(query);
    sqlite3_close(db);
    assert_true(file_has("store.db", sealed, 64));
    assert_true(store_refuse(store, person.uid, &record, &mass_event, &why));
    for (size_t i = 0; i + 64 < sizeof sealed; i += 64)
        assert_false(file_has("store.db", sealed + i, 64));
    assert_false(file_has("store.db", "canary-of-a-verifier", 20));
    assert_false(file_has("store.db-journal", "canary-of-a-verifier", 20));
}

static void the_highest_time_only_grows_and_is_written_seldom(void **state)
{
    static const struct {
        time_t seen, highest;
    } steps[] = {{1000, 1000}, {1059, 1000}, {1060, 1060}, {5, 1060}, {9000, 9000}, {8000, 9000}};
    struct error why;
    struct times times;

    (void)state;
    assert_true(store_times(store, &times, &why));
    assert_int_equal(times.highest, 0);
    assert_int_equal(times.earliest, 0);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        assert_true(store_saw_time(store, steps[i].seen, &why));
        assert_true(store_times(store, &times, &why));
        assert_int_equal(times.highest, steps[i].highest);
    }
}

/* Less than others wait for the store; to have recorded the time is not worth that. */
#define BUSY_MOST_MS 9000

static void a_busy_store_does_not_keep_whoever_only_saw_the_time(void **state)
{
    int64_t began = clock_ms();
    struct error why = {0};
    sqlite3 *writer;
    struct times times;
    char path[64];

    (void)state;
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_false(store_saw_time(store, 1000, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(sqlite3_exec(writer, "ROLLBACK; BEGIN EXCLUSIVE", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_false(store_saw_time(store, 1000, &why));
    assert_true(clock_ms() - began < BUSY_MOST_MS);
    sqlite3_close(writer);
    assert_true(store_saw_time(store, 1000, &why));
    assert_true(store_times(store, &times, &why));
    assert_int_equal(times.highest, 1000);
}

/* Accepts people until it is killed, telling after each commit how far it got. */
static void accept_many(volatile int *done, int from)
{
    struct store *own = NULL;
    struct error why;

    if (!store_open(place.private, &own, &why))
        _exit(1);
    for (int i = from; i < 10000; i++) {
        char object_id[32], name[64];
        struct account account;
        struct acceptance acceptance;
        struct person person;
        bool changed;

        snprintf(object_id, sizeof object_id, "person-%d", i);
        snprintf(name, sizeof name, "person-%d@contoso.example", i);
        account = account_of(object_id);
        acceptance = ACCEPTANCE(&account);
        acceptance.name = name;
        acceptance.refresh_token = "token";
        if (!store_accept(own, &acceptance, &person, &changed, NULL, &why))
            _exit(1);
        *done = i + 1;
    }
    _exit(0);
}

static void whoever_was_told_of_is_there_after_a_kill(void **state)
{
    volatile int *done =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    struct timespec nap = {0};

    (void)state;
    store_close(store);
    store = NULL;
    for (int round = 0; round < 25; round++) {
        int from = *done;
        pid_t child = fork();

        if (child == 0)
            accept_many(done, from);
        nap.tv_nsec = 5000000L + round * 1370000L;
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        store = place_store(&place);
        for (int i = 0; i < *done; i++) {
            struct person person;
            struct error why;
            char name[64];

            snprintf(name, sizeof name, "person-%d@contoso.example", i);
            assert_int_equal(store_person_by_name(store, name, &person, &why), LOOKUP_FOUND);
        }
        store_close(store);
        store = NULL;
    }
    assert_true(*done > 0);
    store = place_store(&place);
    munmap((void *)(uintptr_t)done, 4096);
}

/* What must hold of the ids whatever happens. */
#define ACCOUNTS 12
static void check_ids(const uint32_t uids[ACCOUNTS])
{
    for (int i = 0; i < ACCOUNTS; i++) {
        if (uids[i])
            assert_in_range(uids[i], ID_LEAST, ID_MOST);
        for (int j = 0; j < i; j++)
            assert_true(!uids[i] || uids[i] != uids[j]);
    }
}

static void an_account_keeps_its_uid_whatever_happens(void **state)
{
    uint32_t uids[ACCOUNTS] = {0};
    unsigned seed = 1, accepted = 0, refused = 0;

    (void)state;
    for (int step = 0; step < 1500; step++) {
        int who = rand_r(&seed) % ACCOUNTS, what = rand_r(&seed) % 10;
        struct account account = account_of("x");
        struct acceptance acceptance = ACCEPTANCE(&account);
        struct person person;
        struct error why;
        char name[64];
        bool changed;

        account.object_id[0] = (char)('a' + who);
        snprintf(name, sizeof name, "name-%d@contoso.example", rand_r(&seed) % 8);
        acceptance.name = name;
        if (what == 0 && uids[who]) { /* deleted: the id stays with the account */
            char sql[64];

            snprintf(sql, sizeof sql, "DELETE FROM person WHERE uid = %u", uids[who]);
            run_sql(sql);
        } else if (what == 1 && uids[who]) {
            struct refusal_record record = {.refused = REFUSED_ACCOUNT, .now = 1};

            store_refuse(store, uids[who], &record, &changed, &why);
        } else if (store_accept(store, &acceptance, &person, &changed, NULL, &why)) {
            accepted++;
            if (uids[who])
                assert_int_equal(person.uid, uids[who]);
            uids[who] = person.uid;
            check_ids(uids);
        } else {
            refused++;
            assert_int_equal(why.kind, ERROR_REFUSED);
        }
    }
    assert_true(accepted > 100 && refused > 100);
}

static const struct CMUnitTest tests[] = {
    TEST(tokens_open_for_their_account_only),
    TEST(a_token_may_be_long_but_not_longer),
    TEST(what_is_erased_is_gone_from_the_disk),
    TEST(the_highest_time_only_grows_and_is_written_seldom),
    TEST(a_busy_store_does_not_keep_whoever_only_saw_the_time),
    TEST(whoever_was_told_of_is_there_after_a_kill),
    TEST(an_account_keeps_its_uid_whatever_happens),
};

int main(void)
{
    return check_main("memory", tests);
}
