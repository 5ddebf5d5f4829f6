/* SPDX-License-Identifier: MIT */
/* cache/turn.c: one process at a time for each number. */
#include "cache/turn.h"
#include "tests/place.h"

#include <signal.h>
#include <sys/mman.h>

#define PROCESSES 12
#define ROUNDS    20

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

static bool take(uint32_t number, int64_t ms, int *turn)
{
    struct deadline deadline = deadline_in_ms(ms);

    return turn_take(place.folder, number, &deadline, turn, &why) == TURN_TAKEN;
}

/* Whether the turn is free, as another process finds it; does not wait. */
static int is_free(const void *number)
{
    int turn = -1;

    return !take(*(const uint32_t *)number, -1000, &turn);
}

static bool free_for_others(uint32_t number)
{
    return in_child(is_free, &number);
}

static void a_turn_ends_with_its_descriptor(void **state)
{
    static const uint32_t numbers[] = {0, 1, TURN_PEOPLE, 0x70000000, 0x7ffdffff, UINT32_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        int turn = -1;

        assert_true(free_for_others(numbers[i]));
        assert_true(take(numbers[i], 1000, &turn));
        for (size_t j = 0; j < sizeof numbers / sizeof numbers[0]; j++)
            assert_int_equal(free_for_others(numbers[j]), i != j);
        close(turn);
        assert_true(free_for_others(numbers[i]));
    }
}

static void a_deadline_that_has_passed_is_one_try(void **state)
{
    int turn = -1, other = 42;

    (void)state;
    assert_true(take(7, 0, &turn));
    assert_false(take(7, -5, &other));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(other, 42);
    close(turn);
}

static void a_turn_ends_with_its_process(void **state)
{
    int ready[2];
    pid_t holder;
    char byte;
    int turn = -1;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    holder = fork();
    if (holder == 0) {
        if (take(7, 1000, &turn) && write(ready[1], "x", 1) == 1)
            pause();
        _exit(1);
    }
    close(ready[1]);
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_false(free_for_others(7));
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    assert_true(take(7, 60000, &turn));
    close(turn);
    close(ready[0]);
}

struct shared {
    int inside, worst, total;
};

static int take_often(struct shared *shared)
{
    for (int i = 0; i < ROUNDS; i++) {
        int turn = -1, inside;

        if (!take(5, 60000, &turn))
            return 1;
        inside = __atomic_add_fetch(&shared->inside, 1, __ATOMIC_SEQ_CST);
        if (inside > shared->worst)
            shared->worst = inside;
        sched_yield();
        shared->total++; /* not atomic: the turn has to do */
        __atomic_sub_fetch(&shared->inside, 1, __ATOMIC_SEQ_CST);
        close(turn);
    }
    return 0;
}

static void nobody_shares_a_turn_and_everybody_gets_one(void **state)
{
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    pid_t children[PROCESSES];
    int status;

    (void)state;
    for (int i = 0; i < PROCESSES; i++)
        if ((children[i] = fork()) == 0)
            _exit(take_often(shared));
    for (int i = 0; i < PROCESSES; i++) {
        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(shared->worst, 1);
    assert_int_equal(shared->total, PROCESSES * ROUNDS);
    munmap(shared, sizeof *shared);
}

static void where_nothing_can_be_made_there_is_no_turn(void **state)
{
    int turn = 42;

    (void)state;
    assert_int_equal(symlinkat("elsewhere", place.folder, "turns"), 0);
    assert_false(take(1, 0, &turn));
    assert_int_equal(faccessat(place.folder, "elsewhere", F_OK, 0), -1);
    assert_int_equal(turn, 42);
}

static int finds_it_busy(const void *number)
{
    struct deadline past = {0};
    int turn = -7;

    errno = 0;
    return turn_take(place.folder, *(const uint32_t *)number, &past, &turn, &why) != TURN_BUSY ||
           turn != -7;
}

static void who_is_not_first_learns_why(void **state)
{
    static const uint32_t number = 7;
    struct deadline past = {0};
    int turn = -1;

    (void)state;
    assert_true(take(number, 1000, &turn));
    assert_true(in_child(finds_it_busy, &number));
    close(turn);
    turn = -7;
    assert_int_equal(turn_take(-1, number, &past, &turn, &why), TURN_UNUSABLE);
    assert_int_equal(turn, -7);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(a_turn_ends_with_its_descriptor),
    TEST(a_deadline_that_has_passed_is_one_try),
    TEST(a_turn_ends_with_its_process),
    TEST(who_is_not_first_learns_why),
    TEST(nobody_shares_a_turn_and_everybody_gets_one),
    TEST(where_nothing_can_be_made_there_is_no_turn),
};

int main(void)
{
    return check_main("turn", tests);
}
