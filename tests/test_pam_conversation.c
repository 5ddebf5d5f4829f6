/* SPDX-License-Identifier: MIT */
/* The PAM module and applications that answer well, badly or not at all. */
#include "tests/pam_flow.h"

#include "base/clock.h"
#include "login/frame.h"
#include "login/words.h"
#include "pam_module/relay.h"

#include <poll.h>

static void the_right_secret_and_no_other_is_passed_on(void **state)
{
    static const char *const wrong[] = {"", "wrong", "right ", "Right", "right\n", "\x1b[A"};

    (void)state;
    SCRIPT("bSp");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_string_equal(talked.text, "1:asked\n"); /* PAM_PROMPT_ECHO_OFF */
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        talked.reply = wrong[i];
        assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
    }
    SCRIPT("bAp");
    talked.reply = "right";
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_string_equal(talked.text, "2:asked\n"); /* PAM_PROMPT_ECHO_ON */
}

/* The helper admits whatever it hears: what it cannot have heard must not count. */
static void no_answer_to_the_first_question_is_never_an_admission(void **state)
{
    static const int results[] = {PAM_CONV_ERR, PAM_CONV_AGAIN, PAM_BUF_ERR, PAM_SYSTEM_ERR, 77};

    (void)state;
    SCRIPT("bSv\1");
    for (size_t i = 0; i < sizeof results / sizeof *results; i++) {
        talked.result = results[i];
        assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
    }
    talked.result = PAM_SUCCESS;
    talked.reply = NULL;
    assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
    talked.no_array = true;
    assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
    talked = (struct talked){.reply = "x"};
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
}

static void an_application_without_a_conversation_is_refused(void **state)
{
    static const struct pam_conv none = {.conv = NULL};
    pam_handle_t *pam = start_with(ADA, &none);

    (void)state;
    SCRIPT("bTSv\1");
    assert_int_equal(pam_authenticate(pam, 0), PAM_AUTH_ERR);
    pam_end(pam, 0);
}

static void replies_of_every_length_are_passed_on_whole_or_not_at_all(void **state)
{
    static char reply[4097];

    (void)state;
    SCRIPT("bSv\1");
    for (size_t length = 0; length <= 4096; length += length < 505 || length > 520 ? 101 : 1) {
        memset(reply, 'x', length);
        reply[length] = '\0';
        talked.reply = reply;
        assert_int_equal(authenticate(ADA, 0), length <= 512 ? PAM_SUCCESS : PAM_AUTH_ERR);
    }
    memset(reply, 'x', sizeof reply - 1);
    SCRIPT("bSSv\1"); /* and a later overlong one is not forgotten */
    assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
}

/* Answers the first question only. */
static int converse_once(int count, const struct pam_message **messages,
                         struct pam_response **replies, void *data)
{
    int result = converse(count, messages, replies, data);

    talked.reply = NULL;
    return result;
}

static void a_later_question_without_an_answer_is_the_helpers_business(void **state)
{
    static const struct pam_conv once = {.conv = converse_once};
    pam_handle_t *pam = start_with(ADA, &once);

    (void)state;
    SCRIPT("bSAv\1");
    assert_int_equal(pam_authenticate(pam, 0), PAM_SUCCESS);
    assert_int_equal(talked.prompts, 2);
    pam_end(pam, 0);
}

static void control_bytes_of_the_helper_do_not_reach_the_person(void **state)
{
    (void)state;
    SCRIPT("bcv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_string_equal(talked.text, "4:a?[2J?\n");
}

static void a_silent_caller_sees_questions_only(void **state)
{
    (void)state;
    SCRIPT("bTESp");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_string_equal(talked.text, "4:told\n3:told\n1:asked\n");
    assert_int_equal(authenticate(ADA, PAM_SILENT), PAM_SUCCESS);
    assert_string_equal(talked.text, "1:asked\n");
}

static void a_name_in_capitals_is_told_how_it_is_written(void **state)
{
    (void)state;
    assert_int_equal(authenticate("Ada@Contoso.Example", 0), PAM_USER_UNKNOWN);
    assert_non_null(strstr(talked.text, "small letters here: ada@contoso.example\n"));
    assert_int_equal(authenticate("Ada@Contoso.Example", PAM_SILENT), PAM_USER_UNKNOWN);
    assert_string_equal(talked.text, "");
    assert_int_equal(authenticate("Root", 0), PAM_USER_UNKNOWN);
    assert_string_equal(talked.text, "");
}

/* Our module stands for both: the earlier one stores what was typed, the later one takes it. */
static void what_was_typed_serves_later_modules(void **state)
{
    static const struct {
        const char *options;
        int prompts;
    } cases[] = {{"use_first_pass", 1}, {"try_first_pass", 1}, {"", 2}};

    (void)state;
    SCRIPT("bSp");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const lines[][3] = {{"auth required", "module", ""},
                                        {"auth required", "module", cases[i].options}};

        write_service(lines, 2);
        assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
        assert_int_equal(talked.prompts, cases[i].prompts);
    }
}

static void without_an_earlier_secret_one_option_asks_and_the_other_fails(void **state)
{
    (void)state;
    SCRIPT("bSv\1");
    write_plain_service("use_first_pass");
    assert_int_equal(authenticate(ADA, 0), PAM_AUTH_ERR);
    assert_int_equal(talked.prompts, 0);
    write_plain_service("try_first_pass");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_int_equal(talked.prompts, 1);
    write_plain_service("try_frist_pass no_such_word debug");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_int_equal(talked.prompts, 1);
}

/* Two secrets in one conversation: only the first may come from elsewhere or go there. */
static void only_the_first_secret_is_shared(void **state)
{
    const char *const lines[][3] = {{"auth required", "module", ""},
                                    {"auth required", "module", "use_first_pass"}};

    (void)state;
    SCRIPT("bSSp");
    write_service(lines, 2);
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_int_equal(talked.prompts, 3);
}

static void a_failure_asks_for_a_pause_of_two_seconds_and_success_for_none(void **state)
{
    static const struct {
        const char *script;
        const char *options;
        int code;
        unsigned least, most;
    } cases[] = {
        {"bv\1", "", PAM_SUCCESS, 0, 0},
        {"bv\2", "", PAM_AUTH_ERR, 1000000, 3000000},
        {"bx", "", PAM_SYSTEM_ERR, 1000000, 3000000},
        {"bv\6", "", PAM_MAXTRIES, 1000000, 3000000},
        {"bv\2", "nodelay", PAM_AUTH_ERR, 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_file("script", cases[i].script, strlen(cases[i].script));
        write_plain_service(cases[i].options);
        failure_wait_us = 0;
        assert_int_equal(authenticate(ADA, 0), cases[i].code);
        assert_in_range(failure_wait_us, cases[i].least, cases[i].most);
    }
    write_plain_service("");
    failure_wait_us = 0;
    assert_int_equal(authenticate("alice", 0), PAM_USER_UNKNOWN); /* the others' own modules ask */
    assert_int_equal(failure_wait_us, 0);
}

/* With a handler that stands still the helper's deadline would pass many times over. */
static int converse_slowly(int count, const struct pam_message **messages,
                           struct pam_response **replies, void *data)
{
    poll(NULL, 0, 4500); /* longer than RELAY_WAIT_MS of this build */
    return converse(count, messages, replies, data);
}

static void the_time_a_person_takes_is_not_counted(void **state)
{
    static const struct pam_conv slow = {.conv = converse_slowly};
    pam_handle_t *pam = start_with(ADA, &slow);

    (void)state;
    SCRIPT("bSp");
    assert_int_equal(pam_authenticate(pam, 0), PAM_SUCCESS);
    pam_end(pam, 0);
}

#define SILENCE_MS 1500 /* FRAME_SILENCE_MS of this build */
#define WAIT_MS    4000 /* RELAY_WAIT_MS of this build */
#define SLACK_MS   150  /* RELAY_SLACK_MS */
#define LEEWAY_MS  200

static int64_t hanging_ms(const char *script)
{
    int64_t begin;

    write_file("script", script, strlen(script));
    begin = clock_ms();
    assert_int_equal(authenticate(ADA, 0), PAM_AUTHINFO_UNAVAIL);
    return clock_ms() - begin;
}

/* Before it reads, after it read, after a secret was typed; and stopped by a signal. */
static void a_helper_that_hangs_is_given_up_when_its_time_is_over(void **state)
{
    static const struct {
        const char *script;
        int64_t ms;
    } cases[] = {
        {"h", SILENCE_MS},
        {"bh", SILENCE_MS},
        {"bSh", SILENCE_MS},
        {"bSz", SILENCE_MS},
        {"bw600;h", 600 + SLACK_MS},
        {"bSw600;z", 600 + SLACK_MS},
        {"bw9;w600;z", 600 + SLACK_MS},
        {"bw2000;h", 2000 + SLACK_MS},
        {"bw600;kh", 600 + SLACK_MS},
        {"bw600;Th", SILENCE_MS},
        {"bw600;Sh", SILENCE_MS},
        {"bw3000;Sh", SILENCE_MS}, /* it counts for one frame */
        {"bw999999;h", WAIT_MS},   /* all together */
        {"bo", WAIT_MS},
    };
    char told[256];

    (void)state;
    snprintf(told, sizeof told, "3:%s\n", words_text(WORDS_LATE));
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t took = hanging_ms(cases[i].script), most = cases[i].ms + LEEWAY_MS;
        const char *said;

        /* What else runs here may have been in the way. */
        for (int again = 0; again < 2 && took > most; again++)
            took = hanging_ms(cases[i].script);
        print_message("%s: %lld ms of %lld\n", cases[i].script, (long long)took,
                      (long long)cases[i].ms);
        assert_in_range(took, cases[i].ms, most);
        assert_non_null(said = strstr(talked.text, "3:"));
        assert_string_equal(said, told);
        assert_int_equal(waitpid(-1, NULL, 0), -1); /* it has ended, too */
    }
}

/* Longer than it may be silent unasked, and in parts. */
static void a_helper_that_says_how_long_it_takes_may_take_that(void **state)
{
    (void)state;
    SCRIPT("bkkv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_AUTHINFO_UNAVAIL);
    SCRIPT("bw3500;kkv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    SCRIPT("bSw2000;kw2000;kv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    SCRIPT("bw600;kv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_AUTHINFO_UNAVAIL);
    assert_int_equal(authenticate(ADA, PAM_SILENT), PAM_AUTHINFO_UNAVAIL);
    assert_string_equal(talked.text, "");
}

/* Of a helper that asks so often: admitted or not, and how often the person had to answer. */
static int answers_asked_for(size_t questions, int *result)
{
    char script[512] = "b";

    assert_true(questions + sizeof "bv." <= sizeof script);
    memset(script + 1, 'A', questions);
    memcpy(script + 1 + questions, "v\1", sizeof "v\1");
    write_file("script", script, strlen(script));
    talked = (struct talked){.reply = "x"};
    *result = authenticate(ADA, 0);
    return talked.prompts;
}

static void a_helper_that_asks_for_ever_is_given_up(void **state)
{
    int result;

    (void)state;
    assert_int_equal(answers_asked_for(RELAY_ANSWERS_MOST, &result), RELAY_ANSWERS_MOST);
    assert_int_equal(result, PAM_SUCCESS);
    assert_int_equal(answers_asked_for(2UL * RELAY_ANSWERS_MOST, &result), RELAY_ANSWERS_MOST + 1);
    assert_int_not_equal(result, PAM_SUCCESS);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_right_secret_and_no_other_is_passed_on, reset),
        cmocka_unit_test_setup(no_answer_to_the_first_question_is_never_an_admission, reset),
        cmocka_unit_test_setup(an_application_without_a_conversation_is_refused, reset),
        cmocka_unit_test_setup(replies_of_every_length_are_passed_on_whole_or_not_at_all, reset),
        cmocka_unit_test_setup(a_later_question_without_an_answer_is_the_helpers_business, reset),
        cmocka_unit_test_setup(control_bytes_of_the_helper_do_not_reach_the_person, reset),
        cmocka_unit_test_setup(a_silent_caller_sees_questions_only, reset),
        cmocka_unit_test_setup(a_name_in_capitals_is_told_how_it_is_written, reset),
        cmocka_unit_test_setup(what_was_typed_serves_later_modules, reset),
        cmocka_unit_test_setup(without_an_earlier_secret_one_option_asks_and_the_other_fails,
                               reset),
        cmocka_unit_test_setup(only_the_first_secret_is_shared, reset),
        cmocka_unit_test_setup(a_failure_asks_for_a_pause_of_two_seconds_and_success_for_none,
                               reset),
        cmocka_unit_test_setup(the_time_a_person_takes_is_not_counted, reset),
        cmocka_unit_test_setup(a_helper_that_hangs_is_given_up_when_its_time_is_over, reset),
        cmocka_unit_test_setup(a_helper_that_says_how_long_it_takes_may_take_that, reset),
        cmocka_unit_test_setup(a_helper_that_asks_for_ever_is_given_up, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("conversation", sizeof tests / sizeof *tests, -1);
    return check_main("conversation", tests);
}
