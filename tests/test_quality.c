/* SPDX-License-Identifier: MIT */
/* login/quality.c: the host's own rules, in its own words, also when they cannot be read. */
#include "base/own.h"
#include "login/quality.h"
#include "tests/check.h"

#include <sys/stat.h>

#define ADA "alexandra@contoso.example"

static char rules[] = "/tmp/quality-XXXXXX";
static char hint[QUALITY_HINT_MOST + 1];
static struct error why;

/* The rules of a host that says `text`. */
static void rule(const char *text)
{
    FILE *file = fopen(rules, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
    hint[0] = '\0';
    why = (struct error){0};
}

static enum quality of(const char *secret, const char *old)
{
    return quality_check(rules, secret, old, ADA, hint, &why);
}

static void each_rule_has_its_hint(void **state)
{
    static const struct {
        const char *rules, *secret, *hint;
    } rows[] = {
        {"", "short", "shorter than 8"},
        {"minlen = 30", "correct horse battery", "shorter than"},
        {"", "password", "dictionary"},
        {"minclass = 4", "correct horse battery", "character classes"},
        {"maxrepeat = 2", "corrrect horse battery", "same characters"},
        {"", "the alexandra of 1990", "user name"},
        {"", "x" ADA "x", "user name"},
        {"badwords = battery", "correct horse battery", "forbidden words"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rule(rows[i].rules);
        assert_int_equal(of(rows[i].secret, NULL), QUALITY_POOR);
        if (!strstr(hint, rows[i].hint))
            fail_msg("%s: %s", rows[i].secret, hint);
    }
}

static void what_fits_the_rules_is_good(void **state)
{
    (void)state;
    rule("");
    assert_int_equal(of("correct horse battery staple", NULL), QUALITY_GOOD);
    assert_int_equal(of("correct horse battery staple", "something else"), QUALITY_GOOD);
    assert_string_equal(hint, "");
}

static void what_is_like_the_old_one_is_poor(void **state)
{
    (void)state;
    rule("");
    assert_int_equal(of("correct horse battery", "correct horse battery"), QUALITY_POOR);
    assert_int_equal(of("Correct horse battery", "correct horse battery"), QUALITY_POOR);
}

/* None is guessed, and nobody gets a hint that does not help her. */
static void rules_that_cannot_be_read_are_told_to_the_host(void **state)
{
    static const struct {
        const char *rules, *why;
    } rows[] = {
        {"minlen = many", "integer"},
        {"sausage = 7", "Unknown setting"},
        {"dictpath = /nonexistent/words", "error loading dictionary"},
        {"= 7", "Unknown setting"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        rule(rows[i].rules);
        assert_int_equal(of("correct horse battery", NULL), QUALITY_UNKNOWN);
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_string_equal(hint, "");
        if (!strstr(why.text, rows[i].why))
            fail_msg("%s: %s", rows[i].rules, why.text);
    }
    assert_int_equal(quality_check("/nonexistent", "correct horse", NULL, ADA, hint, &why),
                     QUALITY_UNKNOWN);
}

/* All lengths that can be typed, and bytes of every kind. */
static void nothing_that_can_be_typed_is_too_much(void **state)
{
    char secret[513];

    (void)state;
    rule("gecoscheck = 1\nusersubstr = 3\nmaxsequence = 3\nmaxclassrepeat = 4\nbadwords = a b c");
    for (size_t length = 1; length < sizeof secret; length += 7)
        for (unsigned seed = 0; seed < 2; seed++) {
            for (size_t i = 0; i < length; i++)
                secret[i] = (char)(1 + (i * (seed ? 37 : 1) + seed) % 255);
            secret[length] = '\0';
            assert_int_not_equal(of(secret, NULL), QUALITY_UNKNOWN);
        }
}

static int begin(void **state)
{
    int fd = mkstemp(rules);

    (void)state;
    return fd < 0 || close(fd) != 0;
}

static int end(void **state)
{
    (void)state;
    return unlink(rules);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup(each_rule_has_its_hint, begin),
    cmocka_unit_test(what_fits_the_rules_is_good),
    cmocka_unit_test(what_is_like_the_old_one_is_poor),
    cmocka_unit_test(rules_that_cannot_be_read_are_told_to_the_host),
    cmocka_unit_test_teardown(nothing_that_can_be_typed_is_too_much, end),
};

int main(void)
{
    return check_main("quality", tests);
}
