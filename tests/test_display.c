/* SPDX-License-Identifier: MIT */
/* pam_module/display.c: nothing that a terminal would obey passes. */
#include "tests/check.h"

#include "base/own.h"
#include "pam_module/display.h"

static void plain_text_and_pictures_pass_unchanged(void **state)
{
    static const char *const texts[] = {
        "",
        "Password: ",
        "line one\nline two\twith a tab",
        "Gr\xc3\xbc\xc3\x9f Gott",
        "\xe2\x96\x80\xe2\x96\x84\xe2\x96\x88",
        "\xf0\x9f\x94\x91 a key",
    };

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        char text[64];

        snprintf(text, sizeof text, "%s", texts[i]);
        display_clean(text);
        assert_string_equal(text, texts[i]);
    }
}

static void what_a_terminal_obeys_does_not_pass(void **state)
{
    static const struct {
        const char *sent, *shown;
    } cases[] = {
        {"\x1b[2Jx", "?[2Jx"},
        {"a\rb", "a?b"},
        {"\x7f\b\a", "???"},
        {"\xc2\x9b"
         "2J",
         "?2J"}, /* CSI as one character */
        {"\x9b"
         "2J",
         "?2J"},
        {"\xe2\x80\xae"
         "abc",
         "?abc"}, /* right-to-left */
        {"\xc0\x9b", "??"},
        {"\xe0\x80\x9b", "???"}, /* overlong spellings */
        {"\xed\xa0\x80", "?"},
        {"\xf4\x90\x80\x80", "?"},
        {"\xe2\x96", "??"},
        {"\xff", "?"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char text[64];

        snprintf(text, sizeof text, "%s", cases[i].sent);
        display_clean(text);
        assert_string_equal(text, cases[i].shown);
    }
}

/* In blocks of exactly the size, for the sanitizer. */
static void any_three_bytes_come_out_without_control_bytes_and_no_longer(void **state)
{
    (void)state;
    for (unsigned bytes = 0; bytes < 0x1000000; bytes += bytes < 0x10000 ? 1 : 251) {
        OWNED(free_memory) char *text = malloc(4);

        assert_non_null(text);
        text[0] = (char)bytes;
        text[1] = (char)(bytes >> 8);
        text[2] = (char)(bytes >> 16);
        text[3] = '\0';
        display_clean(text);
        assert_true(strlen(text) <= 3);
        for (const unsigned char *byte = (unsigned char *)text; *byte; byte++)
            assert_true((*byte >= 0x20 && *byte != 0x7f) || *byte == '\n' || *byte == '\t');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_and_pictures_pass_unchanged),
        cmocka_unit_test(what_a_terminal_obeys_does_not_pass),
        cmocka_unit_test(any_three_bytes_come_out_without_control_bytes_and_no_longer),
    };

    return check_main("display", tests);
}
