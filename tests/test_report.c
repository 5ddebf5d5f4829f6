/* SPDX-License-Identifier: MIT */
/* login/report.c: one line, whose fields nobody else can write. */
#include "login/report.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/codes.h"
#include "tests/check.h"

#include <string.h>

#define NOW 100000000

static char any[] = "all", *all[] = {any}, cron[] = "cron", *jobs[] = {cron};
static struct config config = {.connect_seconds = 3,
                               .login_seconds = 8,
                               .recheck_minutes = 5,
                               .offline_days = 14,
                               .offline_days_remote = 3,
                               .offline_services = {.items = all, .count = 1},
                               .background_services = {.items = jobs, .count = 1}};

/* Somebody known, let in offline. */
static struct attempt let_in(struct request *request)
{
    struct attempt a = {.request = request,
                        .config = &config,
                        .ours = true,
                        .known = true,
                        .offline_person = true,
                        .now = NOW,
                        .result = RESULT_UNREACHABLE,
                        .local = LOCAL_RIGHT,
                        .offline = true};

    *request = (struct request){.action = ACTION_AUTHENTICATE,
                                .user = "ada@contoso.example",
                                .service = "sshd",
                                .remote_host = "192.0.2.1"};
    a.person.last_online = NOW - 7200;
    return a;
}

/* As whoever reads logs takes a line apart; the number of fields. */
static unsigned fields_of(const char *line)
{
    unsigned fields = 0;

    while (*line) {
        size_t key = strspn(line, "abcdefghijklmnopqrstuvwxyz_");
        const char *value = line + key + 1;
        const char *end;

        assert_true(key > 0 && line[key] == '=');
        end = *value == '"' ? strchr(value + 1, '"') : value + strcspn(value, " ") - 1;
        assert_non_null(end);
        assert_true(end >= value && (end[1] == ' ' || end[1] == '\0'));
        for (const char *at = value + 1; *value != '"' && at < end; at++)
            assert_true(*at != '"');
        fields++;
        line = end[1] ? end + 2 : end + 1;
    }
    return fields;
}

static void an_admission_says_who_decided_and_why(void **state)
{
    struct request request;
    struct attempt a = let_in(&request);
    char line[REPORT_MOST + 1];

    (void)state;
    a.budget = (struct deadline){1};
    a.spent_ms = 3000;
    error_set(&a.why, ERROR_UNREACHABLE, "no route");
    report_line(&a, VERDICT_ADMIT, line);
    assert_string_equal(line, "verdict=admit action=authenticate person=ada@contoso.example "
                              "service=sshd from=192.0.2.1 mode=offline age=7200s "
                              "decided_by=\"connect_seconds=3 offline_days_remote=3\" "
                              "platform=unreachable secret=right reason=\"no route\"");
    assert_int_equal(fields_of(line), 11);
}

static void expect_part(const struct attempt *a, enum verdict verdict, const char *part)
{
    char line[REPORT_MOST + 1];

    report_line(a, verdict, line);
    if (!strstr(line, part))
        print_message("no %s in %s\n", part, line);
    assert_non_null(strstr(line, part));
}

static void the_setting_that_decided_is_named(void **state)
{
    struct request request;
    struct attempt a = let_in(&request);

    (void)state;
    request.remote_host[0] = '\0';
    expect_part(&a, VERDICT_ADMIT, "decided_by=\"offline_days=14\"");
    a.budget = (struct deadline){1};
    a.spent_ms = 8000;
    expect_part(&a, VERDICT_ADMIT, "decided_by=\"login_seconds=8 offline_days=14\"");
    a.spent_ms = 2999;
    expect_part(&a, VERDICT_ADMIT, "decided_by=\"offline_days=14\"");
    a.spent_ms = 3500;
    a.outcome.sent = true; /* then connecting was no trouble */
    expect_part(&a, VERDICT_ADMIT, "decided_by=\"offline_days=14\"");
    a.person.last_online = NOW - 15 * 86400;
    expect_part(&a, VERDICT_UNAVAILABLE, "age=1296000s decided_by=\"offline_days=14\"");
    a.offline_person = false;
    expect_part(&a, VERDICT_UNAVAILABLE, "decided_by=\"offline_allow\"");
    a.offline_person = true;
    config.offline_services.count = 0;
    expect_part(&a, VERDICT_UNAVAILABLE, "decided_by=\"offline_services\"");
    config.offline_services.count = 1;
    a.local = LOCAL_WRONG;
    expect_part(&a, VERDICT_UNAVAILABLE, "age=1296000s platform=unreachable secret=wrong");
    a = let_in(&request);
    a.offline = false;
    a.result = RESULT_SKIPPED;
    expect_part(&a, VERDICT_ADMIT, "mode=remembered age=7200s decided_by=\"recheck_minutes=5\"");
    a.by_others = true;
    expect_part(&a, VERDICT_ADMIT, "age=7200s platform=proven-by-another");
    a.by_others = false;
    request.action = ACTION_ACCOUNT;
    text_copy(request.service, sizeof request.service, "cron");
    expect_part(&a, VERDICT_ADMIT, "mode=background age=7200s platform=not-asked");
    request.action = ACTION_AUTHENTICATE;
    text_copy(request.service, sizeof request.service, "sshd");
    a.person.last_online = NOW + 1; /* another sign-in was later */
    expect_part(&a, VERDICT_ADMIT, "age=0s decided_by=\"recheck_minutes=5\"");
    a.not_allowed = true;
    expect_part(&a, VERDICT_FORBIDDEN, "decided_by=\"allow\"");
    a.ours = a.known = false;
    expect_part(&a, VERDICT_DENY,
                "person=unknown service=sshd from=192.0.2.1 mode=none "
                "decided_by=\"domains\"");
}

static void what_has_to_be_mended_is_an_error_whoever_came_in(void **state)
{
    static const char *const names[ALARMS] = {NULL, "alarm=setup", "alarm=clock", "alarm=tls",
                                              "alarm=page"};
    struct request request;
    struct attempt a = let_in(&request);
    char line[REPORT_MOST + 1];

    (void)state;
    report_line(&a, VERDICT_ADMIT, line);
    assert_null(strstr(line, "alarm"));
    assert_int_equal(report_level(&a, VERDICT_ADMIT), LOG_LEVEL_NOTICE);
    assert_int_equal(report_level(&a, VERDICT_DENY), LOG_LEVEL_WARNING);
    for (a.alarm = ALARM_NONE + 1; a.alarm < ALARMS; a.alarm++) {
        expect_part(&a, VERDICT_ADMIT, names[a.alarm]);
        for (enum verdict verdict = 0; verdict < VERDICTS; verdict++)
            assert_int_equal(report_level(&a, verdict), LOG_LEVEL_ERROR);
    }
}

static void the_platform_is_quoted_for_its_support(void **state)
{
    struct request request;
    struct attempt a = let_in(&request);

    (void)state;
    a.offline = false;
    a.asked_token = true;
    a.result = RESULT_DISABLED;
    a.outcome.number = 50057;
    text_copy(a.outcome.correlation_id, sizeof a.outcome.correlation_id, "c-1");
    text_copy(a.outcome.trace_id, sizeof a.outcome.trace_id, "t-1");
    expect_part(&a, VERDICT_DENY,
                "mode=online age=7200s platform=disabled secret=right number=AADSTS50057 "
                "correlation_id=c-1 trace_id=t-1");
    a.outcome.number = CODE_B2C + 90225;
    expect_part(&a, VERDICT_DENY, "secret=right number=AADB2C90225 correlation_id=c-1");
    a.result = RESULT_ACCEPTED_TOKEN;
    a.password_unserved = true;
    expect_part(&a, VERDICT_ADMIT, "platform=refreshed-backup");
}

static void nobody_forges_a_field_or_a_second_line(void **state)
{
    static const char *const hostile[] = {
        "x verdict=admit",
        "x\nverdict=admit person=root",
        "\"",
        "\" verdict=admit x=\"",
        "\\\" verdict=admit",
        "\\",
        "\x1b[2J\x07",
        "\xff\xfe\x80",
        "=",
        " ",
        "\r",
        "\t=\"\\",
    };
    struct request request;
    char line[REPORT_MOST + 1];

    (void)state;
    for (size_t i = 0; i < sizeof hostile / sizeof hostile[0]; i++) {
        struct attempt a = let_in(&request);

        text_copy(request.service, sizeof request.service, hostile[i]);
        text_copy(request.remote_host, sizeof request.remote_host, hostile[i]);
        text_copy(a.outcome.correlation_id, sizeof a.outcome.correlation_id, hostile[i]);
        text_copy(a.outcome.trace_id, sizeof a.outcome.trace_id, hostile[i]);
        error_set(&a.why, ERROR_REFUSED, "%s", hostile[i]);
        report_line(&a, VERDICT_DENY, line);
        assert_int_equal(fields_of(line), 13);
        assert_ptr_equal(strstr(line, "verdict=deny"), line);
    }
}

static void every_byte_and_every_length_leaves_the_line_whole(void **state)
{
    struct request request;
    char line[REPORT_MOST + 1];

    (void)state;
    for (int byte = 1; byte < 256; byte++)
        for (size_t length = 1; length < sizeof request.service; length += 31) {
            struct attempt a = let_in(&request);

            memset(request.service, byte, length);
            request.service[sizeof request.service - 1] = '\0';
            memset(request.remote_host, byte, sizeof request.remote_host - 1);
            memset(a.why.text, byte, sizeof a.why.text - 1);
            memset(request.user, 'a', sizeof request.user - 1);
            a.why.kind = ERROR_REFUSED;
            report_line(&a, VERDICT_DENY, line);
            assert_true(strlen(line) <= REPORT_MOST);
            assert_true(fields_of(line) >= 9);
        }
}

static void a_name_that_is_not_known_is_not_told(void **state)
{
    struct request request;
    struct attempt a = let_in(&request);
    char line[REPORT_MOST + 1];

    (void)state;
    a.known = false;
    a.local = LOCAL_UNKNOWN;
    text_copy(request.user, sizeof request.user, "hunter2");
    report_line(&a, VERDICT_DENY, line);
    assert_null(strstr(line, "hunter2"));
    assert_non_null(strstr(line, "person=unknown"));
    assert_null(strstr(line, "age="));
}

/* What log_line writes of it to standard error. */
static void what_is_logged_is_one_line_that_can_be_taken_apart(void **state)
{
    OWNED(close_fd) int kept = dup(STDERR_FILENO);
    OWNED(close_file) FILE *file = tmpfile();
    struct request request;
    struct attempt a = let_in(&request);
    char text[4096];
    char *line;
    ssize_t length;

    (void)state;
    assert_non_null(file);
    memset(a.why.text, '\n', sizeof a.why.text - 1);
    memcpy(a.why.text, "\" verdict=admit x=\"\\\" \x1b", 23);
    a.why.kind = ERROR_REFUSED;
    dup2(fileno(file), STDERR_FILENO);
    report_sign_in(&a, VERDICT_DENY);
    dup2(kept, STDERR_FILENO);
    length = pread(fileno(file), text, sizeof text - 1, 0);
    assert_true(length > 0);
    text[length] = '\0';
    assert_ptr_equal(strchr(text, '\n'), text + length - 1);
    text[length - 1] = '\0';
    line = strstr(text, "verdict=");
    assert_non_null(line);
    assert_int_equal(fields_of(line), 11);
    assert_non_null(strstr(line, "' verdict=admit x='\\x5c' \\x1b"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_admission_says_who_decided_and_why),
        cmocka_unit_test(the_setting_that_decided_is_named),
        cmocka_unit_test(what_has_to_be_mended_is_an_error_whoever_came_in),
        cmocka_unit_test(the_platform_is_quoted_for_its_support),
        cmocka_unit_test(nobody_forges_a_field_or_a_second_line),
        cmocka_unit_test(every_byte_and_every_length_leaves_the_line_whole),
        cmocka_unit_test(a_name_that_is_not_known_is_not_told),
        cmocka_unit_test(what_is_logged_is_one_line_that_can_be_taken_apart),
    };

    return check_main("report", tests);
}
