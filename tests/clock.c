/* SPDX-License-Identifier: MIT */
/*
 * Clocks that are moved at random, machines that sleep, stop and start, and people who sign in: when
 * is somebody let in offline? The store and the policy are the product's; real time, the clock on the
 * wall and the starts of the machine are ours.
 *
 *     clock [SEED]
 */
#include "base/clock.h"
#include "cache/boot.h"
#include "cache/store_time.h"
#include "login/policy_offline.h"
#include "tests/store_place.h"

#include <stdlib.h>

#define DAY    ((time_t)86400)
#define WINDOW (14 * DAY)
#define START  ((time_t)1800000000)
#define WALKS  600
#define STEPS  60
#define SKEW   300 /* of a clock with which the platform's tokens are still good */
#define Y2038  ((time_t)2147483647)

static struct world {
    time_t real, wall_ahead;
    uint32_t boot;
    time_t booted; /* in real time */
    struct person person;
    time_t proven;    /* in real time */
    time_t signed_in; /* offline, with the right secret, in this boot; else when it began */
    time_t shown;     /* by the clock at any sign-in */
    time_t unseen;    /* since `proven`: the machine was off, or up without anybody to record it */
    bool honest;      /* the clock was right at all times since `proven` */
} world;

static unsigned seed = 1;

uint32_t boot_tag(void)
{
    return world.boot;
}

int64_t clock_ms(void)
{
    return (world.real - world.booted) * INT64_C(1000);
}

struct deadline deadline_in_ms(int64_t ms)
{
    return (struct deadline){clock_ms() + ms};
}

int deadline_left_ms(const struct deadline *deadline)
{
    return (int)(deadline->at_ms - clock_ms());
}

static time_t up_to(time_t most)
{
    return (time_t)((((unsigned long)rand_r(&seed) << 31) ^ (unsigned long)rand_r(&seed)) %
                    (unsigned long)(most + 1));
}

static time_t wall(void)
{
    return world.real + world.wall_ahead;
}

/* --- What can happen. --- */

static void pass(time_t seconds)
{
    world.real += seconds;
}

static void move_clock(time_t ahead)
{
    world.wall_ahead = ahead;
    if (ahead)
        world.honest = false;
}

static void power_off(time_t seconds)
{
    world.unseen += world.real - world.signed_in + 60 + seconds;
    pass(seconds);
    world.boot++;
    world.booted = world.signed_in = world.real;
}

static void sign_in_online(void)
{
    struct error why;

    if (world.wall_ahead > SKEW || world.wall_ahead < -SKEW)
        return; /* certificates and tokens are not believed */
    assert_true(store_trust_time(store, wall(), &why));
    world.person.last_online = wall();
    world.proven = world.signed_in = world.real;
    world.shown = wall();
    world.unseen = 0;
    world.honest = !world.wall_ahead;
}

/* As login/attempt.c does it for somebody whose secret is right. */
static enum offline sign_in_offline(void)
{
    struct remembered r = {.person = &world.person,
                           .now = wall(),
                           .offline_days = 14,
                           .offline_person = true,
                           .offline_service = true};
    struct times times;
    struct error why;
    enum offline offline;

    assert_true(store_times(store, &times, &why));
    r.highest_time = times.highest;
    r.earliest_time = times.earliest;
    offline = policy_offline(&r);
    if (offline == OFFLINE_OPEN && world.honest)
        assert_int_equal(policy_offline_until(&r), world.person.last_online + WINDOW);
    assert_true(store_saw_time(store, wall(), &why));
    world.signed_in = world.real;
    if (wall() > world.shown)
        world.shown = wall();
    return offline;
}

/* --- What must hold. --- */

static void check_sign_in(void)
{
    time_t passed = world.real - world.proven;
    enum offline offline = sign_in_offline();

    if (offline == OFFLINE_OPEN)
        assert_true(passed <= WINDOW + SKEW + world.unseen);
    if (world.honest)
        assert_int_equal(offline, passed <= WINDOW ? OFFLINE_OPEN : OFFLINE_ENDED);
}

static void nobody_is_locked_out_for_good(void)
{
    struct error why;

    move_clock(0);
    if (up_to(1)) { /* root says so */
        assert_true(store_trust_time(store, wall(), &why));
        assert_int_equal(sign_in_offline(), wall() - world.person.last_online <= WINDOW
                                                ? OFFLINE_OPEN
                                                : OFFLINE_ENDED);
    }
    sign_in_online();
    assert_int_equal(sign_in_offline(), OFFLINE_OPEN);
    pass(WINDOW);
    assert_int_equal(sign_in_offline(), OFFLINE_OPEN);
    pass(1);
    assert_int_equal(sign_in_offline(), OFFLINE_ENDED);
}

static void begin_walk(void)
{
    world = (struct world){.real = START, .boot = world.boot + 1, .booted = START - 3600};
    sign_in_online();
}

static void move_clock_somehow(void)
{
    switch (up_to(12)) {
    case 0:
        move_clock(-10 * DAY);
        break;
    case 1:
        move_clock(10 * DAY);
        break;
    case 2:
        move_clock(-world.real); /* 1970 */
        break;
    case 3:
        move_clock(Y2038 - world.real);
        break;
    case 4:
        move_clock(up_to(40 * DAY) - 20 * DAY);
        break;
    case 5:
        move_clock(0);
        break;
    default: /* to where it seems to stand still, and no step back can be seen */
        move_clock(world.shown + up_to(3600) - world.real);
    }
}

static void step(bool starts, bool moves)
{
    switch (up_to(9)) {
    case 0:
        if (starts)
            power_off(up_to(2 * DAY));
        break;
    case 1:
    case 2:
        if (moves)
            move_clock_somehow();
        break;
    case 3:
        if (up_to(4) == 0)
            sign_in_online();
        break;
    case 4:
        pass(up_to(2 * DAY));
        break;
    case 5:
        pass(up_to(7200));
        break;
    default:
        check_sign_in();
    }
}

static void walk(bool starts, bool moves)
{
    for (int i = 0; i < WALKS; i++) {
        begin_walk();
        for (int n = 0; n < STEPS; n++)
            step(starts, moves);
        nobody_is_locked_out_for_good();
    }
}

/* In one boot not a second is won, whatever the clock does. */
static void moving_the_clock_wins_no_time(void **state)
{
    (void)state;
    walk(false, true);
}

/* With others, only the time that nobody saw. */
static void moving_the_clock_between_starts_wins_only_what_nobody_saw(void **state)
{
    (void)state;
    walk(true, true);
}

static void a_clock_that_is_right_is_believed(void **state)
{
    (void)state;
    walk(true, false);
}

/* The moves that somebody would try first. */
static void each_wrong_clock_by_name(void **state)
{
    static const struct {
        time_t ahead;
        enum offline on_day_1, on_day_13, on_day_15;
    } rows[] = {
        {0, OFFLINE_OPEN, OFFLINE_OPEN, OFFLINE_ENDED},
        {-10 * DAY, OFFLINE_CLOCK, OFFLINE_OPEN,
         OFFLINE_ENDED}, /* day 13: less was won than lost */
        {10 * DAY, OFFLINE_OPEN, OFFLINE_ENDED, OFFLINE_ENDED},
        {-START, OFFLINE_CLOCK, OFFLINE_CLOCK, OFFLINE_CLOCK},
        {Y2038 - START, OFFLINE_ENDED, OFFLINE_ENDED, OFFLINE_ENDED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int day = 1; day <= 15; day += day == 1 ? 12 : 2) {
            begin_walk();
            pass(day * DAY);
            move_clock(rows[i].ahead);
            assert_int_equal(sign_in_offline(), day == 1    ? rows[i].on_day_1
                                                : day == 13 ? rows[i].on_day_13
                                                            : rows[i].on_day_15);
            nobody_is_locked_out_for_good();
        }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        TEST(moving_the_clock_wins_no_time),
        TEST(moving_the_clock_between_starts_wins_only_what_nobody_saw),
        TEST(a_clock_that_is_right_is_believed),
        TEST(each_wrong_clock_by_name),
    };

    if (count > 1)
        seed = (unsigned)strtoul(arguments[1], NULL, 10);
    print_message("seed %u\n", seed);
    return check_main("clock", tests);
}
