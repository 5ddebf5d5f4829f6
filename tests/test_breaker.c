/* SPDX-License-Identifier: MIT */
#include "base/breaker.h"
#include "tests/check.h"

#include <string.h>

#define START   ((time_t)1700000000)
#define ROUNDS  200000
#define LONGEST (1 + BREAKER_TOLD_MOST + BREAKER_TOLD_MOST / 10)

static uint64_t seed = 88172645463325252u;

static uint32_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

static struct breaker_event failure(time_t now, unsigned told)
{
    return (struct breaker_event){
        .kind = BREAKER_FAILED, .now = now, .told = told, .random = any(), .silent = any() % 2};
}

static void falls(struct breaker *breaker, time_t now)
{
    struct breaker_event event = failure(now, 0);

    breaker_change(breaker, &event);
}

static void told(struct breaker *breaker, time_t now, unsigned told)
{
    struct breaker_event event = failure(now, told);

    breaker_change(breaker, &event);
}

static void happen(struct breaker *breaker, int kind, time_t now)
{
    struct breaker_event event = {.now = now, .random = any()};

    event.kind = kind;
    breaker_change(breaker, &event);
}

static bool is_zero(const struct breaker *breaker)
{
    return breaker->failures == 0 && !breaker->silent && !breaker->answering &&
           breaker->since == 0 && breaker->wait_until == 0 && breaker->told_until == 0 &&
           breaker->tried_at == 0 && breaker->opened_at == 0;
}

/* Seconds until it may be asked, if time goes on as usual. */
static time_t waits(const struct breaker *breaker, time_t now)
{
    time_t seconds = 0;

    while (seconds <= LONGEST && breaker_state(breaker, now + seconds) == BREAKER_OPEN)
        seconds++;
    return seconds;
}

static void nothing_has_happened_yet(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    assert_int_equal(breaker_state(&breaker, START), BREAKER_CLOSED);
    assert_false(breaker_is_outage(&breaker, START));
    assert_int_equal(breaker_told(&breaker, START), 0);
}

static void two_failures_in_a_row_are_an_outage(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    falls(&breaker, START);
    assert_false(breaker_is_outage(&breaker, START));
    assert_int_equal(breaker_state(&breaker, START + 1000), BREAKER_DUE);
    falls(&breaker, START + 1000);
    assert_true(breaker_is_outage(&breaker, START + 1000));
    assert_true(breaker_is_outage(&breaker, START + 100000));
    assert_int_equal(breaker.since, START);
    happen(&breaker, BREAKER_SERVED, START + 2000);
    assert_true(is_zero(&breaker));
}

static void a_failure_says_what_it_was(void **state)
{
    struct breaker breaker = {0};
    struct breaker_event event = failure(START, 0);

    (void)state;
    event.silent = event.unhurried = true;
    breaker_change(&breaker, &event);
    assert_true(breaker.silent);
    assert_int_equal(breaker.tried_at, START);
    event = (struct breaker_event){.kind = BREAKER_FAILED, .now = START + 100};
    breaker_change(&breaker, &event);
    assert_false(breaker.silent);
    assert_int_equal(breaker.tried_at, START);
}

/* platform.md 4.3: never before 5 s, and up to a bound that doubles until the ceiling. */
static void waits_grow_with_the_failures_and_stay_within_their_bounds(void **state)
{
    time_t bound_before = 0;

    (void)state;
    for (uint32_t n = 1; n <= 12; n++) {
        time_t bound = n < 5 ? BREAKER_FLOOR_SECONDS << (n - 1) : BREAKER_CEILING_SECONDS;
        time_t most = 0, least = LONGEST;

        for (int round = 0; round < 5000; round++) {
            struct breaker breaker = {.failures = n - 1};
            time_t wait;

            falls(&breaker, START);
            wait = waits(&breaker, START);
            most = wait > most ? wait : most;
            least = wait < least ? wait : least;
        }
        if (bound > BREAKER_CEILING_SECONDS)
            bound = BREAKER_CEILING_SECONDS;
        /* A second more, since the time of the failure was cut to seconds. */
        assert_int_equal(least, BREAKER_FLOOR_SECONDS + 1);
        assert_in_range(most, bound, bound + 1);
        assert_true(most >= bound_before && most <= BREAKER_CEILING_SECONDS);
        bound_before = most;
    }
}

static void failures_without_end_do_no_harm(void **state)
{
    struct breaker breaker = {.failures = UINT32_MAX - 1};

    (void)state;
    for (int i = 0; i < 3; i++)
        falls(&breaker, START + i * 1000L);
    assert_int_equal(breaker.failures, UINT32_MAX);
    assert_int_equal(breaker_state(&breaker, START + 2000), BREAKER_OPEN);
    assert_int_equal(breaker_state(&breaker, START + 2000 + BREAKER_CEILING_SECONDS), BREAKER_DUE);
}

static void those_who_fail_together_do_not_wait_longer_for_it(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    for (int i = 0; i < 50; i++)
        falls(&breaker, START);
    assert_int_equal(breaker.failures, BREAKER_OUTAGE);
    assert_in_range(waits(&breaker, START), BREAKER_FLOOR_SECONDS, 2 * BREAKER_FLOOR_SECONDS + 1);
    falls(&breaker, START + 1000);
    assert_int_equal(breaker.failures, BREAKER_OUTAGE + 1);
    told(&breaker, START + 2000, 60);
    assert_int_equal(breaker.failures, BREAKER_OUTAGE + 2);
}

static void a_wait_that_is_on_is_never_shortened(void **state)
{
    (void)state;
    for (int round = 0; round < 1000; round++) {
        struct breaker breaker = {.failures = 6};
        time_t until;

        falls(&breaker, START);
        until = breaker.wait_until;
        falls(&breaker, START + 1);
        assert_true(breaker.wait_until >= until);
        assert_int_equal(breaker.failures, 7);
    }
}

static void what_was_asked_for_is_kept(void **state)
{
    static const struct {
        unsigned told;
        time_t least, most;
    } rows[] = {
        {1, 2, 4},       {2, 3, 5},          {20, 21, 23},       {60, 61, 67},
        {600, 601, 661}, {3600, 3601, 3961}, {3601, 3601, 3961}, {UINT32_MAX, 3601, 3961},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int round = 0; round < 500; round++) {
            struct breaker breaker = {0};

            told(&breaker, START, rows[i].told);
            assert_int_equal(breaker_told(&breaker, START), breaker.told_until);
            assert_in_range(breaker.told_until - START, rows[i].least, rows[i].most);
            assert_true(breaker_is_outage(&breaker, breaker.told_until - 1));
            assert_false(breaker_is_outage(&breaker, breaker.told_until));
            assert_int_equal(breaker_next(&breaker), breaker.told_until > breaker.wait_until
                                                         ? breaker.told_until
                                                         : breaker.wait_until);
        }
}

static void a_later_word_never_shortens_an_earlier_one(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct breaker breaker = {0};
        time_t until;

        told(&breaker, START, 1 + any() % 3600);
        until = breaker.told_until;
        told(&breaker, START + 1 + any() % 10, any() % 100);
        assert_true(breaker.told_until >= until || breaker.told_until == 0);
        assert_true(until <= START + 11 || breaker_told(&breaker, START + 11) >= until);
    }
}

/* An answer that was on its way already takes back nothing. */
static void being_served_does_not_end_what_was_asked_for(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    told(&breaker, START, 60);
    happen(&breaker, BREAKER_SERVED, START + 1);
    assert_int_equal(breaker.failures, 0);
    assert_int_equal(breaker_state(&breaker, START + 60), BREAKER_OPEN);
    assert_int_equal(breaker_state(&breaker, START + 67), BREAKER_CLOSED);
    happen(&breaker, BREAKER_SERVED, START + 67);
    assert_true(is_zero(&breaker));
}

static void an_answer_may_ask_to_wait_as_well(void **state)
{
    struct breaker breaker = {0};
    struct breaker_event event = {.kind = BREAKER_SERVED, .now = START, .told = 30};

    (void)state;
    breaker_change(&breaker, &event);
    assert_int_equal(breaker_state(&breaker, START + 30), BREAKER_OPEN);
    assert_int_equal(breaker_state(&breaker, START + 40), BREAKER_CLOSED);
}

static void a_probe_that_was_answered_ends_the_outage(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    for (int i = 0; i < 5; i++)
        falls(&breaker, START + i * 100L);
    happen(&breaker, BREAKER_ANSWERED_PROBE, START + 401);
    assert_int_equal(breaker_state(&breaker, START + 401), BREAKER_DUE);
    assert_false(breaker_is_outage(&breaker, START + 401));
    falls(&breaker, START + 402);
    assert_int_equal(breaker.failures, 6);
    assert_true(breaker_is_outage(&breaker, START + 402));
    happen(&breaker, BREAKER_SERVED, START + 500);
    happen(&breaker, BREAKER_ANSWERED_PROBE, START + 501);
    assert_true(is_zero(&breaker));
}

static void a_clock_that_is_set_opens_no_longer(void **state)
{
    struct breaker breaker = {0};

    (void)state;
    told(&breaker, START, 600);
    assert_int_equal(breaker_state(&breaker, START), BREAKER_OPEN);
    assert_int_not_equal(breaker_state(&breaker, START - 1), BREAKER_OPEN);
    assert_int_not_equal(breaker_state(&breaker, 0), BREAKER_OPEN);
    assert_int_not_equal(breaker_state(&breaker, START + 100000), BREAKER_OPEN);
}

/* All numbers that a file may hold: whatever they are, it ends, and soon. */
static void no_content_keeps_it_open_for_long(void **state)
{
    static const time_t edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, 1, INT64_MAX - 1, INT64_MAX};

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct breaker breaker = {.failures = any() % 4, .answering = any() % 2};
        time_t now = any() % 2 ? START : edges[any() % 7];
        time_t *const times[] = {&breaker.since, &breaker.wait_until, &breaker.told_until,
                                 &breaker.tried_at, &breaker.opened_at};
        time_t later;

        for (size_t i = 0; i < 5; i++)
            *times[i] = any() % 4 ? START + any() % 8000 - 4000 : edges[any() % 7];
        /* The two waits may hold one after the other, each once. */
        if (!__builtin_add_overflow(now, 2 * LONGEST, &later))
            assert_false(breaker_state(&breaker, now) == BREAKER_OPEN &&
                         breaker_state(&breaker, now + LONGEST) == BREAKER_OPEN &&
                         breaker_state(&breaker, later) == BREAKER_OPEN);
        (void)breaker_is_outage(&breaker, now);
        (void)breaker_next(&breaker);
        told(&breaker, now, any() % 2 ? 0 : any());
        assert_true(waits(&breaker, START) <= LONGEST);
    }
}

/* One life after another, by a clock that only goes on; what must be so is so after each event. */
static void a_random_life_keeps_the_rules(void **state)
{
    struct breaker breaker = {0};
    time_t now = START;
    time_t failed_at = 0;
    time_t told_until = 0; /* as promised to the other side, without the jitter */

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        int kind = any() % 8 ? (int)(any() % 3) : BREAKER_FAILED;
        struct breaker_event event = failure(now, any() % 16 ? 0 : any() % 5000);
        time_t told = event.told < BREAKER_TOLD_MOST ? event.told : BREAKER_TOLD_MOST;
        enum breaker_state is;

        event.kind = kind;
        breaker_change(&breaker, &event);
        if (kind == BREAKER_FAILED)
            failed_at = now;
        else
            failed_at = 0;
        if (told && now + told > told_until)
            told_until = now + told;
        now += any() % 4 ? any() % 12 : any() % 5000;
        is = breaker_state(&breaker, now);
        assert_true(is != BREAKER_CLOSED || breaker.failures == 0);
        assert_true(is != BREAKER_DUE || breaker.failures > 0);
        if (failed_at && now <= failed_at + BREAKER_FLOOR_SECONDS)
            assert_int_equal(is, BREAKER_OPEN);
        if (now <= told_until)
            assert_int_equal(is, BREAKER_OPEN);
        if (is == BREAKER_OPEN)
            assert_in_range(breaker_next(&breaker) - now, 1, LONGEST);
        assert_true(waits(&breaker, now) <= LONGEST);
        if (breaker.failures < BREAKER_OUTAGE && now > told_until + told_until / 10)
            assert_false(breaker_is_outage(&breaker, now));
    }
}

/* Many hosts that failed in one second do not return in one. */
static void hosts_come_back_one_by_one(void **state)
{
    static unsigned in_second[LONGEST + 1];
    static const struct {
        uint32_t failures;
        unsigned told, most; /* of 10000 in one second */
    } rows[] = {{2, 0, 2000}, {5, 0, 450}, {5, 120, 1000}, {5, 600, 250}, {5, 3600, 60}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(in_second, 0, sizeof in_second);
        for (int host = 0; host < 10000; host++) {
            struct breaker breaker = {.failures = rows[i].failures};

            told(&breaker, START, rows[i].told);
            in_second[breaker_next(&breaker) - START]++;
        }
        for (size_t second = 0; second <= LONGEST; second++)
            assert_true(in_second[second] <= rows[i].most);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_has_happened_yet),
        cmocka_unit_test(two_failures_in_a_row_are_an_outage),
        cmocka_unit_test(a_failure_says_what_it_was),
        cmocka_unit_test(waits_grow_with_the_failures_and_stay_within_their_bounds),
        cmocka_unit_test(failures_without_end_do_no_harm),
        cmocka_unit_test(those_who_fail_together_do_not_wait_longer_for_it),
        cmocka_unit_test(a_wait_that_is_on_is_never_shortened),
        cmocka_unit_test(what_was_asked_for_is_kept),
        cmocka_unit_test(a_later_word_never_shortens_an_earlier_one),
        cmocka_unit_test(being_served_does_not_end_what_was_asked_for),
        cmocka_unit_test(an_answer_may_ask_to_wait_as_well),
        cmocka_unit_test(a_probe_that_was_answered_ends_the_outage),
        cmocka_unit_test(a_clock_that_is_set_opens_no_longer),
        cmocka_unit_test(no_content_keeps_it_open_for_long),
        cmocka_unit_test(a_random_life_keeps_the_rules),
        cmocka_unit_test(hosts_come_back_one_by_one),
    };

    return check_main("breaker", tests);
}
