/* SPDX-License-Identifier: MIT */
/* What is wrong with a table of codes is said with its place and its cure: latchkey-codes(5). */
#include "platform/codes.h"

#include "base/own.h"
#include "tests/check.h"

OWN_DEFINE(codes_owned, struct codes, codes_release);

#define VERSION_LINE "version 2026-11-22\n"

/* In a block of its very size, so that the sanitizer sees a byte too far. */
static bool read_bytes(const char *text, size_t length, struct codes *behind, struct codes **codes,
                       struct error *why)
{
    OWNED(free_memory) char *block = malloc(length ? length : 1);

    memcpy(block, text, length);
    return codes_read(block, length, "/etc/codes", behind, codes, why);
}

static bool reads(const char *text, struct codes **codes, struct error *why)
{
    return read_bytes(text, strlen(text), NULL, codes, why);
}

static struct codes *must_read(const char *text, struct codes *behind)
{
    struct codes *codes = NULL;
    struct error why = {0};

    if (!read_bytes(text, strlen(text), behind, &codes, &why))
        fail_msg("%s", why.text);
    return codes;
}

#define STARTS "a row starts with a number, 50126 or B2C90225, or a range, 80000-80099"
#define ENDS   "the range ends before it starts: exchange its ends"
#define TWICE  "a row above is about the same number, see AADSTS50126: remove one"
#define CLASS  "the second word is no class: see latchkey-codes(5) for their list"
#define ADVICE "the third word is no advice: write '-' or see latchkey-codes(5)"
#define SAYS   "ends with what the number says, in 1 to 79 bytes"
#define DATE   "a version is a date: version 2026-11-22"
#define BYTE   "holds a byte that is not ASCII text: remove it"

static void malformed_lines_are_complained_of_with_line_and_cure(void **state)
{
    static const struct {
        const char *line, *complaint;
    } cases[] = {
        {"x secret - x", STARTS},
        {"0 secret - x", STARTS},
        {"-5 secret - x", STARTS},
        {"5- secret - x", STARTS},
        {"5-6-7 secret - x", STARTS},
        {"5.0 secret - x", STARTS},
        {"+5 secret - x", STARTS},
        {"0x5 secret - x", STARTS},
        {"2000000000 secret - x", STARTS},
        {"99999999999999999999999 secret - x", STARTS},
        {"B2C secret - x", STARTS},
        {"B2C2000000000 secret - x", STARTS},
        {"b2c90225 secret - x", STARTS},
        {"AADSTS50126 secret - x", STARTS},
        {"Version 2026-11-22", STARTS},
        {"7-6 secret - x", ENDS},
        {"B2C6-7 secret - x", ENDS},
        {"6-B2C7 secret - x", ENDS},
        {"50126 denied - x", TWICE},
        {"50126-50126 denied - x", TWICE},
        {"60005-60020 denied - x", "a row above is about the same number, see AADSTS60000: remove "
                                   "one"},
        {"B2C90225 secret - x", "a row above is about the same number, see AADB2C90225: remove "
                                "one"},
        {"5", CLASS},
        {"5 Secret - x", CLASS},
        {"5 secrets - x", CLASS},
        {"5 - - x", CLASS},
        {"5 secret", ADVICE},
        {"5 secret wrong password", ADVICE},
        {"5 secret none x", ADVICE},
        {"5 secret -", SAYS},
        {"5 secret - ", SAYS},
        {"5 secret - "
         "12345678901234567890123456789012345678901234567890123456789012345678901234567890",
         SAYS},
        {"version", DATE},
        {"version 2026-11-2", DATE},
        {"version 2026-11-223", DATE},
        {"version 2026/11/22", DATE},
        {"version 20x6-11-22", DATE},
        {"version 2026-11-22 b", DATE},
        {"version 2026-11-23", "a second version: remove one"},
        {"5 secret - \xc3\xa4", BYTE},
        {"5 secret - x\r", BYTE},
        {"5 secret - \x7f", BYTE},
        {"# \x01", BYTE},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(free_memory) char *text = NULL;
        OWNED(free_memory) char *wanted = NULL;
        struct codes *untouched = NULL;
        struct error why = {0};

        assert_true(asprintf(&text,
                             VERSION_LINE "50126 secret - x\n60000-60009 outage - x\n"
                                          "B2C90225 secret - x\n%s\n6 secret - x\n",
                             cases[i].line) > 0);
        assert_true(asprintf(&wanted, "/etc/codes:5: %s", cases[i].complaint) > 0);
        if (reads(text, &untouched, &why))
            fail_msg("%s", cases[i].line);
        assert_string_equal(why.text, wanted);
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_null(untouched);
    }
}

static void zero_bytes_are_malformed_too(void **state)
{
    static const char text[] = VERSION_LINE "5 secret - x\0y\n";
    struct codes *untouched = NULL;
    struct error why;

    (void)state;
    assert_false(read_bytes(text, sizeof text - 1, NULL, &untouched, &why));
    assert_string_equal(why.text, "/etc/codes:2: " BYTE);
    assert_null(untouched);
}

static void a_table_that_stands_alone_has_a_version_and_rows(void **state)
{
    static const char *const texts[] = {"", "# x\n", "5 secret - x\n", VERSION_LINE};
    struct codes *untouched = NULL;
    struct error why;

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        assert_false(reads(texts[i], &untouched, &why));
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_null(untouched);
    }
    assert_string_equal(why.text, "/etc/codes: no rows: restore the file of the package, or add a "
                                  "line such as '50126 secret - wrong password'");
}

static void a_bad_table_leaves_the_one_behind_it_alone(void **state)
{
    OWNED(codes_owned) struct codes *behind = must_read(VERSION_LINE "1 secret - x", NULL);
    struct codes *codes = behind;
    struct error why;

    (void)state;
    assert_false(read_bytes("1", 1, behind, &codes, &why));
    assert_ptr_equal(codes, behind);
    assert_int_equal(codes_find(behind, 1)->class, CODE_SECRET);
}

static char *many_rows(size_t rows)
{
    char *text = NULL;
    size_t length = 0;
    FILE *out = open_memstream(&text, &length);

    fputs(VERSION_LINE, out);
    for (size_t i = 1; i <= rows; i++)
        fprintf(out, "%zu secret - x\n", i);
    fclose(out);
    return text;
}

static void a_table_has_limits(void **state)
{
    OWNED(free_memory) char *most = many_rows(CODES_ROWS_MOST);
    OWNED(free_memory) char *more = many_rows(CODES_ROWS_MOST + 1);
    OWNED(free_memory) char *space = malloc(CODES_TEXT_MOST + 1);
    struct codes *codes = must_read(most, NULL);
    struct codes *behind = codes;
    struct error why;

    (void)state;
    assert_non_null(codes_find(codes, CODES_ROWS_MOST));
    assert_false(reads(more, &behind, &why));
    assert_string_equal(why.text, "/etc/codes:2002: more than 2000 rows: use ranges");
    memset(space, '\n', CODES_TEXT_MOST + 1);
    assert_false(read_bytes(space, CODES_TEXT_MOST + 1, codes, &behind, &why));
    assert_ptr_equal(behind, codes);
    memset(space, ' ', CODES_TEXT_MOST);
    assert_false(read_bytes(space, 201, codes, &behind, &why));
    assert_string_equal(why.text, "/etc/codes:1: longer than 200 bytes: shorten it");
    assert_true(read_bytes(space, 200, codes, &behind, &why));
    codes_release(behind);
}

static void no_byte_anywhere_harms(void **state)
{
    static const char sample[] = VERSION_LINE "# x\n5 secret - x\nB2C7-B2C9 outage clock y";
    char text[sizeof sample - 1];

    (void)state;
    for (size_t at = 0; at < sizeof text; at++)
        for (unsigned byte = 0; byte < 256; byte++) {
            OWNED(codes_owned) struct codes *codes = NULL;
            struct error why = {0};

            memcpy(text, sample, sizeof text);
            text[at] = (char)byte;
            if (!read_bytes(text, sizeof text, NULL, &codes, &why))
                assert_true(why.kind == ERROR_CONFIG && !codes && *why.text);
        }
    for (size_t length = 0; length < sizeof text; length++) {
        OWNED(codes_owned) struct codes *codes = NULL;
        struct error why = {0};

        if (!read_bytes(sample, length, NULL, &codes, &why))
            assert_true(why.kind == ERROR_CONFIG && !codes && *why.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_lines_are_complained_of_with_line_and_cure),
        cmocka_unit_test(zero_bytes_are_malformed_too),
        cmocka_unit_test(a_table_that_stands_alone_has_a_version_and_rows),
        cmocka_unit_test(a_bad_table_leaves_the_one_behind_it_alone),
        cmocka_unit_test(a_table_has_limits),
        cmocka_unit_test(no_byte_anywhere_harms),
    };

    return check_main("codes_malformed", tests);
}
