/* SPDX-License-Identifier: MIT */
/* login/words.c: what people read is there, and nowhere else. Run in the root of the sources. */
#include "login/words.h"

#include "base/own.h"
#include "login/frame.h"
#include "tests/check.h"

#include <glob.h>
#include <string.h>

static void every_sentence_is_one_line_that_fits_a_frame(void **state)
{
    (void)state;
    for (enum words words = WORDS_NONE + 1; words < WORDS_END; words++) {
        const char *text = words_text(words);
        size_t length = strlen(text);

        if (!length)
            print_message("no words %d\n", (int)words);
        assert_true(length > 1 && length <= FRAME_TEXT_MOST);
        assert_true(text[length - 1] == '.' || strcmp(text + length - 2, ": ") == 0);
        for (size_t i = 0; i < length; i++)
            assert_true(text[i] >= ' ' && text[i] < 0x7f);
        for (enum words other = WORDS_NONE + 1; other < words; other++)
            assert_string_not_equal(text, words_text(other));
    }
    assert_string_equal(words_text(WORDS_NONE), "");
    assert_string_equal(words_text(WORDS_END), "");
}

static void an_admission_offline_says_why_and_until_when(void **state)
{
    char text[512];

    (void)state;
    words_offline_until("2026-11-23 10:00", false, text, sizeof text);
    assert_string_equal(text, "The sign-in service cannot be reached. You are signed in with what "
                              "this host remembers; that works until 2026-11-23 10:00.");
    words_offline_until("2026-11-23 10:00", true, text, sizeof text);
    assert_string_equal(text, "The sign-in service cannot be reached. You are signed in with what "
                              "this host remembers. Offline sign-in ends on 2026-11-23 10:00: "
                              "connect this machine and sign in again before then.");
}

/* Text in quotation marks among the arguments of `call`, up to the end of the statement. */
static unsigned literals_of(const char *source, const char *call)
{
    unsigned found = 0;

    for (const char *at = strstr(source, call); at; at = strstr(at + 1, call)) {
        const char *end = at + strcspn(at, ";");
        const char *open = memchr(at, '"', (size_t)(end - at));

        if (open && strncmp(open, "\"%s\"", 4) != 0)
            found++;
    }
    return found;
}

static char *read_source(const char *path)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    char *text = calloc(1, 100000);

    assert_non_null(file);
    assert_non_null(text);
    assert_in_range(fread(text, 1, 99999, file), 1, 99998);
    return text;
}

static unsigned literals_in(const char *pattern, const char *const calls[], unsigned *files)
{
    unsigned found = 0;
    glob_t paths;

    assert_int_equal(glob(pattern, 0, NULL, &paths), 0);
    for (size_t i = 0; i < paths.gl_pathc; i++, ++*files) {
        OWNED(free_memory) char *source = read_source(paths.gl_pathv[i]);

        for (size_t call = 0; calls[call]; call++) {
            unsigned here = literals_of(source, calls[call]);

            if (here)
                print_message("%s: %s with text of its own\n", paths.gl_pathv[i], calls[call]);
            found += here;
        }
    }
    globfree(&paths);
    return found;
}

static void nobody_else_talks_to_people(void **state)
{
    static const char *const helper[] = {"talk_tell(",   "talk_fail(", "talk_ask(",
                                         "talk_secret(", "say(",       NULL};
    static const char *const module[] = {"pam_info(",   "pam_error(",   "pam_prompt(", "pam_vinfo(",
                                         "pam_verror(", "pam_vprompt(", NULL};
    unsigned files = 0;

    (void)state;
    assert_int_equal(literals_in("login/*.c", helper, &files), 0);
    assert_int_equal(literals_in("pam_module/*.c", module, &files), 0);
    assert_true(files > 20);
}

static void a_text_of_its_own_would_be_found(void **state)
{
    (void)state;
    assert_int_equal(literals_of("{ talk_tell(talk,\n  \"Hello\", why); }", "talk_tell("), 1);
    assert_int_equal(
        literals_of("{ talk_tell(talk, words_text(W), why); x(\"a\"); }", "talk_tell("), 0);
    assert_int_equal(
        literals_of("pam_info(pam, \"%s\", text); pam_info(pam, \"New.\");", "pam_info("), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_sentence_is_one_line_that_fits_a_frame),
        cmocka_unit_test(an_admission_offline_says_why_and_until_when),
        cmocka_unit_test(nobody_else_talks_to_people),
        cmocka_unit_test(a_text_of_its_own_would_be_found),
    };

    return check_main("words", tests);
}
