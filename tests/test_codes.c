/* SPDX-License-Identifier: MIT */
/* The table of codes: its format (latchkey-codes(5)), and which of two tables decides. */
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

static struct codes *must_read(const char *text, struct codes *behind)
{
    struct codes *codes = NULL;
    struct error why = {0};

    if (!read_bytes(text, strlen(text), behind, &codes, &why))
        fail_msg("%s", why.text);
    return codes;
}

static void expect_row(const struct code *code, unsigned first, unsigned last,
                       enum code_class class, enum advice advice, const char *says)
{
    assert_non_null(code);
    assert_int_equal(code->first, first);
    assert_int_equal(code->last, last);
    assert_int_equal(code->class, class);
    assert_int_equal(code->advice, advice);
    assert_string_equal(code->says, says);
}

static void rows_are_read_as_they_are_written(void **state)
{
    OWNED(codes_owned)
    struct codes *codes = must_read("# about nothing\n"
                                    "\n"
                                    " \t \n"
                                    "50126 secret - wrong  name # or\tpassword\n"
                                    "\t80000-80099\toutage  hours   x\n"
                                    "version   2026-11-22  \n"
                                    "  # the end is near\n"
                                    "B2C90225-B2C90230 risk assign \"quoted\\\"\n"
                                    "1999999999 throttled guest y",
                                    NULL);

    (void)state;
    expect_row(codes_row(codes, 0), 50126, 50126, CODE_SECRET, ADVICE_NONE,
               "wrong  name # or\tpassword");
    expect_row(codes_row(codes, 1), 80000, 80099, CODE_OUTAGE, ADVICE_HOURS, "x");
    expect_row(codes_row(codes, 2), CODE_B2C + 90225, CODE_B2C + 90230, CODE_RISK, ADVICE_ASSIGN,
               "\"quoted\\\"");
    expect_row(codes_row(codes, 3), 1999999999, 1999999999, CODE_THROTTLED, ADVICE_GUEST, "y");
    assert_null(codes_row(codes, 4));
    assert_string_equal(codes_version(codes), "2026-11-22");
}

static const char *const class_words[CODE_CLASSES] = {
    "unknown",    "secret",   "denied",    "locked", "more",    "step",   "account",
    "unassigned", "disabled", "policy",    "risk",   "expired", "token",  "doubt",
    "device",     "revoked",  "frequency", "setup",  "broken",  "outage", "throttled"};
static const char *const advice_words[ADVICES] = {
    "-",      "device",  "guest",  "hours", "risk", "register", "declined", "assign",
    "policy", "expired", "verify", "again", "code", "late",     "setup",    "clock"};

static void every_class_and_every_advice_has_its_word(void **state)
{
    (void)state;
    for (size_t class = 0; class < CODE_CLASSES; class ++)
        for (size_t advice = 0; advice < ADVICES; advice++) {
            OWNED(codes_owned) struct codes *codes = NULL;
            OWNED(free_memory) char *text = NULL;

            assert_true(asprintf(&text, VERSION_LINE "7 %s %s says", class_words[class],
                                 advice_words[advice]) > 0);
            codes = must_read(text, NULL);
            expect_row(codes_find(codes, 7), 7, 7, (enum code_class) class, (enum advice)advice,
                       "says");
        }
}

static void write_end(FILE *out, unsigned number)
{
    fprintf(out, "%s%u", number >= CODE_B2C ? "B2C" : "", number % CODE_B2C);
}

static void the_table_that_is_built_in_can_be_written_and_read_again(void **state)
{
    OWNED(codes_owned) struct codes *built_in = NULL;
    OWNED(codes_owned) struct codes *again = NULL;
    OWNED(free_memory) char *text = NULL;
    size_t length = 0, count = 0;
    struct error why;
    FILE *out = open_memstream(&text, &length);

    (void)state;
    assert_true(codes_built_in(&built_in, &why));
    fprintf(out, "version %s\n", codes_version(built_in));
    for (const struct code *code; (code = codes_row(built_in, count)); count++) {
        write_end(out, code->first);
        fputc('-', out);
        write_end(out, code->last);
        fprintf(out, " %s %s %s\n", class_words[code->class], advice_words[code->advice],
                code->says);
    }
    fclose(out);
    again = must_read(text, NULL);
    assert_true(count > 200);
    for (size_t i = 0; i < count; i++) {
        const struct code *code = codes_row(built_in, i);

        expect_row(codes_row(again, i), code->first, code->last, code->class, code->advice,
                   code->says);
    }
    assert_null(codes_row(again, count));
}

static void a_row_of_one_number_is_an_exception_to_a_range_wherever_it_stands(void **state)
{
    static const char *const texts[] = {
        VERSION_LINE "80004 denied - one\n80000-80099 outage - all",
        VERSION_LINE "80000-80099 outage - all\n80004 denied - one",
    };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        OWNED(codes_owned) struct codes *codes = must_read(texts[i], NULL);

        for (unsigned number = 79990; number < 80110; number++) {
            const struct code *code = codes_find(codes, number);

            if (number == 80004)
                assert_string_equal(code->says, "one");
            else if (number >= 80000 && number <= 80099)
                assert_string_equal(code->says, "all");
            else
                assert_null(code);
        }
        assert_null(codes_find(codes, CODE_B2C + 80004));
        assert_null(codes_find(codes, 0));
        assert_null(codes_find(codes, UINT32_MAX));
    }
    assert_null(codes_find(NULL, 80004));
}

static void the_first_table_that_has_a_number_decides(void **state)
{
    struct codes *last =
        must_read(VERSION_LINE "1 secret - last\n2 secret - last\n3 secret - last", NULL);
    struct codes *middle = must_read("2 denied - middle\nversion 2027-01-01", last);
    OWNED(codes_owned)
    struct codes *first = must_read("# only one\n3-4 policy - first\n", middle);
    static const char *const order[] = {"first", "middle", "last", "last", "last"};

    (void)state;
    assert_string_equal(codes_find(first, 1)->says, "last");
    assert_string_equal(codes_find(first, 2)->says, "middle");
    assert_string_equal(codes_find(first, 3)->says, "last");
    assert_string_equal(codes_find(first, 4)->says, "first");
    assert_null(codes_find(first, 5));
    assert_string_equal(codes_version(first), "2027-01-01");
    for (size_t i = 0; i < 5; i++)
        assert_string_equal(codes_row(first, i)->says, order[i]);
    assert_null(codes_row(first, 5));
}

/* An administrator's range says something general, the package's number something exact. */
static void one_number_in_any_table_comes_before_a_range_in_any(void **state)
{
    struct codes *package =
        must_read(VERSION_LINE "80000-80099 outage - all\n80004 denied - one", NULL);
    OWNED(codes_owned) struct codes *codes = must_read("80000-89999 policy - own", package);

    (void)state;
    assert_string_equal(codes_find(codes, 80004)->says, "one");
    assert_string_equal(codes_find(codes, 80005)->says, "own");
    codes = must_read("80004 secret - mine", codes);
    assert_string_equal(codes_find(codes, 80004)->says, "mine");
    assert_string_equal(codes_find(codes, 80100)->says, "own");
}

static void an_empty_table_before_another_changes_nothing(void **state)
{
    OWNED(codes_owned)
    struct codes *codes = must_read("", must_read(VERSION_LINE "1 secret - x", NULL));

    (void)state;
    assert_int_equal(codes_find(codes, 1)->class, CODE_SECRET);
    assert_string_equal(codes_version(codes), "2026-11-22");
}

static void numbers_have_the_names_that_microsoft_gives_them(void **state)
{
    static const struct {
        unsigned number;
        const char *name;
    } cases[] = {
        {0, ""},
        {50126, "AADSTS50126"},
        {CODE_B2C - 1, "AADSTS1999999999"},
        {CODE_B2C + 90225, "AADB2C90225"},
        {UINT32_MAX, "AADB2C2294967295"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char name[CODE_NAME_MOST + 1];

        code_name(cases[i].number, name);
        assert_string_equal(name, cases[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_are_read_as_they_are_written),
        cmocka_unit_test(every_class_and_every_advice_has_its_word),
        cmocka_unit_test(the_table_that_is_built_in_can_be_written_and_read_again),
        cmocka_unit_test(a_row_of_one_number_is_an_exception_to_a_range_wherever_it_stands),
        cmocka_unit_test(the_first_table_that_has_a_number_decides),
        cmocka_unit_test(one_number_in_any_table_comes_before_a_range_in_any),
        cmocka_unit_test(an_empty_table_before_another_changes_nothing),
        cmocka_unit_test(numbers_have_the_names_that_microsoft_gives_them),
    };

    return check_main("codes", tests);
}
