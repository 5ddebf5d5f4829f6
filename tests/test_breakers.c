/* SPDX-License-Identifier: MIT */
/* cache/breakers.c: breakers that all processes share. */
#include "tests/breakers.h"

#include <signal.h>
#include <sys/mman.h>

#define PROCESSES 50
#define TIMES     4

static void equal(const struct breaker *one, const struct breaker *other)
{
    assert_int_equal(one->failures, other->failures);
    assert_int_equal(one->silent, other->silent);
    assert_int_equal(one->answering, other->answering);
    assert_int_equal(one->since, other->since);
    assert_int_equal(one->wait_until, other->wait_until);
    assert_int_equal(one->told_until, other->told_until);
    assert_int_equal(one->tried_at, other->tried_at);
    assert_int_equal(one->opened_at, other->opened_at);
}

static void a_breaker_comes_back_as_it_was_changed(void **state)
{
    static const struct breaker_event events[] = {
        {.kind = BREAKER_FAILED, .now = 1000, .silent = true, .random = 5},
        {.kind = BREAKER_FAILED, .now = 2000, .unhurried = true, .random = 77},
        {.kind = BREAKER_ANSWERED_PROBE, .now = 2100},
        {.kind = BREAKER_FAILED, .now = 2200, .told = 60, .unhurried = true, .silent = true},
        {.kind = BREAKER_SERVED, .now = 2201},
        {.kind = BREAKER_SERVED, .now = 9000},
    };
    struct breaker expected = {0}, other, found;
    struct store *second = place_store(&place);
    struct breakers view = {.store = second, .runtime = -1};

    (void)state;
    assert_true(fails("another", 1));
    breakers_read(&shared, "another", &other);
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        breaker_change(&expected, &events[i]);
        assert_true(breakers_change(&shared, NAME, &events[i], &why));
        breakers_read(&view, NAME, &found);
        equal(&found, &expected);
        breakers_read(&view, "another", &found);
        equal(&found, &other);
    }
    breakers_read(&shared, "never heard of", &found);
    equal(&found, &(struct breaker){0});
    assert_false(is_there(NOTE));
    store_close(second);
}

static void failures_of_many_at_once_all_count(void **state)
{
    (void)state;
    assert_true(fail_at_once(PROCESSES, TIMES));
    assert_int_equal(failures(NAME), PROCESSES * TIMES);
    assert_false(is_there(NOTE));
    assert_true(outage());
}

/* A process that writes to the store, and is not done yet. */
static sqlite3 *busy_writer(void)
{
    char path[64];
    sqlite3 *db;

    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    return db;
}

/* Whoever wrote would wait for the other writer, and then leave a note. */
static void what_was_well_and_is_well_writes_nothing(void **state)
{
    static const char *const names[] = {"never heard of", "well again", "told"};
    OWNED(free_memory) char *before = NULL, *after = NULL;
    size_t length, length_after;
    sqlite3 *writer;

    (void)state;
    assert_true(fails("well again", 1) && served("well again", 2));
    assert_true(told("told", 3, 3000) && served("told", 4));
    before = place_bytes(&place, "store.db", &length);
    writer = busy_writer();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        assert_true(served(names[i], 5));
    assert_false(is_there("breaker-never-heard-of") || is_there("breaker-well-again"));
    assert_false(is_there("breaker-told"));
    sqlite3_close(writer);
    after = place_bytes(&place, "store.db", &length_after);
    assert_int_equal(length, length_after);
    assert_memory_equal(before, after, length);
}

static void rows_that_no_breaker_has_are_closed_ones(void **state)
{
    static const char *const sets[] = {
        "failures = -1",   "failures = 4294967296", "silent = 2",
        "silent = -1",     "answering = 7",         "since = -1",
        "wait_until = -5", "told_until = -1",       "tried_at = -100",
        "opened_at = -1",
    };
    struct breaker found;
    char sql[100];

    (void)state;
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        assert_true(fails(NAME, 1) && fails(NAME, APART));
        snprintf(sql, sizeof sql, "UPDATE breaker SET %s", sets[i]);
        run_sql(sql);
        breakers_read(&shared, NAME, &found);
        equal(&found, &(struct breaker){0});
        assert_true(fails(NAME, 5));
        assert_int_equal(failures(NAME), 1);
        assert_true(served(NAME, 6));
    }
    run_sql("DROP TABLE breaker");
    breakers_read(&shared, NAME, &found);
    equal(&found, &(struct breaker){0});
}

static void without_a_runtime_folder_the_store_alone_counts(void **state)
{
    int runtime = shared.runtime;

    (void)state;
    shared.runtime = -1;
    assert_true(fails(NAME, APART) && fails(NAME, 2 * APART));
    assert_int_equal(failures(NAME), 2);
    breakers_show_outage(&shared, 2 * APART);
    shared.runtime = runtime;
    assert_false(outage());
}

/* Counts what it was told is kept, until it is killed. */
static void fail_on(volatile uint32_t *done)
{
    if (!store_open(place.private, &shared.store, &why))
        _exit(1);
    for (;;) {
        if (!fails(NAME, (*done + 1L) * APART))
            _exit(1);
        (*done)++;
    }
}

static void what_was_kept_is_there_after_a_kill(void **state)
{
    volatile uint32_t *done =
        mmap(NULL, sizeof *done, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)state;
    for (int round = 0; round < 20; round++) {
        struct timespec nap = {.tv_nsec = 2000000L + round * 770000L};
        uint32_t kept;
        pid_t child = fork();

        if (child == 0)
            fail_on(done);
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        kept = failures(NAME);
        /* One may have been kept of which nobody was told. */
        assert_true(kept == *done || kept == *done + 1);
        *done = kept;
    }
    assert_true(*done > 0);
    munmap((void *)(uintptr_t)done, sizeof *done);
}

static const struct CMUnitTest tests[] = {
    TEST(a_breaker_comes_back_as_it_was_changed),
    TEST(failures_of_many_at_once_all_count),
    TEST(what_was_well_and_is_well_writes_nothing),
    TEST(rows_that_no_breaker_has_are_closed_ones),
    TEST(without_a_runtime_folder_the_store_alone_counts),
    TEST(what_was_kept_is_there_after_a_kill),
};

int main(void)
{
    return check_main("breakers", tests);
}
