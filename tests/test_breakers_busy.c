/* SPDX-License-Identifier: MIT */
/* cache/breakers.c: what is noted while others keep the store busy, and what is not lost by it. */
#include "cache/breaker_note.h"
#include "tests/breakers.h"

#define LATER        (10000L * APART)
#define CALLS        100
#define BUSY_MOST_MS 9000 /* much less than if each call waited; and others wait for longer */
#define SECONDS      600  /* that were asked for */

/* As another process that has met nothing yet. */
static bool begin_again(void)
{
    shared = (struct breakers){
        .store = store,
        .runtime = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    return shared.runtime >= 0;
}

static void what_a_busy_store_does_not_take_is_noted_and_taken_later(void **state)
{
    sqlite3 *writer;

    (void)state;
    assert_true(fails(NAME, APART));
    writer = busy_writer("BEGIN IMMEDIATE");
    assert_true(fails(NAME, 2 * APART));
    assert_true(is_there(NOTE) && outage());
    assert_int_equal(failures(NAME), 2);
    sqlite3_close(writer);
    assert_true(fails(NAME, 3 * APART));
    assert_false(is_there(NOTE));
    assert_int_equal(failures(NAME), 3);
}

/* Each of them alone would wait as long; and so would whoever reads, if that is not possible. */
static void all_calls_together_wait_for_a_busy_store_no_longer_than_once(void **state)
{
    static const char *const ways[] = {"BEGIN IMMEDIATE", "BEGIN EXCLUSIVE"};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        sqlite3 *writer = busy_writer(ways[i]);
        int64_t began = clock_ms();
        struct breaker found;

        shared.waited_ms = 0;
        assert_true(fails("another", 1) && shared.waited_ms >= BREAKERS_WAIT_MS);
        for (int j = 0; j < CALLS; j++) {
            assert_true(fails(NAME, (j + 1) * APART) && failures(NAME) > 0);
            breakers_show_outage(&shared, 1);
            breakers_read(&shared, "third", &found);
        }
        assert_true(clock_ms() - began < BUSY_MOST_MS);
        assert_true(outage());
        sqlite3_close(writer);
        assert_true(served(NAME, LATER) && served("another", LATER) && !outage());
    }
}

static bool is_told(time_t now)
{
    struct breaker breaker;

    breakers_read(&shared, NAME, &breaker);
    return breaker_told(&breaker, now) != 0;
}

/* What can come between, with what it leaves of a wait that was asked for before. */
static void a_store_that_cannot_be_read_loses_nothing_of_what_was_told(void **state)
{
    static const struct breaker_event events[] = {
        {.kind = BREAKER_FAILED, .now = APART + 1, .silent = true},
        {.kind = BREAKER_FAILED, .now = APART + 1, .told = 5},
        {.kind = BREAKER_ANSWERED_PROBE, .now = APART + 1},
        {.kind = BREAKER_SERVED, .now = APART + 1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        sqlite3 *writer;

        assert_true(served(NAME, APART - 1) && told(NAME, APART, SECONDS));
        writer = busy_writer("BEGIN EXCLUSIVE");
        /* Only a failure is more than nothing where the row is not known. */
        assert_int_equal(breakers_change(&shared, NAME, &events[i], &why),
                         events[i].kind == BREAKER_FAILED);
        assert_int_equal(is_there(NOTE), events[i].kind == BREAKER_FAILED);
        sqlite3_close(writer);
        assert_true(is_told(APART + SECONDS - 1) && outage());
        assert_true(fails(NAME, APART + 2) && !is_there(NOTE) && is_told(APART + SECONDS - 1));
        assert_true(served(NAME, 2 * APART) && !is_told(2 * APART) && !outage());
    }
}

/* It has read the row and waits for whoever writes it; and then gives up. */
static void a_note_with_an_old_row_hides_nothing_of_the_new_one(void **state)
{
    struct breaker told_so = {0}, found;
    struct breaker_event event = {.kind = BREAKER_FAILED, .now = APART, .told = SECONDS};
    sqlite3 *writer;
    char sql[300];

    (void)state;
    assert_true(fails(NAME, APART - 1));
    breakers_read(&shared, NAME, &told_so);
    breaker_change(&told_so, &event);
    writer = busy_writer("BEGIN IMMEDIATE");
    snprintf(sql, sizeof sql,
             "UPDATE breaker SET failures = 7, told_until = %lld, opened_at = %lld; COMMIT",
             (long long)told_so.told_until, (long long)told_so.opened_at);
    assert_true(fails(NAME, APART) && is_there(NOTE));
    assert_int_equal(failures(NAME), 2);
    assert_int_equal(sqlite3_exec(writer, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(writer);
    assert_true(is_there(NOTE) && is_told(APART + SECONDS - 1));
    breakers_read(&shared, NAME, &found);
    assert_int_equal(found.failures, 7);
    breakers_show_outage(&shared, APART + SECONDS - 1);
    assert_true(outage());
    assert_true(fails(NAME, APART + 1) && !is_there(NOTE) && is_told(APART + SECONDS - 1));
}

/* The row of which it was made is the one that is there, whether it can be read now or not. */
static void a_note_goes_on_counting_while_its_row_cannot_be_read(void **state)
{
    sqlite3 *writer;

    (void)state;
    assert_true(fails(NAME, APART) && fails(NAME, 2 * APART) && outage());
    writer = busy_writer("BEGIN IMMEDIATE");
    assert_true(fails(NAME, 3 * APART) && is_there(NOTE));
    assert_int_equal(failures(NAME), 3);
    assert_int_equal(sqlite3_exec(writer, "ROLLBACK; BEGIN EXCLUSIVE", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(failures(NAME), 3);
    assert_true(served(NAME, 4 * APART) && is_there(NOTE));
    sqlite3_close(writer);
    assert_int_equal(failures(NAME), 0);
    breakers_show_outage(&shared, 4 * APART);
    assert_false(outage());
}

static void a_failure_is_the_second_though_the_first_cannot_be_read(void **state)
{
    sqlite3 *writer;

    (void)state;
    assert_true(fails(NAME, APART) && !outage());
    writer = busy_writer("BEGIN EXCLUSIVE");
    assert_true(fails(NAME, 2 * APART) && is_there(NOTE));
    sqlite3_close(writer);
    assert_int_equal(failures(NAME), 2);
    breakers_show_outage(&shared, 2 * APART);
    assert_true(outage());
    assert_true(fails(NAME, 3 * APART) && !is_there(NOTE));
    assert_int_equal(failures(NAME), 3);
}

static sqlite3 *latecomer;

/* The row has been read by now, and cannot be read any more. */
static int one_comes_before_it_writes(unsigned what, void *context, void *statement, void *text)
{
    (void)what, (void)context, (void)statement;
    if (!latecomer && strcmp(text, "BEGIN IMMEDIATE") == 0)
        latecomer = busy_writer("BEGIN EXCLUSIVE");
    return 0;
}

static void latecomers(bool come)
{
    sqlite3_trace_v2(store->db, come ? SQLITE_TRACE_STMT : 0,
                     come ? one_comes_before_it_writes : NULL, NULL);
}

static void whoever_is_left_goes(void)
{
    latecomers(false);
    assert_non_null(latecomer);
    sqlite3_close(latecomer);
    latecomer = NULL;
}

static void a_row_that_was_read_counts_when_it_can_be_read_no_more(void **state)
{
    (void)state;
    assert_true(fails(NAME, APART) && !outage());
    latecomers(true);
    assert_true(fails(NAME, 2 * APART) && is_there(NOTE) && outage());
    assert_int_equal(failures(NAME), 2);
    whoever_is_left_goes();
    assert_int_equal(failures(NAME), 2);
    breakers_show_outage(&shared, 2 * APART);
    assert_true(outage());
}

static void an_outage_ends_though_its_row_can_be_read_no_more(void **state)
{
    (void)state;
    assert_true(fails(NAME, APART) && fails(NAME, 2 * APART) && !is_there(NOTE) && outage());
    latecomers(true);
    assert_true(served(NAME, 3 * APART) && is_there(NOTE));
    whoever_is_left_goes();
    assert_int_equal(failures(NAME), 0);
    breakers_show_outage(&shared, 3 * APART);
    assert_false(outage());
}

/* As whoever has found it slow does; here there is none at all. */
static void without_a_store_notes_alone_are_read_and_changed(void **state)
{
    (void)state;
    assert_true(told(NAME, APART, SECONDS) && fails("known", APART));
    shared.without_store = true;
    shared.store = NULL;
    assert_int_equal(failures(NAME), 0);
    assert_true(fails("another", APART) && fails("another", 2 * APART) && fails(NAME, APART + 1));
    assert_true(served("known", APART) && !is_there("breaker-known"));
    assert_int_equal(failures("another"), 2);
    assert_int_equal(failures(NAME), 1);
    breakers_show_outage(&shared, APART);
    assert_true(outage());
    assert_true(served("another", 3 * APART));
    /* Of the others it knows nothing. */
    assert_true(outage());
    close(shared.runtime);
    shared.runtime = -1;
    assert_false(fails(NAME, APART + 2));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_true(begin_again());
    assert_true(is_told(APART + SECONDS - 1));
    assert_int_equal(failures("known"), 1);
    assert_true(served("another", 3 * APART) && served("known", APART + 2) && outage());
    assert_true(served(NAME, 2 * APART) && !outage());
}

/* Any breaker that may be; times are small, so that they meet often. */
static struct breaker any_breaker(void)
{
    return (struct breaker){
        .failures = (uint32_t)random() % 4,
        .silent = random() % 2,
        .answering = random() % 2,
        .wait_until = random() % 40,
        .told_until = random() % 3 ? random() % 40 : 0,
        .tried_at = random() % 40,
        .opened_at = random() % 20,
    };
}

static void of_a_note_and_another_row_than_its_own_the_worse_counts(void **state)
{
    const time_t now = 20;

    (void)state;
    srandom(1);
    for (int i = 0; i < 100000; i++) {
        struct breaker row = any_breaker(), over;
        struct breaker_note note = {any_breaker(), random() % 2,
                                    random() % 2 ? row : any_breaker()};

        over = breaker_note_over(&note, &row);
        if (note.row_known && breaker_equal(&note.row, &row)) {
            assert_true(breaker_equal(&over, &note.breaker));
            continue;
        }
        assert_true(breaker_told(&over, now) >= breaker_told(&row, now));
        assert_true(breaker_told(&over, now) >= breaker_told(&note.breaker, now));
        assert_true(breaker_state(&over, now) <= breaker_state(&row, now));
        assert_true(breaker_state(&over, now) <= breaker_state(&note.breaker, now));
        assert_true(over.opened_at >= row.opened_at && over.opened_at >= note.breaker.opened_at);
        assert_true(over.failures >= row.failures && over.failures >= note.breaker.failures);
        assert_true(breaker_is_outage(&over, now) ||
                    !(breaker_is_outage(&row, now) || breaker_is_outage(&note.breaker, now)));
    }
}

/* One of a crowd: fails, is served, is told, with a store that it finds busy at any time. */
static int come_and_tell(int who)
{
    bool tells = who % 4 == 0;

    if (!store_open(place.private, &shared.store, &why))
        return 1;
    shared.store->patience_ms = LONG_MS;
    for (int i = 0; i < 20; i++) {
        shared.waited_ms = i % 2 ? BREAKERS_WAIT_MS : BREAKERS_WAIT_MS - 20;
        shared.without_store = (who + i) % 5 == 4;
        if (!(tells && i == 10     ? told(NAME, APART, SECONDS)
              : (who + i) % 3 == 0 ? served(NAME, APART) || why.kind == ERROR_SYSTEM
                                   : fails(NAME, APART)))
            return 1;
        shared.without_store = false;
        shared.waited_ms = -LONG_MS;
        if (tells && i >= 10 && !is_told(APART + SECONDS - 1))
            return 2;
    }
    return 0;
}

static void in_a_crowd_nobody_forgets_what_one_was_told(void **state)
{
    enum { MANY = 12 };
    pid_t children[MANY];
    int status;

    (void)state;
    for (int i = 0; i < MANY; i++)
        if ((children[i] = fork()) == 0)
            _exit(come_and_tell(i));
    for (int i = 0; i < MANY; i++) {
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_true(is_told(APART + SECONDS - 1) && outage());
    assert_true(fails(NAME, APART) && !is_there(NOTE) && is_told(APART + SECONDS - 1));
}

static const struct CMUnitTest tests[] = {
    TEST(what_a_busy_store_does_not_take_is_noted_and_taken_later),
    TEST(all_calls_together_wait_for_a_busy_store_no_longer_than_once),
    TEST(a_store_that_cannot_be_read_loses_nothing_of_what_was_told),
    TEST(a_note_with_an_old_row_hides_nothing_of_the_new_one),
    TEST(a_note_goes_on_counting_while_its_row_cannot_be_read),
    TEST(a_failure_is_the_second_though_the_first_cannot_be_read),
    TEST(a_row_that_was_read_counts_when_it_can_be_read_no_more),
    TEST(an_outage_ends_though_its_row_can_be_read_no_more),
    TEST(without_a_store_notes_alone_are_read_and_changed),
    TEST(of_a_note_and_another_row_than_its_own_the_worse_counts),
    TEST(in_a_crowd_nobody_forgets_what_one_was_told),
};

int main(void)
{
    return check_main("breakers_busy", tests);
}
