/* SPDX-License-Identifier: MIT */
/* login/policy_offline.c: for how long, for whom and where what is remembered counts. */
#include "login/policy_offline.h"

#include "tests/check.h"

#define DAY ((time_t)86400)
#define NOW (1000 * DAY)

static struct person person;

/* Somebody who may sign in offline at this moment for 14 days since the last proof. */
static struct remembered somebody(time_t last_online)
{
    person = (struct person){.last_online = last_online};
    return (struct remembered){.person = &person,
                               .now = NOW,
                               .offline_days = 14,
                               .offline_person = true,
                               .offline_service = true};
}

static void the_window_ends_to_the_second_and_the_future_is_never_young(void **state)
{
    struct remembered r = somebody(NOW - 14 * DAY);

    (void)state;
    assert_int_equal(policy_offline(&r), OFFLINE_OPEN);
    person.last_online--;
    assert_int_equal(policy_offline(&r), OFFLINE_ENDED);
    person.last_online = 0;
    assert_int_equal(policy_offline(&r), OFFLINE_NEVER);
    person.last_online = NOW + 301; /* a clock set back */
    assert_int_equal(policy_offline(&r), OFFLINE_CLOCK);
    person.last_online = NOW - DAY;
    r.highest_time = NOW + 301;
    assert_int_equal(policy_offline(&r), OFFLINE_CLOCK);
    r.highest_time = NOW + 300;
    assert_int_equal(policy_offline(&r), OFFLINE_OPEN);
    r.offline_days = 0; /* nobody, not even in the same second */
    person.last_online = NOW;
    assert_int_equal(policy_offline(&r), OFFLINE_ENDED);
    r.offline_days = 14;
    person.refused = REFUSED_POLICY;
    assert_int_equal(policy_offline(&r), OFFLINE_CLOSED);
    r.person = NULL;
    assert_int_equal(policy_offline(&r), OFFLINE_NEVER);
}

static void a_token_in_doubt_closes_the_window_without_a_secret(void **state)
{
    struct remembered r = somebody(NOW - DAY);

    (void)state;
    assert_int_equal(policy_offline_without_secret(&r), OFFLINE_OPEN);
    person.token_doubted_at = NOW - DAY;
    assert_int_equal(policy_offline(&r), OFFLINE_OPEN);
    assert_int_equal(policy_offline_without_secret(&r), OFFLINE_CLOSED);
    person.last_online = NOW - 15 * DAY;
    assert_int_equal(policy_offline_without_secret(&r), OFFLINE_ENDED);
    r.person = NULL;
    assert_int_equal(policy_offline_without_secret(&r), OFFLINE_NEVER);
    person.token_doubted_at = 0;
}

/* What went by while the machine was up counts, whatever the clock shows; and less never counts. */
static void the_window_is_measured_by_the_larger_of_two_clocks(void **state)
{
    static const time_t last = NOW - 2 * DAY;

    (void)state;
    for (time_t ahead = -20 * DAY; ahead <= 20 * DAY; ahead += DAY / 4) {
        struct remembered r = somebody(last);
        time_t real = ahead > 0 ? NOW + ahead : NOW;

        r.earliest_time = NOW + ahead;
        assert_int_equal(policy_by_now(&r), real);
        assert_int_equal(policy_offline(&r),
                         real <= last + 14 * DAY ? OFFLINE_OPEN : OFFLINE_ENDED);
        /* By the clock as it is set: so much is left. */
        assert_int_equal(policy_offline_until(&r) - NOW, last + 14 * DAY - real);
        r.recheck_minutes = 1440;
        assert_int_equal(policy_account_is_due(&r), real > last + DAY);
    }
}

static void some_people_and_services_may_not_sign_in_offline(void **state)
{
    struct remembered r = somebody(NOW - DAY);

    (void)state;
    r.offline_person = false;
    assert_int_equal(policy_offline(&r), OFFLINE_PERSON);
    person.refused = REFUSED_DISABLED; /* of what is in the way, the platform's word comes first */
    assert_int_equal(policy_offline(&r), OFFLINE_CLOSED);
    r = somebody(NOW - DAY);
    r.offline_service = false;
    assert_int_equal(policy_offline(&r), OFFLINE_SERVICE);
    r.now = NOW - 30 * DAY;
    assert_int_equal(policy_offline(&r), OFFLINE_SERVICE);
    r = somebody(NOW - DAY);
    assert_int_equal(policy_offline(&r), OFFLINE_OPEN);
}

static void a_service_is_listed_by_its_own_name(void **state)
{
    static char any[] = "all", login[] = "login", greeter[] = "gdm-password";
    static char *every[] = {any}, *two[] = {login, greeter};
    static const struct strings all = {every, 1, 1}, some = {two, 2, 2}, none = {NULL, 0, 1};

    (void)state;
    assert_true(policy_offline_serves(&all, "sshd"));
    assert_true(policy_offline_serves(&all, ""));
    assert_true(policy_offline_serves(&some, "login"));
    assert_true(policy_offline_serves(&some, "gdm-password"));
    assert_false(policy_offline_serves(&some, "gdm"));
    assert_false(policy_offline_serves(&some, "sshd"));
    assert_false(policy_offline_serves(&some, "all"));
    assert_false(policy_offline_serves(&some, ""));
    assert_false(policy_offline_serves(&none, "login"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_window_ends_to_the_second_and_the_future_is_never_young),
        cmocka_unit_test(a_token_in_doubt_closes_the_window_without_a_secret),
        cmocka_unit_test(the_window_is_measured_by_the_larger_of_two_clocks),
        cmocka_unit_test(some_people_and_services_may_not_sign_in_offline),
        cmocka_unit_test(a_service_is_listed_by_its_own_name),
    };

    return check_main("policy-offline", tests);
}
