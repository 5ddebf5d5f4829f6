/* SPDX-License-Identifier: MIT */
/* An outage or a refusal: every rule and every number of platform.md 3.1 to 3.3 and 4.1. */
#include "platform/classify.h"

#include "base/text.h"
#include "tests/check.h"

#include <string.h>

#define OUTAGE   ((enum refusal) - 1)
#define BY_WORDS ((enum refusal) - 2) /* the number says nothing: as if it were not there */

/* The verdict letters of platform.md 3.3, with what each means for the two grants. */
/* clang-format off */
static const struct row {
    const char *letter;
    enum refusal password, refresh;
    unsigned numbers[64];
} rows[] = {
    {"D", REFUSAL_SECRET, REFUSAL_TOKEN,
     {50064, 50126}},
    {"D", REFUSAL_DENIED, REFUSAL_DENIED,
     {40009, 40015, 50056, 50086, 50128, 50134, 65004, 70018, 70019, 70020, 70037, 80004,
      90013, 90123, 90125, 90126, 500121, 701013, 1003033}},
    {"L", REFUSAL_ACCOUNT, REFUSAL_ACCOUNT,
     {16000, 16003, 50014, 50020, 50034, 50105, 50197, 51004}},
    {"L", REFUSAL_POLICY, REFUSAL_POLICY,
     {50002, 50005, 50097, 50127, 50129, 50131, 50135, 50155, 50177, 50178, 50187, 53000,
      53001, 53002, 53003, 53004, 53010, 53011, 54000, 80012, 90072, 500021, 500022, 500208,
      500212, 500213, 530002, 530003, 530032, 530034, 530035}},
    {"D", REFUSAL_LOCKED, REFUSAL_LOCKED,
     {50053}},
    {"L", REFUSAL_EXPIRED, REFUSAL_EXPIRED,
     {50055, 50144}},
    {"L", REFUSAL_DISABLED, REFUSAL_DISABLED,
     {50057, 500571}},
    {"N to D", REFUSAL_DENIED, REFUSAL_DENIED,
     {50017, 90119, 90120, 90121}},
    {"I", REFUSAL_MORE, REFUSAL_MORE,
     {50072, 50074, 50076, 50078, 50079, 50125, 50140, 50143, 50158, 50161, 50192, 50199,
      700020, 9002341}},
    {"U*", REFUSAL_MORE, REFUSAL_MORE,
     {50088}},
    {"U", OUTAGE, OUTAGE,
     {20001, 20012, 20033, 40008, 40010, 50000, 50033, 50087, 50166, 50196, 70012, 80001,
      80002, 80003, 80005, 80007, 80010, 80011, 80013, 80014, 90006, 90012, 90024, 90025,
      90033, 90036, 90055, 90090, 90091, 90092, 230109}},
    {"N to I", REFUSAL_MORE, REFUSAL_MORE,
     {50058, 130004, 130008}},
    {"R/L", REFUSAL_POLICY, REFUSAL_TOKEN,
     {135011, 700003}},
    {"R+", REFUSAL_REVOKED, REFUSAL_REVOKED,
     {50132, 50133, 50173, 70043, 70044}},
    {"R", REFUSAL_DENIED, REFUSAL_TOKEN,
     {50085, 50089, 70000, 70008, 700005, 700082, 700084}},
    {"C1", OUTAGE, OUTAGE,
     {28002, 28003, 50001, 50003, 50012, 50013, 50049, 50050, 50059, 50107, 50146, 50194,
      51000, 54005, 65002, 65005, 70003, 70011, 90002, 90010, 90014, 90016, 90019, 90023,
      90038, 90043, 90051, 90056, 90100, 100007, 500011, 500133, 650052, 650054, 650056,
      650057, 700022, 700023, 700024, 700025, 700027, 700030, 700038, 900144, 900439,
      900561, 7000215, 7000218, 7000222, 9001023, 9002313}},
    {"P", BY_WORDS, BY_WORDS,
     {70016}},
    {"C2", REFUSAL_SETUP, REFUSAL_SETUP,
     {65001, 70001, 90094, 90095, 90099, 500014, 700011, 700016, 1000031, 7000112}},
    {"N", BY_WORDS, BY_WORDS,
     {81004, 81012, 120000, 120021, 140000, 140001}},
};
/* clang-format on */

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

static void expect(struct judgement got, enum refusal wanted, const char *what, unsigned number)
{
    bool right = wanted == OUTAGE ? got.answer == ANSWER_UNREACHABLE
                                  : got.answer == ANSWER_REFUSED && got.refusal == wanted;

    if (!right)
        fail_msg("%s %u: answer %d, refusal %d instead of %d", what, number, (int)got.answer,
                 (int)got.refusal, (int)wanted);
}

static void expect_both(unsigned status, const struct oauth_error *error, enum refusal password,
                        enum refusal refresh, const char *what)
{
    expect(classify(GRANT_PASSWORD, status, error), password, what, status);
    expect(classify(GRANT_REFRESH, status, error), refresh, what, status);
}

static void every_number_means_what_its_letter_says(void **state)
{
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct row *row = &rows[i];
        enum refusal password = row->password == BY_WORDS ? REFUSAL_SECRET : row->password;
        enum refusal refresh = row->refresh == BY_WORDS ? REFUSAL_TOKEN : row->refresh;

        for (size_t n = 0; row->numbers[n]; n++, seen++) {
            struct oauth_error error = numbered("invalid_grant", row->numbers[n]);

            expect(classify(GRANT_PASSWORD, 400, &error), password, row->letter, row->numbers[n]);
            expect(classify(GRANT_REFRESH, 400, &error), refresh, row->letter, row->numbers[n]);
        }
    }
    assert_int_equal(seen, 200);
}

static void an_outage_status_is_an_outage_whatever_the_body_says(void **state)
{
    (void)state;
    for (unsigned status = 0; status < 1000; status++)
        for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
            struct oauth_error error = numbered("invalid_grant", rows[i].numbers[0]);

            if (status != 400 && status != 401 && status != 403)
                expect_both(status, &error, OUTAGE, OUTAGE, rows[i].letter);
        }
}

static void an_answer_without_an_error_is_an_outage_whatever_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_error error = numbered("", rows[i].numbers[0]);

        assert_true(text_copy(error.suberror, sizeof error.suberror, "bad_token"));
        error.claims = true;
        for (unsigned status = 400; status <= 403; status++)
            expect_both(status, &error, OUTAGE, OUTAGE, rows[i].letter);
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
        {"invalid_grant", "", false, REFUSAL_SECRET, REFUSAL_TOKEN},
        {"invalid_grant", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "basic_action", false, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "additional_action", false, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "device_authentication_failed", false, REFUSAL_MORE, REFUSAL_MORE},
        {"invalid_grant", "consent_required", false, REFUSAL_SETUP, REFUSAL_SETUP},
        {"invalid_grant", "user_password_expired", false, REFUSAL_EXPIRED, REFUSAL_EXPIRED},
        {"invalid_grant", "message_only", false, REFUSAL_POLICY, REFUSAL_POLICY},
        {"invalid_grant", "bad_token", false, REFUSAL_DENIED, REFUSAL_TOKEN},
        {"invalid_grant", "token_expired", false, REFUSAL_DENIED, REFUSAL_TOKEN},
        {"invalid_grant", "client_mismatch", false, OUTAGE, OUTAGE},
        {"invalid_grant", "protection_policy_required", false, OUTAGE, OUTAGE},
        {"invalid_grant", "something_new", false, REFUSAL_SECRET, REFUSAL_TOKEN},
        {"interaction_required", "", false, REFUSAL_MORE, REFUSAL_MORE},
        {"interaction_required", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"login_required", "", true, REFUSAL_MORE, REFUSAL_MORE},
        {"consent_required", "", false, REFUSAL_SETUP, REFUSAL_SETUP},
        {"invalid_client", "", false, OUTAGE, OUTAGE},
        {"invalid_client", "", true, OUTAGE, OUTAGE},
        {"unauthorized_client", "", false, OUTAGE, OUTAGE},
        {"unsupported_grant_type", "", false, OUTAGE, OUTAGE},
        {"invalid_request", "", false, OUTAGE, OUTAGE},
        {"invalid_scope", "", false, OUTAGE, OUTAGE},
        {"invalid_resource", "", false, OUTAGE, OUTAGE},
        {"invalid_tenant", "", false, OUTAGE, OUTAGE},
        {"invalid_instance", "", false, OUTAGE, OUTAGE},
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
        {{59999, 58888}, REFUSAL_DENIED, REFUSAL_TOKEN, 0},
        {{59999, 70002}, REFUSAL_SECRET, REFUSAL_TOKEN, 0},
        {{59999, 53003, 50126}, REFUSAL_POLICY, REFUSAL_POLICY, 53003},
        {{90033, 90002}, OUTAGE, OUTAGE, 90033},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct oauth_error error = error_of("invalid_grant");

        for (; cases[i].numbers[error.count]; error.count++)
            error.numbers[error.count] = cases[i].numbers[error.count];
        expect_both(400, &error, cases[i].password, cases[i].refresh, "several");
        assert_int_equal(classify(GRANT_PASSWORD, 400, &error).number, cases[i].counts);
    }
}

static void an_outage_word_beats_every_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct oauth_error error = numbered("temporarily_unavailable", rows[i].numbers[0]);

        expect_both(400, &error, OUTAGE, OUTAGE, rows[i].letter);
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
    expect_both(401, &client, OUTAGE, OUTAGE, "70002");
    expect_both(400, &grant, REFUSAL_SECRET, REFUSAL_TOKEN, "70002");
}

static void nothing_is_ever_accepted_and_zero_is_a_refusal(void **state)
{
    (void)state;
    assert_int_equal(ANSWER_REFUSED, 0);
    for (unsigned status = 0; status < 1000; status++) {
        struct oauth_error error = error_of("");

        assert_int_equal(classify(GRANT_PASSWORD, status, &error).answer, ANSWER_UNREACHABLE);
        error = error_of("no_error_at_all");
        assert_int_not_equal(classify(GRANT_REFRESH, status, &error).answer, ANSWER_ACCEPTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_number_means_what_its_letter_says),
        cmocka_unit_test(an_outage_status_is_an_outage_whatever_the_body_says),
        cmocka_unit_test(an_answer_without_an_error_is_an_outage_whatever_its_number),
        cmocka_unit_test(words_decide_where_no_number_does),
        cmocka_unit_test(of_several_numbers_trouble_never_overrides_a_refusal),
        cmocka_unit_test(an_outage_word_beats_every_number),
        cmocka_unit_test(numbers_of_the_on_premises_agent_are_outages_unless_known_otherwise),
        cmocka_unit_test(the_old_general_number_leaves_the_decision_to_the_error),
        cmocka_unit_test(nothing_is_ever_accepted_and_zero_is_a_refusal),
    };

    return check_main("classify", tests);
}
