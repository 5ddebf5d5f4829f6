/* SPDX-License-Identifier: MIT */
/* cache/breakers.c: the file that says "outage", whoever changes breakers meanwhile. */
#include "base/clock.h"
#include "tests/breakers.h"

#include <signal.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

static void the_file_is_there_exactly_during_an_outage(void **state)
{
    struct breaker_event probed = {.kind = BREAKER_ANSWERED_PROBE, .now = 4 * APART};
    struct stat status;

    (void)state;
    assert_true(fails("a", APART) && !outage());
    assert_true(fails("a", 2 * APART) && outage());
    assert_int_equal(fstatat(shared.runtime, BREAKERS_OUTAGE_FILE, &status, 0), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(status.st_size, 0);
    assert_true(fails("b", 2 * APART) && fails("b", 3 * APART) && outage());
    assert_true(served("a", 4 * APART) && outage());
    assert_true(breakers_change(&shared, "b", &probed, &why) && !outage());
    assert_true(fails("b", 5 * APART) && outage());
    assert_true(served("b", 6 * APART) && !outage());
    /* Told to wait: until then, by time alone. */
    assert_true(told("a", 7 * APART, 60) && outage());
    assert_true(served("b", 7 * APART + 30) && outage());
    assert_true(served("a", 7 * APART + 300) && !outage());
}

/* By whoever was killed before it got to it, or a start of the machine. */
static void a_file_that_is_wrong_is_put_right(void **state)
{
    (void)state;
    assert_true(fails("a", APART) && fails("a", 2 * APART) && outage());
    assert_int_equal(unlinkat(shared.runtime, BREAKERS_OUTAGE_FILE, 0), 0);
    breakers_show_outage(&shared, 2 * APART);
    assert_true(outage());
    run_sql("DELETE FROM breaker");
    assert_true(served("b", 3 * APART) && !outage());
    assert_true(told("a", 4 * APART, 60) && outage());
    breakers_show_outage(&shared, 5 * APART);
    assert_false(outage());
}

static void a_store_that_cannot_be_read_ends_no_outage(void **state)
{
    (void)state;
    assert_true(fails("a", APART) && fails("a", 2 * APART) && outage());
    run_sql("ALTER TABLE breaker RENAME TO lost");
    breakers_show_outage(&shared, 2 * APART);
    assert_true(outage());
    run_sql("ALTER TABLE lost RENAME TO breaker");
}

/*
 * Whoever takes the file away looks again afterwards. Who could not wait for the store knows of no
 * more than one failure, perhaps: the next one who looks sees that they are two.
 */
static bool outage_comes(bool waited, time_t now)
{
    struct deadline deadline = deadline_in_ms(60000);

    if (!waited) {
        shared.waited_ms = -LONG_MS;
        breakers_show_outage(&shared, now);
        shared.waited_ms = BREAKERS_WAIT_MS;
    }
    while (!outage() && deadline_left_ms(&deadline) > 0)
        sched_yield();
    return outage();
}

static bool is_well(const char *name, time_t now)
{
    if (served(name, now))
        return true;
    shared.waited_ms = -LONG_MS; /* it could not look at the row */
    return served(name, now);
}

/*
 * Each of some processes makes an outage of its own and ends it, over and over. Some do not wait
 * for the store, and leave notes.
 */
static int come_and_go(int who, int rounds, bool ends_well)
{
    char name[32];

    snprintf(name, sizeof name, "number %d", who);
    for (int i = 1; i <= rounds; i++) {
        /* Each time as another sign-in, with all the patience of one. */
        if (!store_open(place.private, &shared.store, &why))
            return 1;
        shared.waited_ms = (who + i) % 3 == 0 ? BREAKERS_WAIT_MS : -LONG_MS;
        if (!fails(name, i * 10L * APART) || !fails(name, (i * 10L + 1) * APART) ||
            !outage_comes((who + i) % 3 != 0, (i * 10L + 1) * APART) ||
            ((i < rounds || ends_well) && !is_well(name, (i * 10L + 2) * APART)))
            return 1;
        store_close(shared.store);
    }
    return 0;
}

static void outages_of_many_leave_the_file_as_it_must_be(void **state)
{
    enum { MANY = 6 };
    pid_t children[MANY];
    char name[32];
    int status;

    (void)state;
    for (int round = 0; round < 6; round++) {
        bool all_end_well = round % 2;

        for (int i = 0; i < MANY; i++)
            if ((children[i] = fork()) == 0)
                _exit(come_and_go(i, 10, all_end_well || i != round));
        for (int i = 0; i < MANY; i++) {
            waitpid(children[i], &status, 0);
            assert_int_equal(status, 0);
        }
        assert_true(all_end_well || outage());
        /* As the timer does: who could not look at the store has left the file there. */
        breakers_show_outage(&shared, APART);
        assert_int_equal(outage(), !all_end_well);
        for (int i = 0; i < MANY; i++) {
            snprintf(name, sizeof name, "number %d", i);
            assert_true(served(name, 1000 * APART));
        }
        assert_false(outage());
    }
}

/* Lets the child run until it asks the kernel for this; false when it ended without. */
static bool stops_before(pid_t child, uint64_t number, uint64_t flags)
{
    struct __ptrace_syscall_info info;
    int status;

    while (ptrace(PTRACE_SYSCALL, child, NULL, NULL) == 0 && waitpid(child, &status, 0) == child &&
           WIFSTOPPED(status))
        if (ptrace(PTRACE_GET_SYSCALL_INFO, child, sizeof info, &info) > 0 &&
            info.op == PTRACE_SYSCALL_INFO_ENTRY && info.entry.nr == number &&
            (info.entry.args[2] & flags) == flags)
            return true;
    return false;
}

static pid_t traced(int (*body)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (!store_open(place.private, &shared.store, &why) ||
            ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0 || raise(SIGSTOP) != 0)
            _exit(CHILD_MAY_NOT);
        _exit(body());
    }
    waitpid(child, &status, 0);
    if (!WIFSTOPPED(status))
        skip();
    assert_int_equal(ptrace(PTRACE_SETOPTIONS, child, NULL, PTRACE_O_TRACESYSGOOD), 0);
    return child;
}

static int is_served(void)
{
    return !served("a", 3 * APART);
}

static int fails_again(void)
{
    return !fails("a", 3 * APART);
}

/* It has looked and found that nothing is out; then something is. */
static void a_file_taken_away_too_late_comes_back(void **state)
{
    pid_t child;
    int status;

    (void)state;
    assert_true(fails("a", APART) && fails("a", 2 * APART) && outage());
    child = traced(is_served);
    assert_true(stops_before(child, SYS_unlinkat, 0));
    assert_true(fails("b", APART) && fails("b", 2 * APART) && outage());
    assert_int_equal(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_true(outage());
}

static void a_file_made_too_late_goes_again(void **state)
{
    pid_t child;
    int status;

    (void)state;
    assert_true(fails("a", 2 * APART) && !outage());
    child = traced(fails_again);
    assert_true(stops_before(child, SYS_openat, O_CREAT | O_EXCL));
    assert_true(served("a", 4 * APART) && !outage());
    assert_int_equal(ptrace(PTRACE_DETACH, child, NULL, NULL), 0);
    waitpid(child, &status, 0);
    assert_int_equal(status, 0);
    assert_false(outage());
}

static const struct CMUnitTest tests[] = {
    TEST(the_file_is_there_exactly_during_an_outage),
    TEST(a_file_that_is_wrong_is_put_right),
    TEST(a_store_that_cannot_be_read_ends_no_outage),
    TEST(outages_of_many_leave_the_file_as_it_must_be),
    TEST(a_file_taken_away_too_late_comes_back),
    TEST(a_file_made_too_late_goes_again),
};

int main(void)
{
    return check_main("outage_file", tests);
}
