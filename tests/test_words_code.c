/* SPDX-License-Identifier: MIT */
/* login/words_code.c: whoever gets a code reads all that has to be known, and nothing is cut off. */
#include "login/words_code.h"

#include "login/frame.h"
#include "tests/check.h"

#include <string.h>

static const char last[] = "Never enter a code that somebody else has sent you.";

static struct code_words words_of(bool remote, bool one_line)
{
    return (struct code_words){
        .name = "ada@contoso.example",
        .host = "tower",
        .service = "login",
        .remote_host = remote ? "192.0.2.1" : "",
        .uri = "https://microsoft.com/devicelogin",
        .user_code = "LPEFAVQ94",
        .seconds = 900,
        .one_line = one_line,
    };
}

static void each_form_says_it_all(void **state)
{
    (void)state;
    for (unsigned form = 0; form < 4; form++) {
        const struct code_words words = words_of(form & 1, form & 2);
        const char *const parts[] = {words.name,      words.host,   words.service, words.uri,
                                     words.user_code, "15 minutes", last};
        char text[WORDS_CODE_BYTES];

        words_of_code(&words, text);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            assert_non_null(strstr(text, parts[i]));
        assert_int_equal(strstr(text, "(login, from 192.0.2.1)") != NULL, form & 1);
        assert_int_equal(strstr(text, "(login)") != NULL, !(form & 1));
        assert_int_equal(strchr(text, '\n') == NULL, (form & 2) != 0);
    }
}

static void address_and_code_stand_on_lines_of_their_own(void **state)
{
    const struct code_words words = words_of(true, false);
    char text[WORDS_CODE_BYTES];

    (void)state;
    words_of_code(&words, text);
    assert_non_null(strstr(text, "\n    https://microsoft.com/devicelogin\n"));
    assert_non_null(strstr(text, "\n    LPEFAVQ94\n"));
}

static void the_time_left_is_never_more_than_there_is(void **state)
{
    static const struct {
        unsigned seconds;
        const char *text;
    } times[] = {{0, "0 seconds"},    {1, "1 seconds"},    {119, "119 seconds"},
                 {120, "2 minutes"},  {179, "2 minutes"},  {180, "3 minutes"},
                 {899, "14 minutes"}, {900, "15 minutes"}, {3600, "60 minutes"}};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        struct code_words words = words_of(false, i % 2);
        char text[WORDS_CODE_BYTES], wanted[64];

        words.seconds = times[i].seconds;
        words_of_code(&words, text);
        snprintf(wanted, sizeof wanted, " %s.", times[i].text);
        assert_non_null(strstr(text, wanted));
    }
}

/* Nobody can push the warning off the end, however long the names are. */
static void the_longest_of_everything_fits(void **state)
{
    static char name[256], host[65], service[64], remote[256], uri[512], code[64];
    struct code_words words = {.name = name,
                               .host = host,
                               .service = service,
                               .remote_host = remote,
                               .uri = uri,
                               .user_code = code,
                               .seconds = 4294967295U};

    (void)state;
    memset(name, 'n', sizeof name - 1);
    memset(host, 'h', sizeof host - 1);
    memset(service, 's', sizeof service - 1);
    memset(remote, 'r', sizeof remote - 1);
    memset(uri, 'u', sizeof uri - 1);
    memset(code, 'c', sizeof code - 1);
    for (unsigned one_line = 0; one_line < 2; one_line++) {
        const char *const parts[] = {name, host, service, remote, uri, code, last};
        char text[WORDS_CODE_BYTES];

        words.one_line = one_line;
        words_of_code(&words, text);
        assert_true(strlen(text) < sizeof text - 1 && strlen(text) <= FRAME_TEXT_MOST);
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
            assert_non_null(strstr(text, parts[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_form_says_it_all),
        cmocka_unit_test(address_and_code_stand_on_lines_of_their_own),
        cmocka_unit_test(the_time_left_is_never_more_than_there_is),
        cmocka_unit_test(the_longest_of_everything_fits),
    };

    return check_main("words_code", tests);
}
