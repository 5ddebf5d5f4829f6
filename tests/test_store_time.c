/* SPDX-License-Identifier: MIT */
/* cache/store_time.c and cache/boot.c, on a machine whose clock and starts are ours. */
#include "base/clock.h"
#include "cache/boot.h"
#include "cache/store_time.h"
#include "tests/store_place.h"

#define START 1000000

static uint32_t id;       /* of this start of the machine */
static int64_t up, up_ms; /* for how long: seconds, and some more */

uint32_t boot_tag(void)
{
    return id;
}

/* The only one here who wants to know is cache/boot.c; nothing waits. */
int64_t clock_ms(void)
{
    return up * 1000 + up_ms;
}

struct deadline deadline_in_ms(int64_t ms)
{
    return (struct deadline){clock_ms() + ms};
}

int deadline_left_ms(const struct deadline *deadline)
{
    return (int)(deadline->at_ms - clock_ms());
}

static void the_machine_is(uint32_t start, uint32_t seconds)
{
    id = start;
    up = seconds;
}

static void saw(time_t now)
{
    struct error why;

    assert_true(store_saw_time(store, now, &why));
}

static void expect_times(time_t highest, time_t earliest)
{
    struct times times;
    struct error why;

    assert_true(store_times(store, &times, &why));
    assert_int_equal(times.highest, highest);
    assert_int_equal(times.earliest, earliest);
}

static void what_has_passed_is_known_across_starts(void **state)
{
    static const struct {
        struct boot_moment then, now;
        int64_t passed;
        bool another;
    } rows[] = {
        {{7, 100}, {7, 100}, 0, false},     {{7, 100}, {7, 5000}, 4900, false},
        {{7, 100}, {8, 40}, 40, true},      {{7, 100}, {8, 5000}, 5000, true},
        {{7, 100}, {7, 40}, 40, true},      /* a machine that was restored */
        {{0, 100}, {8, 5000}, 4900, false}, /* a container: its id says nothing */
        {{7, 100}, {0, 5000}, 4900, false}, {{0, 100}, {0, 40}, 40, true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        assert_int_equal(boot_passed_ms(rows[i].then, rows[i].now), rows[i].passed);
        assert_int_equal(boot_is_another(rows[i].then, rows[i].now), rows[i].another);
    }
}

static void time_goes_on_whatever_the_clock_shows(void **state)
{
    (void)state;
    the_machine_is(1, 500);
    expect_times(0, 0);
    saw(START);
    expect_times(START, START);
    up += 86400;
    expect_times(START, START + 86400);
    saw(START - 864000); /* set back */
    expect_times(START, START + 86400);
    saw(0);
    expect_times(START, START + 86400);
    saw(START + 86500);
    expect_times(START + 86500, START + 86500);
}

static void what_a_start_was_up_is_kept_at_each_sign_in_and_probe(void **state)
{
    struct error why;

    (void)state;
    the_machine_is(1, 500);
    saw(START);
    for (uint32_t start = 2; start < 12; start++) {
        the_machine_is(start, 30);
        saw(START + 1);
        up = 3630;
        if (start % 2)
            saw(START + 2);
        else
            assert_true(store_keep_time(store, &why));
    }
    expect_times(START + 2, START + 10 * 3630);
    the_machine_is(12, 10); /* and nothing counts twice */
    expect_times(START + 2, START + 10 * 3630 + 10);
}

static void a_probe_does_not_believe_the_clock(void **state)
{
    struct error why;

    (void)state;
    the_machine_is(1, 500);
    assert_true(store_keep_time(store, &why));
    expect_times(0, 0);
    saw(START);
    up += 599;
    assert_true(store_keep_time(store, &why)); /* not worth the writing */
    the_machine_is(2, 0);
    expect_times(START, START);
}

static void whoever_knows_sets_the_time_anew(void **state)
{
    struct error why;

    (void)state;
    the_machine_is(1, 500);
    saw(START + 500000000);
    assert_true(store_trust_time(store, START, &why));
    expect_times(START, START);
    up += 100000;
    assert_true(store_trust_time(store, START + 3600, &why)); /* behind what has passed */
    expect_times(START + 3600, START + 3600);
}

/* However often it is looked at: less than a second is not lost each time. */
static void no_fraction_of_time_is_lost(void **state)
{
    (void)state;
    the_machine_is(1, 500);
    saw(START);
    for (int i = 0; i < 100; i++) {
        up += 60;
        up_ms += 900;
        saw(0);
    }
    expect_times(START, START + 6090);
    up_ms = 0;
}

/* The anchor may not lag behind the clock that a last online sign-in is dated by. */
static void each_online_sign_in_is_an_anchor_to_the_second(void **state)
{
    struct error why;

    (void)state;
    the_machine_is(1, 500);
    assert_true(store_trust_time(store, START, &why));
    assert_true(store_trust_time(store, START + 50, &why)); /* the clock has stepped */
    expect_times(START + 50, START + 50);
    up += 10;
    assert_true(store_trust_time(store, START + 20, &why));
    expect_times(START + 20, START + 20);
}

static void nonsense_in_the_store_closes_and_opens_nothing(void **state)
{
    struct times times;
    struct error why;

    (void)state;
    the_machine_is(1, 500);
    saw(START);
    run_sql("UPDATE fact SET value = 9223372036854775807 WHERE name = 'anchor_time'");
    up += 100;
    assert_true(store_times(store, &times, &why));
    assert_true(times.earliest == INT64_MAX);
    assert_true(store_trust_time(store, START, &why));
    expect_times(START, START);
    run_sql("UPDATE fact SET value = -5 WHERE name = 'anchor_up_ms'");
    assert_true(store_times(store, &times, &why));
    assert_true(times.earliest >= START);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_has_passed_is_known_across_starts),
        TEST(time_goes_on_whatever_the_clock_shows),
        TEST(what_a_start_was_up_is_kept_at_each_sign_in_and_probe),
        TEST(a_probe_does_not_believe_the_clock),
        TEST(whoever_knows_sets_the_time_anew),
        TEST(no_fraction_of_time_is_lost),
        TEST(each_online_sign_in_is_an_anchor_to_the_second),
        TEST(nonsense_in_the_store_closes_and_opens_nothing),
    };

    return check_main("store-time", tests);
}
