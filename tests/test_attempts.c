/* SPDX-License-Identifier: MIT */
/* cache/attempts.c: how often secrets may be tried. */
#include "tests/attempts.h"

static bool take(struct attempts *attempts, uint32_t uid, enum attempt_kind kind)
{
    struct deadline deadline = deadline_in_ms(0);
    struct error why = {0};
    bool taken = attempts_take(attempts, uid, kind, &deadline, &why);

    assert_int_equal(why.kind, taken ? ERROR_NONE : ERROR_REFUSED);
    return taken;
}

/* How many wrong guesses are possible right now. */
static unsigned guesses(struct attempts *attempts, uint32_t uid, enum attempt_kind kind)
{
    unsigned count = 0;

    while (count < 1000 && take(attempts, uid, kind))
        count++;
    return count;
}

static void ten_guesses_per_person_and_kind(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_REMOTE), ATTEMPTS_MOST);
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_REMOTE), 0);
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), ATTEMPTS_MOST);
    assert_int_equal(guesses(attempts, BOB, ATTEMPT_REMOTE), ATTEMPTS_MOST);
    assert_int_equal(guesses(attempts, ATTEMPTS_OF_STRANGERS, ATTEMPT_REMOTE), ATTEMPTS_MOST);
    assert_int_equal(guesses(attempts, ATTEMPTS_OF_STRANGERS, ATTEMPT_REMOTE), 0);
    attempts_close(attempts);
}

static void one_more_every_five_minutes_and_never_more_than_ten(void **state)
{
    static const struct {
        uint32_t seconds;
        unsigned more;
    } steps[] = {{250, 0}, {100, 1}, {300, 1}, {200, 0}, {60, 1}, {3000, 10}, {100000, 10}, {0, 0}};
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), ATTEMPTS_MOST);
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        head_change(pass_time, steps[i].seconds);
        assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), steps[i].more);
    }
    attempts_close(attempts);
}

static void right_secrets_cost_nothing_and_come_back_once(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(take(attempts, ADA, ATTEMPT_LOCAL));
        attempts_give_back(attempts);
    }
    assert_true(take(attempts, ADA, ATTEMPT_LOCAL)); /* spent by the next one */
    assert_true(take(attempts, ADA, ATTEMPT_LOCAL));
    attempts_give_back(attempts);
    attempts_give_back(attempts);
    attempts_give_back(attempts);
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), ATTEMPTS_MOST - 1);
    attempts_close(attempts);
}

static void what_is_spent_stays_spent_over_closing_and_reboots(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    for (int i = 0; i < 7; i++)
        assert_true(take(attempts, ADA, ATTEMPT_LOCAL));
    attempts_close(attempts);
    for (uint32_t i = 1; i < 20; i++) {
        /* The clock of the new boot is lower than what was stored before: no refill of it. */
        head_change(reboot, i);
        attempts = open_attempts();
        assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), i == 1 ? 3 : 0);
        attempts_close(attempts);
    }
}

static void an_empty_bucket_refills_although_time_was_set_back(void **state)
{
    (void)state;
    for (uint32_t uid = ADA; uid <= BOB; uid += BOB - ADA) {
        struct attempts *attempts = open_attempts();

        head_change(pass_time, 1000000);
        assert_int_equal(guesses(attempts, uid, ATTEMPT_LOCAL), ATTEMPTS_MOST);
        if (uid == BOB) /* who opens it anew finds out, and time goes on */
            attempts_close(attempts);
        head_change(set_back, 100000);
        if (uid == BOB)
            attempts = open_attempts();
        assert_int_equal(guesses(attempts, uid, ATTEMPT_LOCAL), 0);
        head_change(pass_time, ATTEMPTS_REFILL_SECONDS);
        assert_int_equal(guesses(attempts, uid, ATTEMPT_LOCAL), 1);
        head_change(pass_time, 2 * ATTEMPTS_REFILL_SECONDS);
        assert_int_equal(guesses(attempts, uid, ATTEMPT_LOCAL), 2);
        attempts_close(attempts);
    }
}

static int die_with_lease(const void *kind)
{
    struct attempts *attempts = open_attempts();

    if (!take(attempts, ADA, ATTEMPT_LOCAL))
        return 1;
    if (kind)
        kill(getpid(), SIGKILL);
    return 0;
}

static void a_lease_whose_holder_died_counts(void **state)
{
    struct attempts *attempts = open_attempts();
    struct deadline soon = deadline_in_ms(20);
    struct error why = {0};

    (void)state;
    for (int i = 0; i < 4; i++)
        assert_false(in_child(die_with_lease, ""));
    for (int i = 0; i < 4; i++)
        assert_true(in_child(die_with_lease, NULL));
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), 2);
    /* For a while they may be alive, so one waits; later they are known to be dead. */
    assert_false(attempts_take(attempts, ADA, ATTEMPT_LOCAL, &soon, &why));
    assert_int_equal(deadline_left_ms(&soon), 0);
    head_change(pass_time, 100);
    soon = deadline_in_ms(3600000);
    assert_false(attempts_take(attempts, ADA, ATTEMPT_LOCAL, &soon, &why));
    assert_true(deadline_left_ms(&soon) > 0);
    attempts_close(attempts);
}

static int right_once(void)
{
    struct deadline deadline = deadline_in_ms(60000);
    struct attempts *attempts = open_attempts();
    struct error why;

    if (!attempts_take(attempts, ADA, ATTEMPT_REMOTE, &deadline, &why))
        return 1;
    sched_yield();
    attempts_give_back(attempts);
    attempts_close(attempts);
    return 0;
}

static void fifty_right_ones_at_once_all_get_in(void **state)
{
    struct attempts *attempts = open_attempts();
    pid_t children[50];
    int status, good = 0;

    (void)state;
    /* Nine are gone: all of them have to share the last one. */
    for (int i = 0; i < ATTEMPTS_MOST - 1; i++)
        assert_true(take(attempts, ADA, ATTEMPT_REMOTE));
    attempts_close(attempts);
    for (int i = 0; i < 50; i++)
        if ((children[i] = fork()) == 0)
            _exit(right_once());
    for (int i = 0; i < 50; i++) {
        waitpid(children[i], &status, 0);
        good += WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    assert_int_equal(good, 50);
    attempts = open_attempts();
    assert_int_equal(guesses(attempts, ADA, ATTEMPT_REMOTE), 1);
    attempts_close(attempts);
}

/* Guesses wildly: mostly wrong, sometimes right, sometimes dead in between. */
static void guess(_Atomic unsigned *evaluated, unsigned seed)
{
    struct deadline deadline = deadline_in_ms(0);
    struct error why;

    for (int i = 0; i < 200; i++) {
        struct attempts *attempts = open_attempts();

        if (attempts_take(attempts, ADA, ATTEMPT_REMOTE, &deadline, &why)) {
            unsigned choice = (unsigned)rand_r(&seed) % 8;

            if (choice == 0) {
                attempts_give_back(attempts);
            } else {
                atomic_fetch_add(evaluated, 1);
                if (choice < 4)
                    kill(getpid(), SIGKILL);
            }
        }
        attempts_close(attempts);
    }
    _exit(0);
}

static void a_crowd_of_guessers_evaluates_what_the_bucket_holds(void **state)
{
    _Atomic unsigned *evaluated =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    unsigned allowed = ATTEMPTS_MOST;
    pid_t children[60];

    (void)state;
    for (unsigned round = 0; round < 8; round++) {
        for (unsigned i = 0; i < 60; i++)
            if ((children[i] = fork()) == 0)
                guess(evaluated, round * 100 + i);
        if (round % 3 == 2) {
            head_change(pass_time, 2 * ATTEMPTS_REFILL_SECONDS);
            allowed += 2;
        }
        for (unsigned i = 0; i < 60; i++)
            waitpid(children[i], NULL, 0);
        assert_true(atomic_load(evaluated) <= allowed);
    }
    assert_true(atomic_load(evaluated) >= ATTEMPTS_MOST);
    munmap(evaluated, 4096);
}

#define RACES  2000u
#define RACERS 4u

/* All racers reach for the bucket of the same person at the same moment, again and again. */
static void race(_Atomic unsigned *arrived, _Atomic unsigned *taken)
{
    struct attempts *attempts = open_attempts();

    for (uint32_t i = 0; i < RACES; i++) {
        atomic_fetch_add(arrived, 1);
        while (atomic_load(arrived) < (i + 1) * RACERS)
            sched_yield();
        for (int tries = 0; tries < ATTEMPTS_MOST; tries++) {
            struct deadline deadline = deadline_in_ms(0);
            struct error why;

            if (attempts_take(attempts, ADA + i, ATTEMPT_LOCAL, &deadline, &why))
                atomic_fetch_add(&taken[i], 1);
        }
    }
    _exit(0);
}

static void racers_get_exactly_what_the_bucket_holds(void **state)
{
    _Atomic unsigned *shared = mmap(NULL, (RACES + 1) * sizeof *shared, PROT_READ | PROT_WRITE,
                                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[RACERS];

    (void)state;
    for (unsigned i = 0; i < RACERS; i++)
        if ((children[i] = fork()) == 0)
            race(&shared[0], &shared[1]);
    for (unsigned i = 0; i < RACERS; i++)
        waitpid(children[i], NULL, 0);
    for (uint32_t i = 0; i < RACES; i++)
        assert_int_equal(shared[1 + i], ATTEMPTS_MOST);
    munmap(shared, (RACES + 1) * sizeof *shared);
}

static void crowds_share_rather_than_get_more(void **state)
{
    enum { PEOPLE = 40000, SLOTS_OF_PEOPLE = 4094, ALONE = 400 };
    struct attempts *attempts = open_attempts();
    unsigned all = 0;

    (void)state;
    for (uint32_t i = 0; i < PEOPLE; i++) {
        unsigned own = guesses(attempts, ID_LEAST + i * 977, ATTEMPT_LOCAL);

        assert_true(own <= ATTEMPTS_MOST);
        if (i < ALONE)
            assert_int_equal(own, ATTEMPTS_MOST);
        all += own;
    }
    assert_int_equal(all, SLOTS_OF_PEOPLE * ATTEMPTS_MOST);
    for (uint32_t i = 0; i < PEOPLE; i++)
        assert_false(take(attempts, ID_LEAST + i * 977, ATTEMPT_LOCAL));
    assert_int_equal(guesses(attempts, ATTEMPTS_OF_STRANGERS, ATTEMPT_LOCAL), ATTEMPTS_MOST);
    /* Who has to share does so with the same people each time. */
    head_change(pass_time, ATTEMPTS_MOST * ATTEMPTS_REFILL_SECONDS);
    for (uint32_t i = PEOPLE - 100; i < PEOPLE; i++)
        assert_true(guesses(attempts, ID_LEAST + i * 977, ATTEMPT_LOCAL) <= ATTEMPTS_MOST);
    attempts_close(attempts);
}

static const struct CMUnitTest tests[] = {
    TEST(ten_guesses_per_person_and_kind),
    TEST(one_more_every_five_minutes_and_never_more_than_ten),
    TEST(right_secrets_cost_nothing_and_come_back_once),
    TEST(what_is_spent_stays_spent_over_closing_and_reboots),
    TEST(an_empty_bucket_refills_although_time_was_set_back),
    TEST(a_lease_whose_holder_died_counts),
    TEST(fifty_right_ones_at_once_all_get_in),
    TEST(a_crowd_of_guessers_evaluates_what_the_bucket_holds),
    TEST(racers_get_exactly_what_the_bucket_holds),
    TEST(crowds_share_rather_than_get_more),
};

int main(void)
{
    return check_main("attempts", tests);
}
