/* cache/attempts.c: how often secrets may be tried. */
#include "cache/attempts.h"
#include "tests/place.h"

#include <stdatomic.h>
#include <sys/mman.h>

#define ADA 0x70000001u
#define BOB 0x70000002u

/* The head of the file: how the tests move time and change the boot. */
struct head {
    char magic[8];
    uint32_t boot, base, latest;
};

static struct place place;

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

static struct attempts *open_attempts(void)
{
    struct attempts *attempts = NULL;
    struct error why = {0};

    if (!attempts_open(place.folder, &attempts, &why))
        fail_msg("%s", why.text);
    return attempts;
}

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

static void head_change(void (*change)(struct head *, uint32_t), uint32_t by)
{
    int fd = openat(place.folder, "attempts", O_RDWR | O_CLOEXEC);
    struct head *head = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

    assert_true(head != MAP_FAILED);
    change(head, by);
    munmap(head, 4096);
    close(fd);
}

static void pass_time(struct head *head, uint32_t seconds)
{
    head->base += seconds;
}

static void reboot(struct head *head, uint32_t by)
{
    head->boot += by;
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
        if (i == 1)
            assert_int_equal(guesses(attempts, ADA, ATTEMPT_LOCAL), 3);
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

#define RACES  4000u
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

static void wrong_passwords_are_checked_seldom_and_never_twice(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_true(attempts_reserve_check(attempts, ADA, 1));
    attempts_remember_wrong(attempts, ADA, 1);
    assert_false(attempts_reserve_check(attempts, ADA, 1));
    assert_true(attempts_reserve_check(attempts, BOB, 1));
    assert_true(attempts_reserve_check(attempts, ADA, 2));
    attempts_return_check(attempts, ADA);
    assert_true(attempts_reserve_check(attempts, ADA, 2));
    assert_true(attempts_reserve_check(attempts, ADA, 0));
    assert_false(attempts_reserve_check(attempts, ADA, 4));
    head_change(pass_time, WRONG_CHECKS_SECONDS / 2);
    assert_false(attempts_reserve_check(attempts, ADA, 4));
    head_change(pass_time, WRONG_CHECKS_SECONDS);
    assert_false(attempts_reserve_check(attempts, ADA, 1)); /* still known */
    for (uint32_t i = 10; i < 10 + WRONG_CHECKS_MOST; i++)
        assert_true(attempts_reserve_check(attempts, ADA, i));
    assert_false(attempts_reserve_check(attempts, ADA, 20));
    attempts_close(attempts);
}

static void the_last_wrong_passwords_are_remembered(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    for (uint32_t tag = 1; tag <= 9; tag++) {
        attempts_remember_wrong(attempts, ADA, tag);
        head_change(pass_time, 1);
    }
    for (uint32_t tag = 6; tag <= 9; tag++)
        assert_false(attempts_reserve_check(attempts, ADA, tag));
    attempts_close(attempts);
}

static void crowds_share_rather_than_get_more(void **state)
{
    struct attempts *attempts = open_attempts();
    unsigned refused = 0;

    (void)state;
    /* More people than slots: nobody ever gets a second bucket, and nothing breaks. */
    for (uint32_t i = 0; i < 40000; i++)
        refused += !take(attempts, ID_LEAST + i * 977, ATTEMPT_LOCAL);
    assert_true(refused < 40000);
    assert_true(guesses(attempts, ID_LEAST, ATTEMPT_LOCAL) < ATTEMPTS_MOST);
    attempts_close(attempts);
}

static void only_a_whole_file_of_ours_is_mapped(void **state)
{
    struct attempts *attempts = open_attempts();
    OWNED(free_memory) char *bytes = NULL;
    struct error why = {0};
    struct stat status;
    size_t length;

    (void)state;
    attempts_close(attempts);
    attempts = NULL;
    assert_int_equal(fstatat(place.folder, "attempts", &status, 0), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_true(status.st_blocks * 512 >= status.st_size); /* no hole to meet a full disk in */
    bytes = place_bytes(&place, "attempts", &length);
    place_write(&place, "attempts", bytes, length - 1, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    place_write(&place, "attempts", bytes, 0, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    place_write(&place, "attempts", bytes, length, 0644);
    assert_false(attempts_open(place.folder, &attempts, &why));
    bytes[0] ^= 1;
    place_write(&place, "attempts", bytes, length, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_null(attempts);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(ten_guesses_per_person_and_kind),
    TEST(one_more_every_five_minutes_and_never_more_than_ten),
    TEST(right_secrets_cost_nothing_and_come_back_once),
    TEST(what_is_spent_stays_spent_over_closing_and_reboots),
    TEST(a_lease_whose_holder_died_counts),
    TEST(fifty_right_ones_at_once_all_get_in),
    TEST(a_crowd_of_guessers_evaluates_what_the_bucket_holds),
    TEST(racers_get_exactly_what_the_bucket_holds),
    TEST(wrong_passwords_are_checked_seldom_and_never_twice),
    TEST(the_last_wrong_passwords_are_remembered),
    TEST(crowds_share_rather_than_get_more),
    TEST(only_a_whole_file_of_ours_is_mapped),
};

int main(void)
{
    return check_main("attempts", tests);
}
