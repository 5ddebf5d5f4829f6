/* SPDX-License-Identifier: MIT */
/* What the PAM module leaves in the PAM environment, and what the session says once. */
#include "tests/pam_flow.h"

#include <time.h>

#define MODE   "LATCHKEY_MODE"
#define UNTIL  "LATCHKEY_OFFLINE_UNTIL"
#define SECOND "4095000000"

/* With the warning of the last three days. */
static const char *words_of(long long second)
{
    static char text[256];
    time_t until = second;
    bool soon = until - time(NULL) <= (time_t)3 * 86400;
    struct tm parts;
    char date[32];

    assert_non_null(localtime_r(&until, &parts));
    strftime(date, sizeof date, "%Y-%m-%d %H:%M", &parts);
    snprintf(text, sizeof text,
             "4:The sign-in service cannot be reached. You are signed in with "
             "what this host remembers%s%s%s\n",
             soon ? ". Offline sign-in ends on " : "; that works until ", date,
             soon ? ": connect this machine and sign in again before then." : ".");
    return text;
}

/* All of it, one variable a line. */
static const char *environment(pam_handle_t *pam)
{
    static char text[1024];
    char **list = pam_getenvlist(pam);
    size_t used = 0;

    text[0] = '\0';
    for (char **each = list; *each; each++) {
        used += (size_t)snprintf(text + used, sizeof text - used, "%s\n", *each);
        free(*each);
    }
    free((void *)list);
    return text;
}

static void forget_talk(void)
{
    talked.text[0] = '\0';
}

static void an_online_sign_in_says_nothing_and_leaves_its_mode(void **state)
{
    pam_handle_t *pam = start(ADA);

    (void)state;
    assert_int_equal(pam_authenticate(pam, 0), PAM_SUCCESS);
    assert_string_equal(environment(pam), MODE "=online\n");
    assert_int_equal(pam_acct_mgmt(pam, 0), PAM_SUCCESS);
    assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
    assert_string_equal(environment(pam), MODE "=online\n");
    assert_string_equal(talked.text, "");
    pam_end(pam, 0);
}

static void an_offline_session_says_once_until_when_and_leaves_its_mode(void **state)
{
    (void)state;
    SCRIPT("bu" SECOND ";v\1");
    for (int silent = 0; silent < 2; silent++)
        for (int by_account = 0; by_account < 2; by_account++) {
            pam_handle_t *pam = start(ADA);

            assert_int_equal(by_account ? pam_acct_mgmt(pam, 0) : pam_authenticate(pam, 0),
                             PAM_SUCCESS);
            assert_string_equal(environment(pam), MODE "=offline\n" UNTIL "=" SECOND "\n");
            assert_string_equal(talked.text, "");
            assert_int_equal(pam_open_session(pam, silent ? PAM_SILENT : 0), PAM_SUCCESS);
            assert_string_equal(talked.text, silent ? "" : words_of(4095000000));
            assert_string_equal(environment(pam), MODE "=offline\n");
            forget_talk();
            assert_int_equal(pam_close_session(pam, 0), PAM_SUCCESS);
            assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
            assert_string_equal(talked.text, "");
            pam_end(pam, 0);
        }
}

/* As sshd does it, keyboard-interactive. */
static void the_session_may_be_in_another_process_than_the_sign_in(void **state)
{
    pam_handle_t *pam = start(ADA);

    (void)state;
    assert_int_equal(pam_putenv(pam, MODE "=offline"), PAM_SUCCESS);
    assert_int_equal(pam_putenv(pam, UNTIL "=" SECOND), PAM_SUCCESS);
    assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
    assert_string_equal(talked.text, words_of(4095000000));
    assert_string_equal(environment(pam), MODE "=offline\n");
    pam_end(pam, 0);
}

/* The test takes less than a day. */
static void the_last_three_days_are_a_warning(void **state)
{
    static const struct {
        int days;
        const char *words;
    } rows[] = {
        {4, "; that works until "}, {2, "connect this machine"}, {0, "connect this machine"}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pam_handle_t *pam = start(ADA);
        char until[64];

        snprintf(until, sizeof until, UNTIL "=%lld",
                 (long long)time(NULL) + rows[i].days * 86400LL + 3600);
        assert_int_equal(pam_putenv(pam, until), PAM_SUCCESS);
        forget_talk();
        assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
        assert_non_null(strstr(talked.text, rows[i].words));
        pam_end(pam, 0);
    }
}

static void what_is_no_date_is_not_shown(void **state)
{
    static const char *const values[] = {
        "",
        "x",
        "-1",
        "+4095000000",
        " 4095000000",
        "4095000000 ",
        "0x6afd6c40",
        "4095000000.5",
        "0",
        "000000000000",
        "4095000000\nRun this: rm -rf ~",
        "\x1b[2J",
        "253402300800",
        "999999999999999999999",
        "Call 0900 12345",
        "%s%n",
        "40950000001795",
        "\xd9\xa1",
    };

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        pam_handle_t *pam = start(ADA);
        char variable[128];

        snprintf(variable, sizeof variable, UNTIL "=%s", values[i]);
        assert_int_equal(pam_putenv(pam, variable), PAM_SUCCESS);
        assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
        assert_string_equal(talked.text, "");
        assert_string_equal(environment(pam), "");
        pam_end(pam, 0);
    }
}

static void every_date_that_can_be_said_is_shown(void **state)
{
    static const long long seconds[] = {1, 86400, 4095000000, 4294967296, 253402214400};

    (void)state;
    for (size_t i = 0; i < sizeof seconds / sizeof seconds[0]; i++) {
        pam_handle_t *pam = start(ADA);
        char variable[128];

        snprintf(variable, sizeof variable, UNTIL "=%lld", seconds[i]);
        assert_int_equal(pam_putenv(pam, variable), PAM_SUCCESS);
        assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
        assert_string_equal(talked.text, words_of(seconds[i]));
        pam_end(pam, 0);
    }
}

/* Whatever somebody else has put there, or an earlier attempt. */
static void a_sign_in_leaves_nothing_of_what_was_there_before(void **state)
{
    static const struct {
        const char *script;
        size_t length;
        const char *left;
    } cases[] = {
        {"bv\1", 3, MODE "=online\n"},
        {"bv\2", 3, ""},
        {"bx", 2, ""},
        {"bm\2v\1", 5, MODE "=offline\n"}, /* no date, as for background services */
        {"bV\1", 3, ""},                   /* a verdict of an older helper */
        {"bm\3v\1", 5, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        pam_handle_t *pam = start(ADA);
        bool admitted = *cases[i].left;

        write_file("script", cases[i].script, cases[i].length);
        assert_int_equal(pam_putenv(pam, MODE "=offline"), PAM_SUCCESS);
        assert_int_equal(pam_putenv(pam, UNTIL "=" SECOND), PAM_SUCCESS);
        assert_int_equal(pam_authenticate(pam, PAM_SILENT) == PAM_SUCCESS, admitted);
        assert_string_equal(environment(pam), cases[i].left);
        assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
        assert_string_equal(talked.text, "");
        pam_end(pam, 0);
    }
}

static void the_environment_of_others_is_theirs(void **state)
{
    static const char *const names[] = {"root", "alice", "outside@contoso.example"};

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        pam_handle_t *pam = start(names[i]);

        assert_int_equal(pam_putenv(pam, UNTIL "=" SECOND), PAM_SUCCESS);
        assert_int_equal(pam_authenticate(pam, 0), PAM_USER_UNKNOWN);
        (void)pam_open_session(pam, 0);
        assert_string_equal(talked.text, "");
        assert_string_equal(environment(pam), UNTIL "=" SECOND "\n");
        pam_end(pam, 0);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(an_online_sign_in_says_nothing_and_leaves_its_mode, reset),
        cmocka_unit_test_setup(an_offline_session_says_once_until_when_and_leaves_its_mode, reset),
        cmocka_unit_test_setup(the_session_may_be_in_another_process_than_the_sign_in, reset),
        cmocka_unit_test_setup(the_last_three_days_are_a_warning, reset),
        cmocka_unit_test_setup(what_is_no_date_is_not_shown, reset),
        cmocka_unit_test_setup(every_date_that_can_be_said_is_shown, reset),
        cmocka_unit_test_setup(a_sign_in_leaves_nothing_of_what_was_there_before, reset),
        cmocka_unit_test_setup(the_environment_of_others_is_theirs, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("mode", sizeof tests / sizeof *tests, -1);
    return check_main("mode", tests);
}
