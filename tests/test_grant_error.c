/* SPDX-License-Identifier: MIT */
/* The token endpoint's error answer: RFC 6749 5.2; platform.md 3.1, 5.7. */
#include "platform/grant.h"

#include "base/own.h"
#include "tests/check.h"

OWN_DEFINE(codes_owned, struct codes, codes_release);

static struct oauth_error read_error_of(const char *body, size_t length)
{
    OWNED(free_memory) char *block = malloc(length ? length : 1);
    struct oauth_error error = {.error = "left over", .count = 1};

    memcpy(block, body, length);
    oauth_error_read(block, length, &error);
    return error;
}

static struct oauth_error read_error(const char *body)
{
    return read_error_of(body, strlen(body));
}

static void an_error_is_well_formed_or_none(void **state)
{
    static const struct {
        const char *body, *error;
    } cases[] = {
        {"{\"error\":\"invalid_grant\"}", "invalid_grant"},
        {" {\"error\":\"invalid_grant\",\"x\":{\"y\":[]}}\r\n", "invalid_grant"},
        {"{\"error\":\"line\\nbreak\\u001b[1m\\u00e4\"}", "line?break?[1m??"},
        {"{\"error\":\"\"}", ""},
        {"{\"error\":null}", ""},
        {"{\"error\":{\"code\":\"invalid_grant\"}}", ""},
        {"{\"error\":[\"invalid_grant\"]}", ""},
        {"{\"error\":400}", ""},
        {"{\"Error\":\"invalid_grant\"}", ""},
        {"{\"error_codes\":[50126]}", ""},
        {"{\"error\":\"invalid_grant\",\"error\":\"invalid_grant\"}", ""},
        {"{\"error\":\"invalid_grant\"", ""},
        {"{\"error\":\"invalid_grant\"}}", ""},
        {"\"invalid_grant\"", ""},
        {"<html><body>invalid_grant</body></html>", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_string_equal(read_error(cases[i].body).error, cases[i].error);
}

static void numbers_come_from_the_list_else_from_the_description(void **state)
{
    static const struct {
        const char *members;
        unsigned numbers[OAUTH_NUMBERS_MOST];
    } cases[] = {
        {"\"error_codes\":[50126]", {50126}},
        {"\"error_codes\":[50076,50074,16000]", {50076, 50074, 16000}},
        {"\"error_codes\":[50126],\"error_description\":\"AADSTS50057: x\"", {50126}},
        {"\"error_codes\":\"[500011]\",\"error_description\":\"AADSTS500012: x\"", {500011}},
        {"\"error_codes\":\"[50076, 50074,16000]\"", {50076, 50074, 16000}},
        {"\"error_codes\":\"50126\"", {50126}},
        {"\"error_codes\":50126", {50126}},
        {"\"error_codes\":\"[50126] x\",\"error_description\":\"AADSTS50057: x\"", {50057}},
        {"\"error_codes\":\"AADSTS50126\"", {0}},
        {"\"error_codes\":\"[]\"", {0}},
        {"\"error_codes\":\"\"", {0}},
        {"\"error_codes\":\"2000000000,99999999999999999999999,7\"", {7}},
        {"\"error_codes\":[],\"error_description\":\"AADSTS50057: x\"", {50057}},
        {"\"error_codes\":[true,-5,0,1.5,null,[1],{}],\"error_description\":\"AADSTS50057\"",
         {50057}},
        {"\"error_codes\":[\"50126\",true,50057]", {50126, 50057}},
        {"\"error_description\":\"AADB2C90225: The username or password provided\"",
         {CODE_B2C + 90225}},
        {"\"error_codes\":[90225],\"error_description\":\"AADB2C90053: x\"", {90225}},
        {"\"error_description\":\"AADB2C\"", {0}},
        {"\"error_description\":\"AADB2C2294967295: x\"", {0}},
        {"\"error_description\":\"AADSTS2000090225: x\"", {0}},
        {"\"error_description\":\"AADSTS18446744073709601742: x\"", {0}}, /* 2^64 + 50126 */
        {"\"error_codes\":[2000090225]", {0}},
        {"\"error_codes\":[1999999999]", {1999999999}},
        {"\"error_description\":\"AADSTS700082 The refresh token\\r\\nTrace ID\"", {700082}},
        {"\"error_description\":\"see AADSTS50057\"", {0}},
        {"\"error_description\":\"number50057\"", {0}},
        {"\"error_description\":\"AADSTS\"", {0}},
        {"\"error_description\":\"AADSTS99999999999999999999: x\"", {0}},
        {"\"error_codes\":[99999999999]", {0}},
        {"\"error_codes\":{\"a\":50126}", {0}},
        {"\"error_codes\":[1,2,3,4,5,6,7,8,9,10]", {1, 2, 3, 4, 5, 6, 7, 8}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(free_memory) char *body = NULL;
        struct oauth_error error;
        size_t count = 0;

        assert_true(asprintf(&body, "{\"error\":\"e\",%s}", cases[i].members) > 0);
        error = read_error(body);
        while (count < OAUTH_NUMBERS_MOST && cases[i].numbers[count])
            count++;
        if (error.count != count ||
            memcmp(error.numbers, cases[i].numbers, sizeof error.numbers) != 0)
            fail_msg("%s: %zu numbers, first %u", cases[i].members, error.count, error.numbers[0]);
    }
}

static void claims_and_suberror_are_seen(void **state)
{
    (void)state;
    assert_true(read_error("{\"error\":\"e\",\"claims\":\"{}\"}").claims);
    assert_true(read_error("{\"error\":\"e\",\"claims\":{\"a\":1}}").claims);
    assert_false(read_error("{\"error\":\"e\",\"claims\":\"\"}").claims);
    assert_false(read_error("{\"error\":\"e\",\"claims\":null}").claims);
    assert_false(read_error("{\"error\":\"e\"}").claims);
    assert_string_equal(read_error("{\"error\":\"e\",\"suberror\":\"bad_token\"}").suberror,
                        "bad_token");
    assert_string_equal(read_error("{\"error\":\"e\",\"suberror\":5}").suberror, "");
}

static void a_challenge_comes_back_as_text_or_not_at_all(void **state)
{
    static const struct {
        const char *member, *claims;
    } cases[] = {
        {",\"claims\":\"{\\\"access_token\\\":{\\\"a\\\":1}}\"", "{\"access_token\":{\"a\":1}}"},
        {",\"claims\":{\"access_token\":{\"a\":1}}", "{\"access_token\":{\"a\":1}}"},
        {",\"claims\":\"not JSON\"", NULL},
        {",\"claims\":\"[1]\"", NULL},
        {",\"claims\":\"{\\\"a\\\":1,\\\"a\\\":2}\"", NULL},
        {",\"claims\":[1]", NULL},
        {",\"claims\":5", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(free_memory) char *claims = NULL;
        char body[256];

        snprintf(body, sizeof body, "{\"error\":\"e\"%s}", cases[i].member);
        oauth_claims_read(body, strlen(body), &claims);
        assert_int_equal(!claims, !cases[i].claims);
        if (claims)
            assert_string_equal(claims, cases[i].claims);
    }
}

static void a_challenge_has_its_length_and_no_byte_more(void **state)
{
    (void)state;
    for (int more = 0; more < 2; more++) {
        OWNED(free_memory) char *claims = NULL;
        char body[OAUTH_CLAIMS_MOST + 64];

        snprintf(body, sizeof body, "{\"claims\":{\"a\":\"%0*d\"}}",
                 (int)(OAUTH_CLAIMS_MOST - strlen("{\"a\":\"\"}")) + more, 1);
        oauth_claims_read(body, strlen(body), &claims);
        assert_int_equal(!claims, more);
    }
}

static void long_words_are_cut_and_odd_ids_left_out(void **state)
{
    OWNED(free_memory) char *body = NULL;
    struct oauth_error error;
    char word[200];

    (void)state;
    memset(word, 'w', sizeof word);
    word[sizeof word - 1] = '\0';
    assert_true(asprintf(&body, "{\"error\":\"%s\",\"trace_id\":\"%s\",\"correlation_id\":\"a b\"}",
                         word, word) > 0);
    error = read_error(body);
    assert_int_equal(strlen(error.error), OAUTH_WORD_MOST);
    assert_string_equal(error.trace_id, "");
    assert_string_equal(error.correlation_id, "");
}

static void a_long_description_still_has_its_number(void **state)
{
    OWNED(free_memory) char *body = NULL;
    char words[6000];
    struct oauth_error error;

    (void)state;
    memset(words, 'w', sizeof words);
    words[sizeof words - 1] = '\0';
    assert_true(
        asprintf(&body, "{\"error\":\"e\",\"error_description\":\"AADSTS50057: %s\"}", words) > 0);
    error = read_error(body);
    assert_int_equal(error.count, 1);
    assert_int_equal(error.numbers[0], 50057);
}

static void the_log_line_names_status_error_number_and_ids(void **state)
{
    static const struct {
        const char *members;
        unsigned number;
        const char *line;
    } cases[] = {
        {"\"suberror\":\"bad_token\",\"error_codes\":[50057],"
         "\"error_description\":\"AADSTS50057: tell nobody\","
         "\"trace_id\":\"0a0a0a0a-0000-4000-8000-000000000007\","
         "\"correlation_id\":\"0b0b0b0b-0000-4000-8000-000000000008\"",
         50057,
         "/bad_token AADSTS50057: account disabled, "
         "correlation_id=0b0b0b0b-0000-4000-8000-000000000008, "
         "trace_id=0a0a0a0a-0000-4000-8000-000000000007"},
        {"\"error_description\":\"AADB2C90129: tell nobody\"", CODE_B2C + 90129,
         " AADB2C90129: grant revoked"},
        {"\"error_codes\":[59999,50057]", 50057, " AADSTS50057: account disabled"},
        {"\"error_codes\":[59999]", 0, " AADSTS59999"},
        {"\"error_codes\":[]", 0, ""},
    };
    OWNED(codes_owned) struct codes *codes = NULL;
    struct oauth_error none = {0};
    struct error why;

    (void)state;
    assert_true(codes_built_in(&codes, &why));
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(free_memory) char *body = NULL;
        OWNED(free_memory) char *line = NULL;
        struct oauth_error error;

        assert_true(asprintf(&body, "{\"error\":\"invalid_grant\",%s}", cases[i].members) > 0);
        assert_true(asprintf(&line, "HTTP 400 invalid_grant%s", cases[i].line) > 0);
        error = read_error(body);
        oauth_error_tell(codes, 400, &error, cases[i].number, &why);
        assert_string_equal(why.text, line);
    }
    oauth_error_tell(NULL, 503, &none, 0, &why);
    assert_string_equal(why.text, "HTTP 503 without an OAuth error");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_error_is_well_formed_or_none),
        cmocka_unit_test(numbers_come_from_the_list_else_from_the_description),
        cmocka_unit_test(claims_and_suberror_are_seen),
        cmocka_unit_test(a_challenge_comes_back_as_text_or_not_at_all),
        cmocka_unit_test(a_challenge_has_its_length_and_no_byte_more),
        cmocka_unit_test(long_words_are_cut_and_odd_ids_left_out),
        cmocka_unit_test(a_long_description_still_has_its_number),
        cmocka_unit_test(the_log_line_names_status_error_number_and_ids),
    };

    return check_main("grant_error", tests);
}
