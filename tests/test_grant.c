/* SPDX-License-Identifier: MIT */
/* The token endpoint's form and tokens: RFC 6749 4.3, 5.1, 6; platform.md 2.5, 2.6. */
#include "platform/grant.h"

#include "base/own.h"
#include "platform/http.h"
#include "platform/token.h"
#include "tests/check.h"

static void forms_are_encoded_byte_by_byte(void **state)
{
    static const struct {
        const char *value, *encoded;
    } cases[] = {
        {"", "n="},
        {"plain-._~09AZaz", "n=plain-._~09AZaz"},
        {"a b+c", "n=a%20b%2Bc"},
        {"50%&x=y", "n=50%25%26x%3Dy"},
        {"\xc3\xa4\xe2\x82\xac", "n=%C3%A4%E2%82%AC"},
        {"\x01\x7f\xff", "n=%01%7F%FF"},
        {"/:?#[]@!$'()*,;\"\\", "n=%2F%3A%3F%23%5B%5D%40%21%24%27%28%29%2A%2C%3B%22%5C"},
    };
    struct error why;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(form_release) struct form form = {0};

        assert_true(form_add(&form, "n", cases[i].value, &why));
        assert_int_equal(form.length, strlen(cases[i].encoded));
        assert_memory_equal(form.bytes, cases[i].encoded, form.length);
    }
}

static void fields_are_parted_by_an_ampersand(void **state)
{
    OWNED(form_release) struct form form = {0};
    struct error why;

    (void)state;
    assert_true(form_add(&form, "a", "1", &why) && form_add(&form, "b", "2&", &why));
    assert_int_equal(form.length, strlen("a=1&b=2%26"));
    assert_memory_equal(form.bytes, "a=1&b=2%26", form.length);
}

static void a_form_has_a_limit_and_keeps_what_it_had(void **state)
{
    OWNED(form_release) struct form form = {0};
    OWNED(free_memory) char *value = malloc(FORM_MOST + 1);
    struct error why;

    (void)state;
    memset(value, 'x', FORM_MOST);
    value[FORM_MOST - 4] = '\0';
    assert_true(form_add(&form, "a", "1", &why));
    assert_false(form_add(&form, "b", value, &why));
    assert_int_equal(form.length, 3);
    assert_memory_equal(form.bytes, "a=1", 3);
    value[FORM_MOST - strlen("a=1&b=")] = '\0';
    assert_true(form_add(&form, "b", value, &why));
    assert_int_equal(form.length, FORM_MOST);
}

static void the_longest_refresh_token_fits_a_form_however_it_is_encoded(void **state)
{
    OWNED(form_release) struct form form = {0};
    OWNED(free_memory) char *token = malloc(GRANT_REFRESH_TOKEN_MOST + 1);
    struct error why;

    (void)state;
    memset(token, '%', GRANT_REFRESH_TOKEN_MOST);
    token[GRANT_REFRESH_TOKEN_MOST] = '\0';
    assert_true(form_add(&form, "scope", "openid profile offline_access", &why));
    assert_true(form_add(&form, "refresh_token", token, &why));
}

/* In a block of its very size, so that the sanitizer sees a byte too far. */
static bool read_tokens(const char *body, size_t length, struct tokens *tokens)
{
    OWNED(free_memory) char *block = malloc(length ? length : 1);
    struct error why = {0};
    bool usable;

    memcpy(block, body, length);
    usable = tokens_read(block, length, tokens, &why);
    assert_true(usable || (why.kind == ERROR_MALFORMED && *why.text));
    return usable;
}

static const char success[] =
    "{\"token_type\":\"Bearer\",\"scope\":\"openid profile\",\"expires_in\":4511,"
    "\"access_token\":\"opaque\",\"refresh_token\":\"1.AAAA-rt\",\"id_token\":\"a.b.c\"}";

static void tokens_are_taken_from_a_whole_answer_only(void **state)
{
    OWNED(tokens_release) struct tokens tokens = {0};
    struct tokens untouched = {0};

    (void)state;
    for (size_t length = 0; length < strlen(success); length++)
        assert_false(read_tokens(success, length, &untouched));
    assert_null(untouched.id_token);
    assert_true(read_tokens(success, strlen(success), &tokens));
    assert_string_equal(tokens.id_token, "a.b.c");
    assert_string_equal(tokens.refresh_token, "1.AAAA-rt");
    assert_string_equal(tokens.access_token, "opaque");
    assert_null(untouched.access_token);
}

static void answers_that_are_no_tokens_are_told_apart(void **state)
{
    static const struct {
        const char *body;
        bool usable, refreshes;
    } cases[] = {
        {"{\"access_token\":\"a\",\"id_token\":\"i\"}", true, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"refresh_token\":\"r\"}", true, true},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":\"3600\",\"x\":[1,{}]}", true,
         false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":-1e300}", true, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":100800}", true, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":9223372036854775807}", true,
         false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"expires_in\":null,\"refresh_in\":[]}", true,
         false},
        {"{\"access_token\":\"no.jwt at all \\\"{}\",\"id_token\":\"i\"}", true, false},
        {"{\"id_token\":\"i\"}", false, false},
        {"{\"access_token\":\"a\"}", false, false},
        {"{\"access_token\":\"\",\"id_token\":\"i\"}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":\"\"}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":null}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":[\"i\"]}", false, false},
        {"{\"access_token\":1,\"id_token\":\"i\"}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"refresh_token\":7}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"refresh_token\":\"\"}", false, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\",\"id_token\":\"j\"}", false, false},
        {"[{\"access_token\":\"a\",\"id_token\":\"i\"}]", false, false},
        {"{\"access_token\":\"a\",\"id_token\":\"i\"} {}", false, false},
        {"<html></html>", false, false},
        {"null", false, false},
        {"", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(tokens_release) struct tokens tokens = {0};

        if (read_tokens(cases[i].body, strlen(cases[i].body), &tokens) != cases[i].usable ||
            (tokens.refresh_token != NULL) != cases[i].refreshes)
            fail_msg("%s", cases[i].body);
    }
}

static bool tokens_of_length(size_t id, size_t refresh)
{
    OWNED(tokens_release) struct tokens tokens = {0};
    OWNED(free_memory) char *x = malloc(TOKEN_TEXT_MOST + 2);
    OWNED(free_memory) char *body = NULL;
    int length;

    memset(x, 'x', TOKEN_TEXT_MOST + 2);
    length =
        asprintf(&body, "{\"access_token\":\"a\",\"id_token\":\"%.*s\",\"refresh_token\":\"%.*s\"}",
                 (int)id, x, (int)refresh, x);
    assert_true(length > 0);
    return read_tokens(body, (size_t)length, &tokens);
}

static void tokens_have_limits(void **state)
{
    (void)state;
    assert_true(tokens_of_length(TOKEN_TEXT_MOST, GRANT_REFRESH_TOKEN_MOST));
    assert_false(tokens_of_length(TOKEN_TEXT_MOST + 1, 1));
    assert_false(tokens_of_length(1, GRANT_REFRESH_TOKEN_MOST + 1));
}

/* A sign-in needs none: one that is too long is only not kept. */
static void an_access_token_is_taken_as_it_is_or_not_at_all(void **state)
{
    OWNED(free_memory) char *x = malloc(GRANT_ACCESS_TOKEN_MOST + 1);

    (void)state;
    memset(x, 'x', GRANT_ACCESS_TOKEN_MOST + 1);
    for (size_t more = 0; more < 2; more++) {
        OWNED(tokens_release) struct tokens tokens = {0};
        OWNED(free_memory) char *body = NULL;
        int length = asprintf(&body, "{\"access_token\":\"%.*s\",\"id_token\":\"i\"}",
                              (int)(GRANT_ACCESS_TOKEN_MOST + more), x);

        assert_true(length > 0 && read_tokens(body, (size_t)length, &tokens));
        if (more)
            assert_null(tokens.access_token);
        else
            assert_true(tokens.access_token &&
                        strspn(tokens.access_token, "x") == GRANT_ACCESS_TOKEN_MOST);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_encoded_byte_by_byte),
        cmocka_unit_test(fields_are_parted_by_an_ampersand),
        cmocka_unit_test(a_form_has_a_limit_and_keeps_what_it_had),
        cmocka_unit_test(the_longest_refresh_token_fits_a_form_however_it_is_encoded),
        cmocka_unit_test(tokens_are_taken_from_a_whole_answer_only),
        cmocka_unit_test(answers_that_are_no_tokens_are_told_apart),
        cmocka_unit_test(tokens_have_limits),
        cmocka_unit_test(an_access_token_is_taken_as_it_is_or_not_at_all),
    };

    return check_main("grant", tests);
}
