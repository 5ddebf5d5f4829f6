/* SPDX-License-Identifier: MIT */
/* What every number comes to, for both grants: platform.md 3.3 and 3.5 against the table. */
#include "tests/code_rows.h"

static struct codes *codes;

static int read_codes(void **state)
{
    struct error why;

    (void)state;
    return codes_built_in(&codes, &why) ? 0 : -1;
}

static int release_codes(void **state)
{
    (void)state;
    codes_release(codes);
    return 0;
}

/* Calls `visit` for each number of a row. */
static void each_number(const struct code_row *row,
                        void (*visit)(const struct code_row *row, unsigned number))
{
    const char *text = row->numbers;

    while (*text) {
        char *end;
        unsigned first = code_row_number(text, &end);
        unsigned last = *end == '-' ? code_row_number(end + 1, &end) : first;

        assert_true(first > 0 && last >= first && (*end == ' ' || *end == '\0'));
        for (unsigned number = first; number <= last; number++)
            visit(row, number);
        text = end + (*end == ' ');
    }
}

/*
 * What the message asks for beside what is refused, whose own words it may be. B2C has none: there,
 * as in the table, it follows from what is refused.
 */
static enum advice advice_of(const struct code_row *row)
{
    static const struct {
        const char *message;
        enum advice advice;
        enum refusal own, own_too;
    } advices[] = {
        {"M-DEV", ADVICE_DEVICE, REFUSALS, REFUSALS},
        {"M-GUEST", ADVICE_GUEST, REFUSALS, REFUSALS},
        {"M-HOURS", ADVICE_HOURS, REFUSALS, REFUSALS},
        {"M-RISK", ADVICE_RISK, REFUSALS, REFUSALS},
        {"M-MFAREG", ADVICE_REGISTER, REFUSALS, REFUSALS},
        {"M-DECL", ADVICE_DECLINED, REFUSALS, REFUSALS},
        {"M-ASSIGN", ADVICE_ASSIGN, REFUSALS, REFUSALS},
        {"M-POL", ADVICE_POLICY, REFUSAL_POLICY, REFUSALS},
        {"M-EXP", ADVICE_EXPIRED, REFUSAL_EXPIRED, REFUSALS},
        {"M-MFA", ADVICE_VERIFY, REFUSAL_MORE, REFUSALS},
        {"M-REAUTH", ADVICE_AGAIN, REFUSAL_REVOKED, REFUSAL_FREQUENCY},
        {"M-CODE", ADVICE_CODE, REFUSALS, REFUSALS},
        {"M-CODEEXP", ADVICE_LATE, REFUSALS, REFUSALS},
        {"M-CFG", ADVICE_SETUP, REFUSALS, REFUSALS},
        {"M-TIME", ADVICE_CLOCK, REFUSALS, REFUSALS},
    };
    bool is_b2c = strncmp(row->numbers, "B2C", 3) == 0;

    if (is_b2c && row->letter[0] == 'C')
        return ADVICE_SETUP;
    if (is_b2c && row->refresh == REFUSAL_TOKEN && row->password == REFUSAL_DENIED)
        return ADVICE_AGAIN;
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strcmp(advices[i].message, row->message) == 0)
            return row->password == advices[i].own || row->password == advices[i].own_too
                       ? ADVICE_NONE
                       : advices[i].advice;
    return ADVICE_NONE;
}

static void expect_row(const struct code_row *row, enum grant grant, unsigned number,
                       enum refusal wanted)
{
    struct oauth_error error = {.error = "invalid_grant", .numbers = {number}, .count = 1};
    struct judgement got = classify(codes, grant, 400, &error);
    bool counts = wanted != BY_WORDS;
    bool throttled = strcmp(row->letter, "U throttle") == 0;

    if (!counts)
        wanted = grant == GRANT_REFRESH ? REFUSAL_DOUBT : REFUSAL_DENIED;
    expect(got, wanted, row->letter, number);
    if (got.number != (counts ? number : 0) || got.wait_seconds != (throttled ? 60 : 0) ||
        got.advice != (counts ? advice_of(row) : ADVICE_NONE))
        fail_msg("%s %u: number %u, wait %u, advice %d", row->letter, number, got.number,
                 got.wait_seconds, (int)got.advice);
}

static void expect_number(const struct code_row *row, unsigned number)
{
    if (!codes_find(codes, number))
        fail_msg("%u is not in the table", number);
    expect_row(row, GRANT_PASSWORD, number, row->password);
    expect_row(row, GRANT_REFRESH, number, row->refresh);
    /* Whoever has a device code has typed no password that could be wrong. */
    expect_row(row, GRANT_DEVICE, number,
               row->password == REFUSAL_SECRET ? REFUSAL_DENIED : row->password);
}

static void every_number_means_what_its_letter_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODE_ROWS; i++)
        each_number(&code_rows[i], expect_number);
}

static size_t listed;   /* numbers of the list, and */
static unsigned sought; /* how often this one is among them */
static size_t found;

static void count_number(const struct code_row *row, unsigned number)
{
    (void)row;
    listed++;
    found += number == sought;
}

static size_t times_listed(unsigned number)
{
    sought = number;
    found = listed = 0;
    for (size_t i = 0; i < CODE_ROWS; i++)
        each_number(&code_rows[i], count_number);
    return found;
}

static void the_table_has_no_number_that_the_list_has_not(void **state)
{
    const struct code *code;
    size_t known = 0;

    (void)state;
    for (size_t i = 0; (code = codes_row(codes, i)); i++)
        for (unsigned number = code->first; number <= code->last; number++) {
            if (times_listed(number) != 1)
                fail_msg("%u is listed %zu times", number, found);
            known += codes_find(codes, number) == code;
        }
    assert_int_equal(known, listed);
    assert_int_equal(listed, 343);
}

/* What each letter allows, 3.1: a slip in the list itself stands out here. */
/* clang-format off */
static const struct allowed {
    const char *letter;
    enum refusal password, refresh;
} allowed[] = {
    {"D", BAD_PASSWORD}, {"D", BOTH(DENIED)}, {"D", BOTH(LOCKED)}, {"D", DEAD_TOKEN},
    {"N to D", BOTH(DENIED)},
    {"L", BOTH(ACCOUNT)}, {"L", BOTH(UNASSIGNED)}, {"L", BOTH(DISABLED)}, {"L", BOTH(POLICY)},
    {"L", BOTH(RISK)}, {"L", BOTH(EXPIRED)},
    {"I", BOTH(MORE)}, {"I", STEP_UP}, {"N to I", BOTH(MORE)}, {"U*", BOTH(MORE)},
    {"R", DEAD_TOKEN}, {"R/L", DEAD_DEVICE}, {"R+", BOTH(REVOKED)}, {"R+", BOTH(FREQUENCY)},
    {"C1", SET_UP_WRONG}, {"C1 with invalid_client", NOTHING}, {"C2", BOTH(SETUP)},
    {"U", UNREACHABLE}, {"U throttle", UNREACHABLE},
    {"P", NOTHING}, {"N", NOTHING},
};
/* clang-format on */

static void the_list_agrees_with_its_letters(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODE_ROWS; i++) {
        const struct code_row *row = &code_rows[i];
        bool right = false;

        for (size_t n = 0; n < sizeof allowed / sizeof allowed[0]; n++)
            right = right ||
                    (strcmp(allowed[n].letter, row->letter) == 0 &&
                     allowed[n].password == row->password && allowed[n].refresh == row->refresh);
        if (!right)
            fail_msg("%s: %s", row->numbers, row->letter);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_means_what_its_letter_says),
        cmocka_unit_test(the_table_has_no_number_that_the_list_has_not),
        cmocka_unit_test(the_list_agrees_with_its_letters),
    };

    return check_done(
        "classify_rows", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("classify_rows", tests, read_codes, release_codes));
}
