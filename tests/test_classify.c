/* SPDX-License-Identifier: MIT */
/* An outage or a refusal: every rule of platform.md 3.1, 3.2 and 4.1. */
#include "platform/classify.h"

#include "base/text.h"
#include "tests/check.h"
#include "tests/code_rows.h"

#include <string.h>

static struct codes *codes;

static int read_codes(void **state)
{
    struct error why;

    (void)state;
    return codes_built_in(&codes, &why) ? 0 : -1;
}

static int release_codes(void **state)
{
    (void)state;
    codes_release(codes);
    return 0;
}

static struct oauth_error error_of(const char *word)
{
    struct oauth_error error = {0};

    assert_true(text_copy(error.error, sizeof error.error, word));
    return error;
}

static struct oauth_error numbered(const char *word, unsigned number)
{
    struct oauth_error error = error_of(word);

    error.numbers[0] = number;
    error.count = 1;
    return error;
}

static void expect_both(unsigned status, const struct oauth_error *error, enum refusal password,
                        enum refusal refresh, const char *what)
{
    expect(classify(codes, GRANT_PASSWORD, status, error), password, what, status);
    expect(classify(codes, GRANT_REFRESH, status, error), refresh, what, status);
}

static bool is_of_the_endpoint(unsigned status)
{
    return status == 408 || status == 429 || (status >= 500 && status <= 599);
}

static void no_other_status_refuses_whatever_the_body_says(void **state)
{
    (void)state;
    for (unsigned status = 0; status < 1000; status++)
        for (size_t i = 0; i < CODE_ROWS; i++) {
            struct oauth_error error = numbered("invalid_grant", code_row_first(&code_rows[i]));
            bool outage = is_of_the_endpoint(status) || code_rows[i].password == OUTAGE;

            if (status != 400 && status != 401 && status != 403)
                expect_both(status, &error, outage ? OUTAGE : BROKEN, outage ? OUTAGE : BROKEN,
                            code_rows[i].letter);
        }
}

/* Whoever is on the way may dislike one request; that says nothing about anybody else's. */
static void an_answer_without_an_error_is_an_outage_by_its_status_alone(void **state)
{
    (void)state;
    for (unsigned status = 0; status < 1000; status++)
        for (size_t i = 0; i < CODE_ROWS; i++) {
            struct oauth_error error = numbered("", code_row_first(&code_rows[i]));
            enum refusal wanted = is_of_the_endpoint(status) ? OUTAGE : BROKEN;

            assert_true(text_copy(error.suberror, sizeof error.suberror, "bad_token"));
            error.claims = true;
            expect_both(status, &error, wanted, wanted, code_rows[i].letter);
            assert_false(classify(codes, GRANT_PASSWORD, status, &error).says_outage);
        }
}

static void an_outage_may_be_said_at_any_status(void **state)
{
    struct oauth_error word = error_of("temporarily_unavailable");
    struct oauth_error number = numbered("odd", 90033);
    struct oauth_error refusing = numbered("odd", 50126);

    (void)state;
    for (unsigned status = 0; status < 1000; status++) {
        expect_both(status, &word, OUTAGE, OUTAGE, "word");
        expect_both(status, &number, OUTAGE, OUTAGE, "number");
        assert_true(classify(codes, GRANT_PASSWORD, status, &word).says_outage);
        assert_true(classify(codes, GRANT_REFRESH, status, &number).says_outage);
        assert_false(classify(codes, GRANT_REFRESH, status, &refusing).says_outage);
    }
}

/* A number nobody knows must not cost a verifier: platform.md 3.7, 59999. */
static enum refusal with_strange_number(enum refusal without)
{
    return without == REFUSAL_SECRET ? REFUSAL_DENIED : without;
}

static void words_decide_where_no_number_does(void **state)
{
    static const struct {
        const char *error, *suberror;
        bool claims;
        enum refusal password, refresh;
    } cases[] = {
        {"invalid_grant", "", false, REFUSAL_SECRET, REFUSAL_DOUBT},
        {"invalid_grant", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "basic_action", false, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "additional_action", false, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "device_authentication_failed", false, REFUSAL_MORE, REFUSAL_TOKEN},
        {"invalid_grant", "consent_required", false, REFUSAL_SETUP, REFUSAL_SETUP},
        {"invalid_grant", "user_password_expired", false, REFUSAL_EXPIRED, REFUSAL_EXPIRED},
        {"invalid_grant", "message_only", false, REFUSAL_POLICY, REFUSAL_POLICY},
        {"invalid_grant", "bad_token", false, REFUSAL_DENIED, REFUSAL_TOKEN},
        {"invalid_grant", "token_expired", false, REFUSAL_DENIED, REFUSAL_TOKEN},
        {"invalid_grant", "client_mismatch", false, BROKEN, BROKEN},
        {"invalid_grant", "protection_policy_required", false, BROKEN, BROKEN},
        {"invalid_grant", "something_new", false, REFUSAL_SECRET, REFUSAL_DOUBT},
        {"interaction_required", "", false, REFUSAL_MORE, REFUSAL_MORE},
        {"interaction_required", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"login_required", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"consent_required", "", false, REFUSAL_SETUP, REFUSAL_SETUP},
        {"invalid_client", "", false, BROKEN, BROKEN},
        {"invalid_client", "", true, BROKEN, BROKEN},
        {"unauthorized_client", "", false, BROKEN, BROKEN},
        {"unsupported_grant_type", "", false, BROKEN, BROKEN},
        {"invalid_request", "", false, BROKEN, BROKEN},
        {"invalid_scope", "", false, BROKEN, BROKEN},
        {"invalid_resource", "", false, BROKEN, BROKEN},
        {"invalid_tenant", "", false, BROKEN, BROKEN},
        {"invalid_instance", "", false, BROKEN, BROKEN},
        {"temporarily_unavailable", "", false, OUTAGE, OUTAGE},
        {"server_error", "", false, OUTAGE, OUTAGE},
        {"request_timeout", "", false, OUTAGE, OUTAGE},
        {"service_unavailable", "bad_token", true, OUTAGE, OUTAGE},
        {"access_denied", "", false, REFUSAL_DENIED, REFUSAL_DENIED},
        {"mfa_required", "", false, REFUSAL_DENIED, REFUSAL_DENIED},
        {"Invalid_Grant", "", false, REFUSAL_DENIED, REFUSAL_DENIED},
    };
    static const unsigned statuses[] = {400, 401, 403};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (size_t s = 0; s < 3; s++) {
            struct oauth_error error = numbered(cases[i].error, 59999);

            assert_true(text_copy(error.suberror, sizeof error.suberror, cases[i].suberror));
            error.claims = cases[i].claims;
            expect_both(statuses[s], &error, with_strange_number(cases[i].password),
                        cases[i].refresh, cases[i].error);
            error.count = 0;
            expect_both(statuses[s], &error, cases[i].password, cases[i].refresh, cases[i].error);
        }
}

static void of_several_numbers_trouble_never_overrides_a_refusal(void **state)
{
    static const struct {
        unsigned numbers[4];
        enum refusal password, refresh;
        unsigned counts;
    } cases[] = {
        {{50076, 50074, 16000}, REFUSAL_MORE, REFUSAL_MORE, 50076},
        {{70002, 70008}, REFUSAL_DENIED, REFUSAL_TOKEN, 70008},
        {{70002, 50126}, REFUSAL_SECRET, REFUSAL_TOKEN, 50126},
        {{90033, 50057}, REFUSAL_DISABLED, REFUSAL_DISABLED, 50057},
        {{50057, 90033}, REFUSAL_DISABLED, REFUSAL_DISABLED, 50057},
        {{90002, 50053}, REFUSAL_LOCKED, REFUSAL_LOCKED, 50053},
        {{59999, 90033}, OUTAGE, OUTAGE, 90033},
        {{59999, 58888}, REFUSAL_DENIED, REFUSAL_DOUBT, 0},
        {{59999, 70002}, REFUSAL_DENIED, REFUSAL_DOUBT, 0},
        {{90002, 90033}, BROKEN, BROKEN, 90002},
        {{50196, 50126}, REFUSAL_SECRET, REFUSAL_TOKEN, 50126},
        {{90055, 50057}, REFUSAL_DISABLED, REFUSAL_DISABLED, 50057},
        {{500133, 65001}, REFUSAL_SETUP, REFUSAL_SETUP, 65001},
        {{59999, 53003, 50126}, REFUSAL_POLICY, REFUSAL_POLICY, 53003},
        {{90033, 90002}, OUTAGE, OUTAGE, 90033},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct oauth_error error = error_of("invalid_grant");

        for (; cases[i].numbers[error.count]; error.count++)
            error.numbers[error.count] = cases[i].numbers[error.count];
        expect_both(400, &error, cases[i].password, cases[i].refresh, "several");
        assert_int_equal(classify(codes, GRANT_PASSWORD, 400, &error).number, cases[i].counts);
    }
}

static void an_outage_word_beats_every_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < CODE_ROWS; i++) {
        struct oauth_error error =
            numbered("temporarily_unavailable", code_row_first(&code_rows[i]));

        expect_both(400, &error, OUTAGE, OUTAGE, code_rows[i].letter);
    }
}

static void numbers_of_the_on_premises_agent_are_outages_unless_known_otherwise(void **state)
{
    (void)state;
    for (unsigned number = 80000; number < 80100; number++) {
        struct oauth_error error = numbered("invalid_grant", number);

        if (number != 80004 && number != 80012)
            expect_both(400, &error, OUTAGE, OUTAGE, "agent");
    }
}

static void the_old_general_number_leaves_the_decision_to_the_error(void **state)
{
    struct oauth_error client = numbered("invalid_client", 70002);
    struct oauth_error grant = numbered("invalid_grant", 70002);

    (void)state;
    expect_both(401, &client, BROKEN, BROKEN, "70002");
    expect_both(400, &grant, REFUSAL_DENIED, REFUSAL_DOUBT, "70002");
}

static unsigned wait_after(unsigned status, const struct oauth_error *error)
{
    struct judgement one = classify(codes, GRANT_PASSWORD, status, error);
    struct judgement other = classify(codes, GRANT_REFRESH, status, error);

    assert_int_equal(one.wait_seconds, other.wait_seconds);
    return one.wait_seconds;
}

static void only_throttling_tells_to_wait(void **state)
{
    static const char *const words[] = {"", "invalid_grant", "temporarily_unavailable", "odd"};

    (void)state;
    for (unsigned status = 0; status < 1000; status++)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            struct oauth_error outage = numbered(words[i], 90033);
            struct oauth_error throttled = numbered(words[i], 59999);

            assert_int_equal(wait_after(status, &outage), status == 429 ? 60 : 0);
            throttled.numbers[throttled.count++] = 90055;
            assert_int_equal(wait_after(status, &throttled), *words[i] || status == 429 ? 60 : 0);
        }
}

static void an_answer_of_b2c_is_read_by_its_own_numbers(void **state)
{
    struct oauth_error wrong = numbered("access_denied", CODE_B2C + 90225);
    struct oauth_error strange = numbered("access_denied", 90225);

    (void)state;
    expect_both(400, &wrong, REFUSAL_SECRET, REFUSAL_TOKEN, "access_denied");
    expect_both(400, &strange, REFUSAL_DENIED, REFUSAL_DENIED, "access_denied");
}

static void rows_of_an_administrator_decide_first(void **state)
{
    static const char text[] = "50126 outage - ours\n59999 secret device new";
    struct oauth_error outage = numbered("invalid_grant", 50126);
    struct oauth_error secret = numbered("invalid_grant", 59999);
    struct codes *own = NULL;
    struct judgement judgement;
    struct error why;

    (void)state;
    assert_true(codes_built_in(&own, &why));
    assert_true(codes_read(text, strlen(text), "own", own, &own, &why));
    expect(classify(own, GRANT_REFRESH, 400, &outage), OUTAGE, "own", 50126);
    judgement = classify(own, GRANT_PASSWORD, 400, &secret);
    expect(judgement, REFUSAL_SECRET, "own", 59999);
    assert_int_equal(judgement.advice, ADVICE_DEVICE);
    codes_release(own);
}

static void without_a_table_the_words_decide(void **state)
{
    struct oauth_error error = numbered("invalid_grant", 50057);
    struct oauth_error client = numbered("invalid_client", 7000215);

    (void)state;
    expect(classify(NULL, GRANT_PASSWORD, 400, &error), REFUSAL_DENIED, "none", 400);
    expect(classify(NULL, GRANT_REFRESH, 400, &error), REFUSAL_DOUBT, "none", 400);
    expect(classify(NULL, GRANT_PASSWORD, 401, &client), BROKEN, "none", 401);
}

static void nothing_is_ever_accepted_and_zero_is_a_refusal(void **state)
{
    (void)state;
    assert_int_equal(ANSWER_REFUSED, 0);
    for (unsigned status = 0; status < 1000; status++) {
        struct oauth_error error = error_of("");

        assert_int_equal(classify(codes, GRANT_PASSWORD, status, &error).answer,
                         ANSWER_UNREACHABLE);
        error = error_of("no_error_at_all");
        assert_int_not_equal(classify(codes, GRANT_REFRESH, status, &error).answer,
                             ANSWER_ACCEPTED);
    }
}

static void a_device_code_ends_by_words_alone_too(void **state)
{
    static const struct {
        const char *word;
        enum advice advice;
    } ends[] = {{"access_denied", ADVICE_DECLINED},     {"authorization_declined", ADVICE_DECLINED},
                {"expired_token", ADVICE_LATE},         {"code_expired", ADVICE_LATE},
                {"bad_verification_code", ADVICE_CODE}, {"invalid_grant", ADVICE_NONE},
                {"something_new", ADVICE_NONE}};

    (void)state;
    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        struct oauth_error error = error_of(ends[i].word);
        struct judgement judgement = classify(codes, GRANT_DEVICE, 400, &error);

        expect(judgement, REFUSAL_DENIED, ends[i].word, 400);
        assert_int_equal(judgement.advice, ends[i].advice);
        assert_int_equal(classify(codes, GRANT_DEVICE, 503, &error).answer, ANSWER_UNREACHABLE);
        assert_int_equal(classify(codes, GRANT_REFRESH, 400, &error).advice, ADVICE_NONE);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_other_status_refuses_whatever_the_body_says),
        cmocka_unit_test(an_answer_without_an_error_is_an_outage_by_its_status_alone),
        cmocka_unit_test(an_outage_may_be_said_at_any_status),
        cmocka_unit_test(words_decide_where_no_number_does),
        cmocka_unit_test(of_several_numbers_trouble_never_overrides_a_refusal),
        cmocka_unit_test(an_outage_word_beats_every_number),
        cmocka_unit_test(numbers_of_the_on_premises_agent_are_outages_unless_known_otherwise),
        cmocka_unit_test(the_old_general_number_leaves_the_decision_to_the_error),
        cmocka_unit_test(only_throttling_tells_to_wait),
        cmocka_unit_test(an_answer_of_b2c_is_read_by_its_own_numbers),
        cmocka_unit_test(nothing_is_ever_accepted_and_zero_is_a_refusal),
        cmocka_unit_test(without_a_table_the_words_decide),
        cmocka_unit_test(rows_of_an_administrator_decide_first),
        cmocka_unit_test(a_device_code_ends_by_words_alone_too),
    };

    return check_done("classify", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("classify", tests, read_codes, release_codes));
}
