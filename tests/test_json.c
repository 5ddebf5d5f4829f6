/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "platform/json.h"
#include "tests/check.h"

#include <string.h>

static const char *watched; /* whose bytes are looked for in what is wiped */
static unsigned wiped;

/* In the place of libc's: says what would be seen in memory that was not wiped. */
void explicit_bzero(void *memory, size_t length)
{
    const void *volatile seen = memory; /* libc declares that nobody would read it */

    if (watched && memmem(seen, length, watched, strlen(watched)))
        wiped++;
    memset(memory, 0, length);
    __asm__ volatile("" : : "r"(memory) : "memory");
}

/* What _FORTIFY_SOURCE makes of it. */
void __explicit_bzero_chk(void *memory, size_t length, size_t known);
void __explicit_bzero_chk(void *memory, size_t length, size_t known)
{
    assert_true(length <= known);
    (explicit_bzero)(memory, length);
}

static bool reads(const char *text, size_t length)
{
    json_t *untouched = NULL, *object = NULL;
    struct error why = {0};
    bool good = json_read(text, length, 4096, &object, &why);

    if (good)
        json_decref(object);
    else {
        assert_ptr_equal(object, untouched);
        assert_int_equal(why.kind, ERROR_MALFORMED);
        assert_true(why.text[0]);
    }
    return good;
}

static void objects_of_strict_json_are_read(void **state)
{
    static const char *const good[] = {
        "{}",
        " { } ",
        "{\"a\":1}\r\n\t ",
        "{\"a\":{\"a\":{\"a\":1}},\"b\":[{\"a\":1},{\"a\":2}]}",
        "{\"a\":\"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[{{{{{{{{\\\"[[[[[[[[[[[[[[[\"}",
        "{\"a\":\"\\ud83d\\ude00\",\"b\":\"\xc3\xa4\"}"};

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!reads(good[i], strlen(good[i])))
            fail_msg("refused %s", good[i]);
}

static void anything_else_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      " ",
                                      "[]",
                                      "1",
                                      "\"a\"",
                                      "null",
                                      "true",
                                      "{",
                                      "}",
                                      "{}}",
                                      "{}{}",
                                      "{},",
                                      "{} x",
                                      "{\"a\":1,\"a\":1}",
                                      "{\"a\":1,\"a\":2}",
                                      "{\"a\":1,\"\\u0061\":2}",
                                      "{\"x\":{\"a\":1,\"b\":2,\"a\":3}}",
                                      "{\"x\":[{\"a\":1,\"a\":2}]}",
                                      "{\"a\":1,}",
                                      "{'a':1}",
                                      "{a:1}",
                                      "{\"a\":01}",
                                      "{\"a\":+1}",
                                      "{\"a\":.5}",
                                      "{\"a\":0x1}",
                                      "{\"a\":NaN}",
                                      "{\"a\":Infinity}",
                                      "{\"a\":1e999}",
                                      "{\"a\":99999999999999999999}",
                                      "{\"a\":\"\\u0000\"}",
                                      "{\"\\u0000\":1}",
                                      "{\"a\":\"\\ud800\"}",
                                      "{\"a\":\"\\udc00\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":\"\xc0\xaf\"}",
                                      "{\"a\":\"\xed\xa0\x80\"}",
                                      "{\"a\":\"\xc3\"}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\\x\"}",
                                      "\xef\xbb\xbf{}",
                                      "{/**/}",
                                      "{\"a\":1}//",
                                      "<html></html>"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (reads(bad[i], strlen(bad[i])))
            fail_msg("accepted %s", bad[i]);
    assert_false(reads("{}\0", 3));
    assert_false(reads("{\"a\":\"\0\"}", 9));
    assert_false(reads("{\0}", 3));
}

static void nesting_is_bounded_whatever_the_brackets(void **state)
{
    (void)state;
    for (size_t depth = 1; depth <= 2000; depth += depth < 40 ? 1 : 490)
        for (int objects = 0; objects < 2; objects++) {
            const char *open = objects ? "{\"a\":" : "[", *close = objects ? "}" : "]";
            struct buffer text = BUFFER_WITH_LIMIT(20000);
            json_auto_t *object = NULL;

            assert_true(buffer_add(&text, "{\"a\":", 5));
            for (size_t i = 1; i < depth; i++)
                assert_true(buffer_add(&text, open, strlen(open)));
            assert_true(buffer_add(&text, "1", 1));
            for (size_t i = 1; i < depth; i++)
                assert_true(buffer_add(&text, close, 1));
            assert_true(buffer_add(&text, "}", 1));
            assert_int_equal(json_read(text.bytes, text.length, 20000, &object, &(struct error){0}),
                             depth <= JSON_DEPTH_MOST);
            buffer_release(&text);
        }
}

static void the_bytes_allowed_are_a_limit(void **state)
{
    json_auto_t *object = NULL;
    struct error why = {0};

    (void)state;
    assert_true(json_read("{\"a\":1}", 7, 7, &object, &why));
    assert_false(json_read("{\"a\":1}", 7, 6, &object, &why));
    assert_int_equal(why.kind, ERROR_MALFORMED);
}

static void texts_are_texts_of_the_length_allowed(void **state)
{
    static const char source[] = "{\"four\":\"abcd\",\"none\":\"\",\"null\":null,\"number\":1,"
                                 "\"list\":[\"a\"],\"object\":{},\"true\":true}";
    static const char *const wrong[] = {"none", "null", "number", "list", "object", "true"};
    const char *text = "untouched";
    json_auto_t *object = NULL;
    struct error why = {0};

    (void)state;
    assert_true(json_read(source, strlen(source), 4096, &object, &why));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(json_text(object, wrong[i], 100, &text, &why));
        assert_false(json_text_if_any(object, wrong[i], 100, &text, &why));
    }
    assert_false(json_text(object, "absent", 100, &text, &why));
    assert_true(json_text_if_any(object, "absent", 100, &text, &why));
    assert_false(json_text(object, "four", 3, &text, &why));
    assert_string_equal(text, "untouched");
    assert_true(json_text(object, "four", 4, &text, &why));
    assert_string_equal(text, "abcd");
}

static void numbers_are_integers_within_their_range(void **state)
{
    static const char source[] =
        "{\"one\":1,\"real\":1.0,\"power\":1e3,\"text\":\"1\",\"null\":null,"
        "\"huge\":1e300,\"most\":9223372036854775807,\"less\":-1}";
    static const char *const wrong[] = {"real", "power", "text", "null", "huge", "most", "less"};
    int64_t number = 42;
    json_auto_t *object = NULL;
    struct error why = {0};

    (void)state;
    assert_true(json_read(source, strlen(source), 4096, &object, &why));
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        assert_false(json_number(object, wrong[i], 0, JSON_INTEGER_MOST, &number, &why));
        assert_false(json_number_if_any(object, wrong[i], 0, JSON_INTEGER_MOST, &number, &why));
    }
    assert_false(json_number(object, "absent", 0, 9, &number, &why));
    assert_true(json_number_if_any(object, "absent", 0, 9, &number, &why));
    assert_false(json_number(object, "one", 2, 9, &number, &why));
    assert_false(json_number(object, "one", -9, 0, &number, &why));
    assert_int_equal(number, 42);
    assert_true(json_number(object, "less", -1, -1, &number, &why));
    assert_int_equal(number, -1);
}

/* The value, and what it was read into; of the latter the beginning may be overwritten. */
static void copies_of_what_was_read_are_wiped(void **state)
{
    static const char *const bodies[] = {
        "{\"access_token\":\"%s\"}", "{\"access_token\":\"%s\"} and more",
        "{\"access_token\":\"%s\",\"expires_in\":}", "{\"a\":\"%s\",\"a\":1}"};
    static const char token[] = "0123456789012345678901234567890123456789the end of it";

    (void)state;
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        char body[256];
        const char *before = strchr(bodies[i], '%');
        int length = snprintf(body, sizeof body, "%.*s%s%s", (int)(before - bodies[i]), bodies[i],
                              token, before + 2);

        wiped = 0;
        watched = strchr(token, 't');
        assert_int_equal(reads(body, (size_t)length), i == 0);
        watched = NULL;
        assert_int_equal(wiped, 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_of_strict_json_are_read),
        cmocka_unit_test(anything_else_is_refused),
        cmocka_unit_test(nesting_is_bounded_whatever_the_brackets),
        cmocka_unit_test(the_bytes_allowed_are_a_limit),
        cmocka_unit_test(texts_are_texts_of_the_length_allowed),
        cmocka_unit_test(numbers_are_integers_within_their_range),
        cmocka_unit_test(copies_of_what_was_read_are_wiped),
    };

    return check_main("json", tests);
}
