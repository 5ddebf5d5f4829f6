/* SPDX-License-Identifier: MIT */
/* cache/attempts_checks.c: how often a password that is wrong here is checked elsewhere. */
#include "tests/attempts.h"

#define KINDS 2
#define HOUR  3600 /* as long as a wrong one stays known */

static unsigned reserved(struct attempts *attempts, uint32_t uid, enum attempt_kind kind)
{
    static uint32_t tag = 1000;
    unsigned count = 0;

    while (count < 100 && attempts_reserve_check(attempts, uid, kind, tag++))
        count++;
    return count;
}

static void guesses_from_afar_leave_the_console_its_checks(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_REMOTE), WRONG_CHECKS_MOST);
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_REMOTE), 0);
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_LOCAL), WRONG_CHECKS_MOST);
    assert_int_equal(reserved(attempts, BOB, ATTEMPT_REMOTE), WRONG_CHECKS_MOST);
    attempts_close(attempts);
}

static void what_is_returned_may_be_had_again(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    for (uint32_t i = 0; i < 20; i++) {
        assert_true(attempts_reserve_check(attempts, ADA, ATTEMPT_LOCAL, 1));
        assert_true(attempts_reserve_check(attempts, ADA, ATTEMPT_LOCAL, 1)); /* the same one */
        attempts_return_check(attempts, ADA, ATTEMPT_LOCAL);
        attempts_return_check(attempts, ADA, ATTEMPT_LOCAL);
    }
    assert_true(attempts_reserve_check(attempts, ADA, ATTEMPT_LOCAL, 1));
    attempts_return_check(attempts, ADA, ATTEMPT_REMOTE); /* not made */
    attempts_return_check(attempts, BOB, ATTEMPT_LOCAL);
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_LOCAL), WRONG_CHECKS_MOST - 1);
    attempts_close(attempts);
}

/* What should be so, written down plainly: every check that was made, and how it ended. */
struct made {
    uint32_t at, tag;
    enum attempt_kind kind;
    bool wrong;
};

static bool may_be_made(const struct made *made, size_t count, struct made asked)
{
    unsigned lately = 0;

    for (size_t i = 0; i < count; i++) {
        if (made[i].wrong && made[i].tag == asked.tag && asked.at - made[i].at <= HOUR)
            return false;
        lately += made[i].kind == asked.kind && asked.at - made[i].at <= WRONG_CHECKS_SECONDS;
    }
    return lately < WRONG_CHECKS_MOST;
}

static uint32_t latest(void)
{
    struct head head;
    int fd = openat(place.folder, "attempts", O_RDONLY | O_CLOEXEC);

    assert_int_equal(pread(fd, &head, sizeof head, 0), sizeof head);
    close(fd);
    return head.latest;
}

static void no_time_sees_more_checks_and_no_hour_the_same_one_twice(void **state)
{
    enum { ROUNDS = 20000 };
    static struct made made[ROUNDS];
    struct attempts *attempts = open_attempts();
    unsigned seed = 7;
    size_t count = 0;

    (void)state;
    for (size_t round = 0; round < ROUNDS; round++) {
        struct made asked = {.tag = (uint32_t)rand_r(&seed) % 60,
                             .kind = rand_r(&seed) % 2 ? ATTEMPT_REMOTE : ATTEMPT_LOCAL};
        int end = rand_r(&seed) % 16;
        bool granted;

        head_change(pass_time, (uint32_t)rand_r(&seed) % (round / 1000 % 2 ? 400 : 40));
        granted = attempts_reserve_check(attempts, ADA, asked.kind, asked.tag);
        asked.at = latest();
        assert_int_equal(granted, may_be_made(made, count, asked));
        asked.wrong = end > 1;
        if (!granted)
            continue;
        if (end == 0) {
            attempts_return_check(attempts, ADA, asked.kind);
            continue;
        }
        made[count++] = asked;
        if (asked.wrong)
            attempts_remember_wrong(attempts, ADA, asked.tag);
        if (end < 4) {
            attempts_close(attempts);
            attempts = open_attempts();
        }
    }
    assert_true(count > 1000);
    attempts_close(attempts);
}

static void a_check_under_way_is_not_made_twice(void **state)
{
    struct attempts *first = open_attempts(), *second = open_attempts();

    (void)state;
    assert_true(attempts_reserve_check(first, ADA, ATTEMPT_REMOTE, 7));
    assert_false(attempts_reserve_check(second, ADA, ATTEMPT_REMOTE, 7));
    assert_false(attempts_reserve_check(second, ADA, ATTEMPT_LOCAL, 7));
    assert_true(attempts_reserve_check(second, ADA, ATTEMPT_LOCAL, 8));
    /* The platform was not reached: the same one may be tried again. */
    attempts_close(first);
    assert_true(attempts_reserve_check(second, ADA, ATTEMPT_REMOTE, 7));
    attempts_remember_wrong(second, ADA, 7);
    attempts_close(second);
    second = open_attempts();
    assert_false(attempts_reserve_check(second, ADA, ATTEMPT_LOCAL, 7));
    head_change(pass_time, HOUR - 10);
    assert_false(attempts_reserve_check(second, ADA, ATTEMPT_LOCAL, 7));
    head_change(pass_time, 20);
    assert_true(attempts_reserve_check(second, ADA, ATTEMPT_LOCAL, 7));
    attempts_close(second);
}

static int die_with_check(const void *unused)
{
    (void)unused;
    if (attempts_reserve_check(open_attempts(), ADA, ATTEMPT_REMOTE, 7))
        kill(getpid(), SIGKILL);
    return 0;
}

static void a_check_whose_holder_died_counts_and_its_tag_is_let_go(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_false(in_child(die_with_check, NULL));
    assert_false(attempts_reserve_check(attempts, ADA, ATTEMPT_LOCAL, 7));
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_REMOTE), WRONG_CHECKS_MOST - 1);
    head_change(pass_time, 100);
    assert_true(attempts_reserve_check(attempts, ADA, ATTEMPT_LOCAL, 7));
    attempts_close(attempts);
}

static void checks_come_back_although_time_was_set_back(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    head_change(pass_time, 1000000);
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_LOCAL), WRONG_CHECKS_MOST);
    attempts_close(attempts);
    head_change(set_back, 100000);
    attempts = open_attempts();
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_LOCAL), 0);
    head_change(pass_time, WRONG_CHECKS_SECONDS + 1);
    assert_int_equal(reserved(attempts, ADA, ATTEMPT_LOCAL), WRONG_CHECKS_MOST);
    attempts_close(attempts);
}

#define RACES  1000u
#define RACERS 4u

struct race {
    _Atomic unsigned arrived;
    _Atomic unsigned same[RACES], other[RACES];
};

static void meet(struct race *race, unsigned times)
{
    atomic_fetch_add(&race->arrived, 1);
    while (atomic_load(&race->arrived) < times * RACERS)
        sched_yield();
}

/* All racers reserve at the same moment: the same tag, then each its own. */
static void run(struct race *race, uint32_t racer)
{
    struct attempts *attempts = open_attempts();

    for (uint32_t i = 0; i < RACES; i++) {
        meet(race, 2 * i + 1);
        if (attempts_reserve_check(attempts, ADA + 2 * i, racer % KINDS, 7))
            atomic_fetch_add(&race->same[i], 1);
        meet(race, 2 * i + 2);
        for (uint32_t tries = 0; tries < WRONG_CHECKS_MOST; tries++)
            if (attempts_reserve_check(attempts, BOB + 2 * i, ATTEMPT_LOCAL, racer * 100 + tries))
                atomic_fetch_add(&race->other[i], 1);
    }
    _exit(0);
}

static void racers_reserve_one_of_a_tag_and_never_too_many(void **state)
{
    struct race *race =
        mmap(NULL, sizeof *race, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[RACERS];
    unsigned all = 0;

    (void)state;
    for (uint32_t i = 0; i < RACERS; i++)
        if ((children[i] = fork()) == 0)
            run(race, i);
    for (uint32_t i = 0; i < RACERS; i++)
        waitpid(children[i], NULL, 0);
    for (uint32_t i = 0; i < RACES; i++) {
        assert_true(race->same[i] <= 1);
        assert_int_equal(race->other[i], WRONG_CHECKS_MOST);
        all += race->same[i];
    }
    assert_true(all > 0);
    munmap(race, sizeof *race);
}

static const struct CMUnitTest tests[] = {
    TEST(guesses_from_afar_leave_the_console_its_checks),
    TEST(what_is_returned_may_be_had_again),
    TEST(no_time_sees_more_checks_and_no_hour_the_same_one_twice),
    TEST(a_check_under_way_is_not_made_twice),
    TEST(a_check_whose_holder_died_counts_and_its_tag_is_let_go),
    TEST(checks_come_back_although_time_was_set_back),
    TEST(racers_reserve_one_of_a_tag_and_never_too_many),
};

int main(void)
{
    return check_main("attempts_checks", tests);
}
