/* SPDX-License-Identifier: MIT */
/* login/gecos.c: what a directory may put into a passwd line, and what not. */
#include "login/gecos.h"
#include "tests/check.h"

#include <string.h>

static void full_names_lose_only_what_would_harm(void **state)
{
    static const struct {
        const char *text, *wanted;
    } cases[] = {
        {"Ada Example", "Ada Example"},
        {"", ""},
        {"\xc3\x85"
         "dne \xc3\x98stby",
         "\xc3\x85"
         "dne \xc3\x98stby"},
        {"Ada:0:0:root:/:/bin/sh", "Ada00root//bin/sh"},
        {"Ada\nroot:x:0:0", "Adarootx00"},
        {"Ada, room 1, 555", "Ada room 1 555"},
        {"\x1b]0;title\x07"
         "Ada",
         "]0;titleAda"},
        {"Ada\x7f\x01\x1f", "Ada"},
        {"Ada\xc2\x9b"
         "31m",
         "Ada31m"}, /* C1 control */
        {"Ada\xe2\x80\xae"
         "gpj",
         "Adagpj"}, /* right-to-left override */
        {"Ada\xe2\x80\x8b"
         "x\xef\xbb\xbf",
         "Adax"},
        {"Ada\xff\xfe\xc3", "Ada"},         /* not UTF-8 */
        {"Ada\xc0\x80\xe0\x80\xaf", "Ada"}, /* overlong forms */
        {"Ada\xed\xa0\x80", "Ada"},         /* a surrogate */
    };
    char out[64];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        gecos_clean(cases[i].text, out, sizeof out);
        assert_string_equal(out, cases[i].wanted);
    }
}

static void a_long_name_is_cut_between_characters(void **state)
{
    char out[6];

    (void)state;
    gecos_clean("abcd\xc3\xa9"
                "f",
                out, sizeof out);
    assert_string_equal(out, "abcd");
    gecos_clean("abc\xc3\xa9"
                "f",
                out, sizeof out);
    assert_string_equal(out, "abc\xc3\xa9");
}

/* Whatever the bytes: one line, no separator, no control byte, within the size. */
static void any_two_bytes_make_a_harmless_field(void **state)
{
    char text[4] = {0}, out[8];

    (void)state;
    for (unsigned n = 0; n < 0x10000; n++) {
        text[0] = (char)(n >> 8);
        text[1] = (char)n;
        gecos_clean(text, out, sizeof out);
        assert_null(strpbrk(out, ":,\n\r\x1b\x7f"));
        assert_true(strlen(out) <= strlen(text));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(full_names_lose_only_what_would_harm),
        cmocka_unit_test(a_long_name_is_cut_between_characters),
        cmocka_unit_test(any_two_bytes_make_a_harmless_field),
    };

    return check_main("gecos", tests);
}
