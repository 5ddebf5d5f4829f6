/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand guesses by a hundred processes that are killed at any moment, and crowds that are
 * right: whatever happens, no more guesses are evaluated than the buckets allow for the time that the
 * machine was up. That time is ours (base/clock.h), and so are its starts.
 *
 *     guesses [SEED]
 */
#include "base/clock.h"
#include "cache/boot.h"
#include "tests/attempts.h"

#include <signal.h>
#include <stdlib.h>

#define GUESSES   10000u
#define WAVES     20u
#define GUESSERS  100
#define CROWD     50
#define KINDS     2
#define WAIT_MS   60000 /* real time; only a test that fails waits so long */
#define MOST_MS   30000 /* by which the time moves with a guess */
#define REFILL_MS (ATTEMPTS_REFILL_SECONDS * INT64_C(1000))

static struct world {
    _Atomic int64_t ahead_ms; /* of the time of this test */
    _Atomic uint32_t start;   /* of the machine */
    _Atomic unsigned tries, spent[KINDS], evaluated[KINDS], admitted, refused, died;
} * world;

static unsigned seed = 1;

uint32_t boot_tag(void)
{
    return atomic_load(&world->start);
}

static int64_t real_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_ms(void)
{
    return real_ms() + atomic_load(&world->ahead_ms);
}

/* Waiting goes by real time: what others do takes that. */
struct deadline deadline_in_ms(int64_t ms)
{
    return (struct deadline){real_ms() + ms};
}

int deadline_left_ms(const struct deadline *deadline)
{
    int64_t left = deadline->at_ms - real_ms();

    return left > 0 ? (int)left : 0;
}

static int begin_world(void **state)
{
    world = mmap(NULL, sizeof *world, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    assert_true(world != MAP_FAILED);
    atomic_store(&world->start, 1);
    return begin(state);
}

static int end_world(void **state)
{
    munmap(world, sizeof *world);
    return end(state);
}

/* As many as can be taken now, and spent. */
static unsigned left_of(enum attempt_kind kind)
{
    struct attempts *attempts = open_attempts();
    struct deadline now = deadline_in_ms(0);
    struct error why;
    unsigned count = 0;

    while (attempts_take(attempts, ADA, kind, &now, &why))
        count++;
    attempts_close(attempts);
    return count;
}

/* One helper: a lease, the check of the secret, the end; or death in between. */
static void guess(unsigned *random)
{
    struct attempts *attempts = open_attempts();
    struct deadline now = deadline_in_ms(0);
    enum attempt_kind kind = rand_r(random) % 2 ? ATTEMPT_REMOTE : ATTEMPT_LOCAL;
    bool right = rand_r(random) % 8 == 0;
    struct error why;

    if (attempts_take(attempts, ADA, kind, &now, &why)) {
        bool dies = rand_r(random) % 2;

        if (dies || !right)
            atomic_fetch_add(&world->spent[kind], 1);
        if (dies)
            kill(getpid(), SIGKILL);
        if (right)
            attempts_give_back(attempts);
        else
            atomic_fetch_add(&world->evaluated[kind], 1);
        if (rand_r(random) % 8 == 0)
            kill(getpid(), SIGKILL);
    }
    attempts_close(attempts);
}

static pid_t guesser(unsigned goal)
{
    unsigned random = seed += 7919;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child)
        return child;
    while (atomic_fetch_add(&world->tries, 1) < goal) {
        usleep(rand_r(&random) % 4000);
        atomic_fetch_add(&world->ahead_ms, rand_r(&random) % MOST_MS);
        guess(&random);
    }
    _exit(0);
}

/* Replaces who has died. False: everybody has come to an end. */
static bool tend(pid_t guessers[GUESSERS], unsigned goal)
{
    bool any = false;

    for (int i = 0; i < GUESSERS; i++) {
        int status;

        if (!guessers[i])
            continue;
        any = true;
        if (waitpid(guessers[i], &status, WNOHANG) != guessers[i])
            continue;
        guessers[i] = 0;
        if (WIFSIGNALED(status)) {
            assert_int_equal(WTERMSIG(status), SIGKILL);
            atomic_fetch_add(&world->died, 1);
            guessers[i] = guesser(goal);
        }
    }
    return any;
}

/* Guesses up to `goal`, while time goes on and guessers are killed from outside as well. */
static int64_t guess_on(unsigned goal)
{
    pid_t guessers[GUESSERS];
    int64_t began = clock_ms();

    for (int i = 0; i < GUESSERS; i++)
        guessers[i] = guesser(goal);
    while (tend(guessers, goal)) {
        int victim = rand_r(&seed) % GUESSERS;

        if (guessers[victim])
            kill(guessers[victim], SIGKILL);
        usleep(500);
    }
    return clock_ms() - began;
}

static void restart_machine(void)
{
    atomic_fetch_add(&world->start, 1);
    atomic_fetch_sub(&world->ahead_ms, clock_ms() - 5000);
}

static void killed_guessers_gain_nothing(void **state)
{
    int64_t up_ms = 0;
    unsigned allowed;

    (void)state;
    for (unsigned wave = 1; wave <= WAVES; wave++) {
        up_ms += guess_on(GUESSES / WAVES * wave);
        if (wave % 4 == 0) {
            restart_machine();
            up_ms += 5000;
        }
        allowed = ATTEMPTS_MOST + (unsigned)(up_ms / REFILL_MS);
        for (int kind = 0; kind < KINDS; kind++)
            assert_in_range(atomic_load(&world->spent[kind]), ATTEMPTS_MOST, allowed);
    }
    print_message("%u tries in %lld s of uptime: of %u and %u leases %u and %u evaluated, "
                  "%u allowed, %u killed\n",
                  atomic_load(&world->tries), (long long)up_ms / 1000,
                  atomic_load(&world->spent[0]), atomic_load(&world->spent[1]),
                  atomic_load(&world->evaluated[0]), atomic_load(&world->evaluated[1]), allowed,
                  atomic_load(&world->died));
    assert_true(atomic_load(&world->tries) >= GUESSES && atomic_load(&world->died) >= GUESSERS);
    /* And nobody is locked out for good. (What was left goes first: a start counts from its first use.) */
    (void)left_of(ATTEMPT_LOCAL);
    (void)left_of(ATTEMPT_REMOTE);
    atomic_fetch_add(&world->ahead_ms, ATTEMPTS_MOST * REFILL_MS);
    assert_int_equal(left_of(ATTEMPT_LOCAL), ATTEMPTS_MOST);
    assert_int_equal(left_of(ATTEMPT_REMOTE), ATTEMPTS_MOST);
}

static void crowd(bool right)
{
    for (int i = 0; i < CROWD; i++) {
        if (fork() == 0) {
            struct attempts *attempts = open_attempts();
            struct deadline patience = deadline_in_ms(WAIT_MS);
            struct error why;

            if (attempts_take(attempts, ADA, ATTEMPT_LOCAL, &patience, &why)) {
                usleep(20000); /* as a key derivation takes its time */
                atomic_fetch_add(&world->admitted, 1);
                if (right)
                    attempts_give_back(attempts);
            } else {
                atomic_fetch_add(&world->refused, 1);
            }
            attempts_close(attempts);
            _exit(0);
        }
    }
    for (int i = 0; i < CROWD; i++)
        assert_true(wait(NULL) > 0);
}

static void fifty_who_are_right_all_get_in(void **state)
{
    (void)state;
    crowd(true);
    assert_int_equal(atomic_load(&world->admitted), CROWD);
    assert_int_equal(atomic_load(&world->refused), 0);
    assert_int_equal(left_of(ATTEMPT_LOCAL), ATTEMPTS_MOST);
}

static void fifty_who_are_wrong_use_up_the_bucket_and_no_more(void **state)
{
    (void)state;
    crowd(false);
    assert_int_equal(atomic_load(&world->admitted), ATTEMPTS_MOST);
    assert_int_equal(atomic_load(&world->refused), CROWD - ATTEMPTS_MOST);
    assert_int_equal(left_of(ATTEMPT_LOCAL), 0);
    assert_int_equal(left_of(ATTEMPT_REMOTE), ATTEMPTS_MOST);
}

static void guesses_from_elsewhere_leave_the_console_alone(void **state)
{
    (void)state;
    for (int i = 0; i < CROWD; i++)
        (void)left_of(ATTEMPT_REMOTE);
    crowd(true);
    assert_int_equal(atomic_load(&world->admitted), CROWD);
    assert_int_equal(left_of(ATTEMPT_LOCAL), ATTEMPTS_MOST);
}

static void a_lease_of_the_dead_is_spent(void **state)
{
    (void)state;
    for (int i = 0; i < ATTEMPTS_MOST; i++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            struct attempts *attempts = open_attempts();
            struct deadline now = deadline_in_ms(0);
            struct error why;

            if (attempts_take(attempts, ADA, ATTEMPT_LOCAL, &now, &why))
                kill(getpid(), SIGKILL);
            _exit(0);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
    }
    assert_int_equal(left_of(ATTEMPT_LOCAL), 0);
    atomic_fetch_add(&world->ahead_ms, REFILL_MS);
    assert_int_equal(left_of(ATTEMPT_LOCAL), 1);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, begin_world, end_world)

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        CASE(killed_guessers_gain_nothing),
        CASE(fifty_who_are_right_all_get_in),
        CASE(fifty_who_are_wrong_use_up_the_bucket_and_no_more),
        CASE(guesses_from_elsewhere_leave_the_console_alone),
        CASE(a_lease_of_the_dead_is_spent),
    };

    if (count > 1)
        seed = (unsigned)strtoul(arguments[1], NULL, 10);
    print_message("seed %u\n", seed);
    return check_main("guesses", tests);
}
