/* SPDX-License-Identifier: MIT */
#include "platform/document_age.h"
#include "tests/check.h"

#define NOW ((time_t)1700000000)
#define DAY ((time_t)24 * 60 * 60)

static void ages_decide_whatever_the_clock_has_done(void **state)
{
    static const struct {
        time_t age;
        bool fresh, usable, forced;
    } rows[] = {
        {0, true, true, true},
        {299, true, true, true},
        {300, true, true, false},
        {3599, true, true, false},
        {3600, false, true, false},
        {30 * DAY - 1, false, true, false},
        {30 * DAY, false, false, false},
        {-1, false, true, false},
        {1 - 30 * DAY, false, true, false},
        {-30 * DAY, false, false, false},
        {-400 * DAY, false, false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct document_facts facts = {
            .fetched_at = NOW - rows[i].age, .forced_at = NOW - rows[i].age, .fresh_seconds = 3600};

        assert_int_equal(document_is_fresh(&facts, NOW), rows[i].fresh);
        assert_int_equal(document_is_usable(&facts, NOW), rows[i].usable);
        assert_int_equal(document_was_forced_lately(&facts, NOW), rows[i].forced);
    }
}

static void no_content_is_beyond_reckoning(void **state)
{
    static const time_t edges[] = {INT64_MIN, INT64_MIN + 1, -1, 0, INT64_MAX - 1, INT64_MAX};

    (void)state;
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct document_facts facts = {
            .fetched_at = edges[i], .forced_at = edges[i], .fresh_seconds = UINT32_MAX};

        assert_false(document_is_fresh(&facts, NOW));
        assert_false(document_is_usable(&facts, NOW));
        assert_false(document_was_forced_lately(&facts, NOW));
    }
}

static void freshness_is_between_five_minutes_and_a_day(void **state)
{
    static const long said[] = {-1, 0, 299, 300, 301, DAY - 1, DAY, DAY + 1, INT64_MAX};
    static const unsigned wanted[] = {DAY, 300, 300, 300, 301, DAY - 1, DAY, DAY, DAY};

    (void)state;
    for (size_t i = 0; i < sizeof said / sizeof said[0]; i++) {
        struct document_facts facts = {.fetched_at = NOW,
                                       .fresh_seconds = said[i] < 0 ? DAY : (unsigned)said[i]};

        assert_int_equal(document_fresh_for(said[i]), wanted[i]);
        if (said[i] <= UINT32_MAX) {
            assert_true(document_is_fresh(&facts, NOW + wanted[i] - 1));
            assert_false(document_is_fresh(&facts, NOW + wanted[i]));
        }
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(ages_decide_whatever_the_clock_has_done),
        cmocka_unit_test(no_content_is_beyond_reckoning),
        cmocka_unit_test(freshness_is_between_five_minutes_and_a_day),
    };

    return check_main("document age", tests);
}
