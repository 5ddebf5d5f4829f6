/* SPDX-License-Identifier: MIT */
/* platform/lifetime.c: lives of access tokens, as a table and as what holds for all of them. */
#include "platform/grant.h"

#include "base/own.h"
#include "tests/check.h"

#define NEVER 0 /* not usable at all */

static struct lifetime lifetime_of(const char *members)
{
    OWNED(tokens_release) struct tokens tokens = {0};
    OWNED(free_memory) char *body = NULL;
    struct error why;
    int length = asprintf(&body, "{\"access_token\":\"a\",\"id_token\":\"i\"%s%s}",
                          *members ? "," : "", members);

    assert_true(length > 0);
    if (!tokens_read(body, (size_t)length, &tokens, &why))
        fail_msg("%s: %s", members, why.text);
    return tokens.access;
}

static void lives_are_what_the_answer_says(void **state)
{
    static const struct {
        const char *members;
        int64_t usable, renew;
    } cases[] = {
        {"", 300, 300},
        {"\"expires_in\":null", 300, 300},
        {"\"expires_in\":3600", 3300, 3300},
        {"\"expires_in\":\"3600\"", 3300, 3300},
        {"\"expires_in\":\"4511\",\"ext_expires_in\":\"99999\"", 4211, 4211},
        {"\"ext_expires_in\":262800", 300, 300},
        {"\"expires_in\":3599.5", 3299, 3299},
        {"\"expires_in\":301", 1, 1},
        {"\"expires_in\":300", NEVER, NEVER},
        {"\"expires_in\":120", NEVER, NEVER},
        {"\"expires_in\":0", NEVER, NEVER},
        /* Half a long life. */
        {"\"expires_in\":7199", 6899, 6899},
        {"\"expires_in\":7200", 6900, 3600},
        {"\"expires_in\":\"86400\"", 86100, 43200},
        {"\"expires_in\":100800", 100500, 50400},
        {"\"expires_in\":315360000", 315359700, 157680000},
        {"\"expires_in\":\"315360000\"", 315359700, 157680000},
        /* What was asked for, but never too late. */
        {"\"expires_in\":3600,\"refresh_in\":2", 3300, 2},
        {"\"expires_in\":86399,\"refresh_in\":43200", 86099, 43200},
        {"\"expires_in\":\"86399\",\"refresh_in\":\"43200\"", 86099, 43200},
        {"\"expires_in\":3600,\"refresh_in\":3299", 3300, 3299},
        {"\"expires_in\":3600,\"refresh_in\":3300", 3300, 3300},
        {"\"expires_in\":3600,\"refresh_in\":3301", 3300, 3300},
        {"\"expires_in\":3600,\"refresh_in\":999999", 3300, 3300},
        {"\"expires_in\":100,\"refresh_in\":50", NEVER, NEVER},
        {"\"refresh_in\":60", 300, 60},
        /* A wish that makes no sense is none. */
        {"\"expires_in\":86400,\"refresh_in\":0", 86100, 43200},
        {"\"expires_in\":86400,\"refresh_in\":-5", 86100, 43200},
        {"\"expires_in\":86400,\"refresh_in\":{}", 86100, 43200},
        {"\"expires_in\":86400,\"refresh_in\":\"soon\"", 86100, 43200},
        {"\"expires_in\":86400,\"refresh_in\":null", 86100, 43200},
        /* A life that makes no sense is none either. */
        {"\"expires_in\":-1", NEVER, NEVER},
        {"\"expires_in\":-1e300", NEVER, NEVER},
        {"\"expires_in\":1e300", NEVER, NEVER},
        {"\"expires_in\":\"-1\"", NEVER, NEVER},
        {"\"expires_in\":\"NaN\"", NEVER, NEVER},
        {"\"expires_in\":\"\"", NEVER, NEVER},
        {"\"expires_in\":\"soon\"", NEVER, NEVER},
        {"\"expires_in\":\" 3600\"", NEVER, NEVER},
        {"\"expires_in\":[]", NEVER, NEVER},
        {"\"expires_in\":true", NEVER, NEVER},
        {"\"expires_in\":315360001", NEVER, NEVER},
        {"\"expires_in\":\"315360001\"", NEVER, NEVER},
        {"\"expires_in\":9223372036854775807", NEVER, NEVER},
        {"\"expires_in\":-9223372036854775808", NEVER, NEVER},
        {"\"expires_in\":\"9999999999999999999999999999999999999999\"", NEVER, NEVER},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct lifetime found = lifetime_of(cases[i].members);

        if (found.usable_seconds != cases[i].usable || found.renew_seconds != cases[i].renew)
            fail_msg("%s: usable %lld, renewed after %lld", cases[i].members,
                     (long long)found.usable_seconds, (long long)found.renew_seconds);
    }
}

static void none_is_due_after_its_end_and_none_ends_too_late(void **state)
{
    static const long long ends[] = {0, 1, 299, 300, 301, 600, 3600, 7199, 7200, 86400, 100800};
    static const size_t count = sizeof ends / sizeof ends[0];

    (void)state;
    for (size_t i = 0; i < count * (count + 1); i++) {
        const long long lives = ends[i / (count + 1)];
        const size_t renew = i % (count + 1);
        struct lifetime found;
        char members[96];

        snprintf(members, sizeof members, "\"expires_in\":%lld", lives);
        if (renew < count)
            snprintf(members, sizeof members, "\"expires_in\":%lld,\"refresh_in\":%lld", lives,
                     ends[renew]);
        found = lifetime_of(members);
        assert_true(found.usable_seconds >= 0);
        assert_true(found.renew_seconds >= 0 && found.renew_seconds <= found.usable_seconds);
        assert_true(found.usable_seconds == 0 ||
                    found.usable_seconds + LIFETIME_EARLY_SECONDS == lives);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lives_are_what_the_answer_says),
        cmocka_unit_test(none_is_due_after_its_end_and_none_ends_too_late),
    };

    return check_main("lifetime", tests);
}
