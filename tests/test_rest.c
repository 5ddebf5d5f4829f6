/* SPDX-License-Identifier: MIT */
/* cache/rest.c: a minute without questions about one person, and nothing worse when it is lost. */
#include "cache/rest.h"

#include "tests/place.h"

#define PLACES 256u /* as in cache/rest.c: numbers that far apart share a place */

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

/* As if the clock had gone on by so many milliseconds. */
static void let_pass(int folder, uint64_t number, int64_t ms)
{
    OWNED(close_fd) int fd = openat(folder, "rests", O_RDWR | O_CLOEXEC);
    const off_t at = (off_t)(number % PLACES * 16 + 8);
    int64_t until;

    assert_int_equal(pread(fd, &until, sizeof until, at), sizeof until);
    until -= ms;
    assert_int_equal(pwrite(fd, &until, sizeof until, at), sizeof until);
}

static void it_holds_for_a_minute_and_for_one_alone(void **state)
{
    const int folder = place.folder;

    (void)state;
    assert_false(rest_holds(folder, 7));
    rest_begin(folder, 7);
    assert_true(rest_holds(folder, 7));
    assert_false(rest_holds(folder, 8));
    assert_false(rest_holds(folder, 7 + PLACES));
    let_pass(folder, 7, 50000);
    assert_true(rest_holds(folder, 7));
    let_pass(folder, 7, 10000);
    assert_false(rest_holds(folder, 7));
    rest_begin(folder, 7);
    let_pass(folder, 7,
             -2000); /* longer than any that was begun: of another start of the machine */
    assert_false(rest_holds(folder, 7));
}

static void somebody_else_may_take_the_place(void **state)
{
    const int folder = place.folder;

    (void)state;
    rest_begin(folder, 7);
    rest_begin(folder, 7 + PLACES);
    assert_false(rest_holds(folder, 7));
    assert_true(rest_holds(folder, 7 + PLACES));
}

static void it_stays_small_whoever_rests(void **state)
{
    const int folder = place.folder;
    struct stat status;

    (void)state;
    for (uint64_t number = 1; number < 100000; number += 13)
        rest_begin(folder, number * 0x9e3779b97f4a7c15u);
    assert_int_equal(fstatat(folder, "rests", &status, AT_SYMLINK_NOFOLLOW), 0);
    assert_true(status.st_size <= 16 * (off_t)PLACES);
    assert_int_equal(status.st_mode & 0777, 0600);
}

static void where_it_cannot_be_kept_nobody_rests(void **state)
{
    const int folder = place.folder;

    (void)state;
    rest_begin(-1, 7);
    assert_false(rest_holds(-1, 7));
    rest_begin(folder, 0);
    assert_false(rest_holds(folder, 0));
    unlinkat(folder, "rests", 0);
    assert_int_equal(symlinkat("elsewhere", folder, "rests"), 0);
    rest_begin(folder, 7);
    assert_false(rest_holds(folder, 7));
    assert_int_equal(faccessat(folder, "elsewhere", F_OK, 0), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(it_holds_for_a_minute_and_for_one_alone),
        TEST(somebody_else_may_take_the_place),
        TEST(it_stays_small_whoever_rests),
        TEST(where_it_cannot_be_kept_nobody_rests),
    };

    return check_main("rest", tests);
}
