/* SPDX-License-Identifier: MIT */
/* login/policy.c: the whole table, by properties that are stated apart from it. */
#include "login/policy.h"

#include "base/text.h"
#include "login/background.h"
#include "tests/check.h"

#include <string.h>

#define DAY ((time_t)86400)

static bool is_accepted(enum result result)
{
    return result == RESULT_ACCEPTED_PASSWORD || result == RESULT_ACCEPTED_TOKEN ||
           result == RESULT_ACCEPTED_CODE;
}

/* The answers that leave the question to what this host remembers. */
static bool is_silent(enum result result)
{
    return result == RESULT_UNREACHABLE || result == RESULT_UNSERVED || result == RESULT_LOCKED ||
           result == RESULT_LOCK_RESTING;
}

static bool is_unreached(enum result result)
{
    return result == RESULT_UNREACHABLE || result == RESULT_UNSERVED;
}

static void for_all(void (*check)(const struct facts *facts, const struct decision *decision))
{
    for (unsigned n = 0; n < RESULTS * LOCALS * OFFLINES * 512; n++) {
        const struct facts facts = {
            .result = n / (LOCALS * OFFLINES * 512),
            .local = n / (OFFLINES * 512) % LOCALS,
            .offline = n / 512 % OFFLINES,
            .may_ask_password = n & 1,
            .may_ask_token = n & 2,
            .password_unserved = n & 4,
            .refused_before = n & 8,
            .advice = n & 16 ? WORDS_DEVICE : WORDS_NONE,
            .token_stuck = n & 32,
            .more = n & 64 ? WORDS_REGISTER : WORDS_NONE,
            .may_ask_code = n & 128,
            .code_first = n & 256,
        };
        const struct decision decision = policy_decide(&facts);

        check(&facts, &decision);
    }
}

static void admitted_only_if_proven(const struct facts *f, const struct decision *d)
{
    if (d->step != STEP_ADMIT)
        return;
    assert_true(f->result == RESULT_ACCEPTED_PASSWORD || f->result == RESULT_ACCEPTED_CODE ||
                (f->local == LOCAL_RIGHT &&
                 (f->result == RESULT_ACCEPTED_TOKEN || f->result == RESULT_SKIPPED)));
}

static void offline_only_if_silent_right_and_open(const struct facts *f, const struct decision *d)
{
    bool fallback =
        (f->result == RESULT_UNSERVED || f->result == RESULT_LOCK_RESTING) && f->may_ask_token;
    bool dead_token =
        (f->result == RESULT_TOKEN || f->result == RESULT_DOUBT || f->result == RESULT_RESTING) &&
        f->password_unserved && (!f->may_ask_password || (f->may_ask_code && f->code_first));
    bool stuck = f->result == RESULT_MORE_PASSWORD && f->token_stuck && !f->may_ask_token;
    bool wanted = (is_silent(f->result) || dead_token || stuck) && f->local == LOCAL_RIGHT &&
                  f->offline == OFFLINE_OPEN && !fallback;

    assert_int_equal(d->step == STEP_ADMIT_OFFLINE, wanted);
}

static void denied_means_a_denying_verdict(const struct facts *f, const struct decision *d)
{
    (void)f;
    if (d->step == STEP_DENY) {
        assert_true(d->verdict > VERDICT_ADMIT && d->verdict < VERDICTS);
        assert_int_not_equal(d->words, WORDS_NONE);
    } else {
        assert_int_not_equal(d->verdict, VERDICT_ADMIT);
    }
}

static void nothing_is_said_of_an_account_before_the_secret_is_proven(const struct facts *f,
                                                                      const struct decision *d)
{
    if (d->step != STEP_DENY || f->local == LOCAL_RIGHT)
        return;
    if (f->local == LOCAL_UNKNOWN &&
        (f->result == RESULT_MORE_PASSWORD || f->result == RESULT_SETUP))
        return; /* the platform said so to this very password */
    if (is_unreached(f->result) || f->result == RESULT_CODE)
        return; /* what is told then: the next rule, and test_policy_code.c */
    assert_int_equal(d->words, WORDS_BAD);
}

/* Nobody was reached, but it is known why: that says nothing of anybody, so all are told alike. */
static void what_is_wrong_with_the_platform_is_told_to_all(const struct facts *f,
                                                           const struct decision *d)
{
    if (d->step != STEP_DENY || !is_unreached(f->result))
        return;
    assert_int_equal(d->verdict, VERDICT_UNAVAILABLE);
    if (f->advice != WORDS_NONE)
        assert_int_equal(d->words, f->advice);
    else if (f->local != LOCAL_RIGHT)
        assert_int_equal(d->words, WORDS_OFFLINE_BAD);
}

static void a_wrong_secret_erases_nothing_by_itself(const struct facts *f, const struct decision *d)
{
    if (f->local != LOCAL_RIGHT && f->result == RESULT_SECRET) {
        assert_false(d->erase_verifier);
        assert_false(d->erase_token);
        assert_int_equal(d->remember, REFUSED_NOT);
    }
}

static void silence_and_success_leave_no_refusal(const struct facts *f, const struct decision *d)
{
    if (is_silent(f->result) || is_accepted(f->result) || f->result == RESULT_SKIPPED ||
        f->result == RESULT_UNTRUSTED || f->result == RESULT_CODE) {
        assert_int_equal(d->remember, REFUSED_NOT);
        assert_false(d->erase_verifier);
        assert_false(d->erase_token);
    }
}

/* What is not about the typed secret is remembered whatever was typed: the cable may be pulled next. */
static void refusals_of_the_account_are_always_remembered(const struct facts *f,
                                                          const struct decision *d)
{
    static const enum refused wanted[RESULTS] = {
        [RESULT_REVOKED] = REFUSED_REVOKED,   [RESULT_FREQUENCY] = REFUSED_REVOKED,
        [RESULT_ACCOUNT] = REFUSED_ACCOUNT,   [RESULT_UNASSIGNED] = REFUSED_UNASSIGNED,
        [RESULT_DISABLED] = REFUSED_DISABLED, [RESULT_POLICY] = REFUSED_POLICY,
        [RESULT_RISK] = REFUSED_POLICY,       [RESULT_EXPIRED] = REFUSED_PASSWORD,
        [RESULT_SETUP] = REFUSED_POLICY,
    };

    if (wanted[f->result] != REFUSED_NOT)
        assert_int_equal(d->remember, wanted[f->result]);
}

static void only_a_password_the_platform_took_becomes_a_verifier(const struct facts *f,
                                                                 const struct decision *d)
{
    assert_int_equal(d->new_verifier,
                     f->result == RESULT_ACCEPTED_PASSWORD && f->local != LOCAL_RIGHT);
}

/* platform.md 3.3, the cache column: what a refusal erases, whatever was typed. */
static void each_refusal_erases_what_its_row_says(const struct facts *f, const struct decision *d)
{
    static const struct {
        bool verifier, token;
    } wanted[RESULTS] = {
        [RESULT_TOKEN] = {false, true},     [RESULT_REVOKED] = {true, true},
        [RESULT_FREQUENCY] = {false, true}, [RESULT_UNASSIGNED] = {false, true},
        [RESULT_DISABLED] = {true, true},   [RESULT_RISK] = {true, true},
        [RESULT_EXPIRED] = {true, false},
    };
    bool gone = f->result == RESULT_ACCOUNT && f->refused_before;
    bool changed = f->result == RESULT_SECRET && f->local == LOCAL_RIGHT;

    assert_int_equal(d->erase_verifier, wanted[f->result].verifier || gone || changed);
    assert_int_equal(d->erase_token, wanted[f->result].token || gone);
    assert_int_equal(d->doubt_token, f->result == RESULT_DOUBT);
    /* Not when it was not sent: a rest that renewed itself would never end. */
    assert_int_equal(d->rest_token, f->result == RESULT_MORE_TOKEN);
}

static void advice_is_for_whoever_may_know(const struct facts *f, const struct decision *d)
{
    bool told_so = f->result == RESULT_MORE_PASSWORD || f->result == RESULT_SETUP;

    if (d->words == WORDS_DEVICE && !is_unreached(f->result) && f->result != RESULT_CODE)
        assert_true(f->local == LOCAL_RIGHT || (f->local == LOCAL_UNKNOWN && told_so));
    if (f->advice == WORDS_DEVICE && f->local == LOCAL_RIGHT && f->result == RESULT_POLICY)
        assert_int_equal(d->words, WORDS_DEVICE);
}

/* 50053 says nothing about what was typed: whoever has not proven a secret gets the one text. */
static void a_locked_account_is_told_only_to_its_owner(const struct facts *f,
                                                       const struct decision *d)
{
    bool locked = f->result == RESULT_LOCKED || f->result == RESULT_LOCK_RESTING;

    if (d->verdict == VERDICT_MAXTRIES || d->words == WORDS_LOCKED)
        assert_true(locked && f->local == LOCAL_RIGHT && f->offline != OFFLINE_OPEN);
    if (locked && f->local != LOCAL_RIGHT)
        assert_int_equal(d->verdict, VERDICT_DENY);
}

static void it_asks_only_what_may_be_asked(const struct facts *f, const struct decision *d)
{
    assert_true(d->step != STEP_ASK_PASSWORD || f->may_ask_password);
    assert_true(d->step != STEP_ASK_TOKEN || f->may_ask_token);
    assert_true(d->step != STEP_ASK_CODE || f->may_ask_code);
    assert_true(d->step != STEP_ASK_PASSWORD || policy_wants_password(f->result, f->local));
}

/* What is not asked once more has the answer it had. */
static void a_demand_that_rests_is_the_demand_that_was_made(const struct facts *f,
                                                            const struct decision *d)
{
    struct facts asked = *f;
    struct decision then;

    if (f->result != RESULT_MORE_RESTING)
        return;
    asked.result = RESULT_MORE_TOKEN;
    then = policy_decide(&asked);
    assert_true(d->step == STEP_DENY || d->step == STEP_ASK_CODE);
    assert_int_equal(d->step, then.step);
    assert_int_equal(d->verdict, then.verdict);
    assert_int_equal(d->words, then.words);
    assert_int_equal(d->remember, REFUSED_NOT);
    assert_int_equal(policy_account(f, REFUSED_NOT).step, STEP_DENY);
    assert_int_equal(policy_account(f, REFUSED_NOT).verdict,
                     policy_account(&asked, REFUSED_NOT).verdict);
}

static bool takes_passphrase(const struct facts *facts)
{
    return !facts->may_ask_password && !facts->password_unserved &&
           facts->result != RESULT_ACCEPTED_PASSWORD && facts->result != RESULT_ACCEPTED_CODE &&
           facts->result != RESULT_SECRET;
}

/* policy_decide is told of a passphrase by may_ask_password alone. */
static void a_wrong_passphrase_is_no(const struct facts *f, const struct decision *d)
{
    if (!takes_passphrase(f))
        return;
    assert_int_not_equal(d->step, STEP_ASK_PASSWORD);
    assert_false(d->new_verifier);
    if (f->local != LOCAL_RIGHT)
        assert_true(d->step != STEP_ADMIT && d->step != STEP_ADMIT_OFFLINE);
}

static void the_whole_table_keeps_its_promises(void **state)
{
    (void)state;
    for_all(admitted_only_if_proven);
    for_all(a_wrong_passphrase_is_no);
    for_all(offline_only_if_silent_right_and_open);
    for_all(denied_means_a_denying_verdict);
    for_all(nothing_is_said_of_an_account_before_the_secret_is_proven);
    for_all(what_is_wrong_with_the_platform_is_told_to_all);
    for_all(a_wrong_secret_erases_nothing_by_itself);
    for_all(silence_and_success_leave_no_refusal);
    for_all(refusals_of_the_account_are_always_remembered);
    for_all(only_a_password_the_platform_took_becomes_a_verifier);
    for_all(each_refusal_erases_what_its_row_says);
    for_all(advice_is_for_whoever_may_know);
    for_all(a_locked_account_is_told_only_to_its_owner);
    for_all(it_asks_only_what_may_be_asked);
    for_all(a_demand_that_rests_is_the_demand_that_was_made);
}

/* Each row of the story, with the first answer and what follows from it. */
static void each_row_of_the_story_ends_as_told(void **state)
{
    static const struct {
        struct facts facts;
        enum step step;
        enum words words;
        enum refused remember;
        bool erase_verifier, erase_token;
    } rows[] = {
        /* clang-format off */
        {{RESULT_ACCEPTED_TOKEN, LOCAL_RIGHT, OFFLINE_ENDED, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_ENDED, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_WINDOW_ENDED, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_CLOSED, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_OFFLINE_BAD, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_CLOCK, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_CLOCK, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_WRONG, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_OFFLINE_BAD, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_UNKNOWN, OFFLINE_NEVER, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_OFFLINE_BAD, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_SETUP, false, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_UNREACHABLE, LOCAL_RIGHT, OFFLINE_ENDED, true, true, false, false, WORDS_SETUP, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_SETUP, REFUSED_NOT, false, false},
        {{RESULT_UNSERVED, LOCAL_UNKNOWN, OFFLINE_NEVER, true, false, false, false, WORDS_TIME, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_TIME, REFUSED_NOT, false, false},
        {{RESULT_TOKEN, LOCAL_RIGHT, OFFLINE_ENDED, false, false, true, false, WORDS_REVOKED, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_WINDOW_ENDED, REFUSED_NOT, false, true},
        {{RESULT_DENIED, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_REVOKED, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_REVOKED, REFUSED_NOT, false, false},
        {{RESULT_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_NONE, false, WORDS_REGISTER, false, false},
         STEP_DENY, WORDS_REGISTER, REFUSED_NOT, false, true},
        {{RESULT_SECRET, LOCAL_RIGHT, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_CHANGED, REFUSED_PASSWORD, true, false},
        {{RESULT_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_NOT, false, true},
        {{RESULT_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, false, false, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, true},
        {{RESULT_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_REVOKED, REFUSED_NOT, false, true},
        {{RESULT_REVOKED, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_REVOKED, true, true},
        {{RESULT_DISABLED, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_DISABLED, REFUSED_DISABLED, true, true},
        {{RESULT_SKIPPED, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_SKIPPED, LOCAL_WRONG, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_SKIPPED, LOCAL_WRONG, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_ACCEPTED_TOKEN, LOCAL_WRONG, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_ACCEPTED_PASSWORD, LOCAL_WRONG, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_UNSERVED, LOCAL_RIGHT, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_TOKEN, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_UNSERVED, LOCAL_RIGHT, OFFLINE_ENDED, false, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_WINDOW_ENDED, REFUSED_NOT, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_RIGHT, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_TOKEN, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_UNKNOWN, OFFLINE_NEVER, false, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_MORE, REFUSED_NOT, false, false},
        {{RESULT_LOCKED, LOCAL_RIGHT, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_LOCKED, LOCAL_WRONG, OFFLINE_OPEN, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_LOCKED, LOCAL_RIGHT, OFFLINE_ENDED, false, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_LOCKED, REFUSED_NOT, false, false},
        {{RESULT_LOCK_RESTING, LOCAL_RIGHT, OFFLINE_OPEN, false, true, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_TOKEN, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_LOCK_RESTING, LOCAL_RIGHT, OFFLINE_OPEN, false, false, true, false, WORDS_NONE, true, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_LOCK_RESTING, LOCAL_RIGHT, OFFLINE_ENDED, false, false, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_LOCKED, REFUSED_NOT, false, false},
        {{RESULT_LOCK_RESTING, LOCAL_WRONG, OFFLINE_OPEN, false, true, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_DOUBT, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_DOUBT, LOCAL_RIGHT, OFFLINE_OPEN, false, false, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_FREQUENCY, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_REVOKED, false, true},
        {{RESULT_UNASSIGNED, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_NOT_ALLOWED, REFUSED_UNASSIGNED, false, true},
        {{RESULT_RISK, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_RISK, REFUSED_POLICY, true, true},
        {{RESULT_ACCOUNT, LOCAL_RIGHT, OFFLINE_CLOSED, true, true, false, true, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_ACCOUNT, true, true},
        {{RESULT_POLICY, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_HOURS, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_HOURS, REFUSED_POLICY, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_UNKNOWN, OFFLINE_NEVER, false, false, false, false, WORDS_REGISTER, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_REGISTER, REFUSED_NOT, false, false},
        {{RESULT_DENIED, LOCAL_WRONG, OFFLINE_OPEN, true, true, false, false, WORDS_DECLINED, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_DENIED, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_NONE, true, WORDS_NONE, false, false},
         STEP_ADMIT_OFFLINE, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_MORE, REFUSED_NOT, false, false},
        {{RESULT_MORE_PASSWORD, LOCAL_RIGHT, OFFLINE_ENDED, false, false, false, false, WORDS_NONE, true, WORDS_NONE, false, false},
         STEP_DENY, WORDS_MORE, REFUSED_NOT, false, false},
        {{RESULT_RESTING, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_ASK_PASSWORD, WORDS_NONE, REFUSED_NOT, false, false},
        {{RESULT_MORE_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_MORE, REFUSED_NOT, false, false},
        {{RESULT_MORE_RESTING, LOCAL_RIGHT, OFFLINE_OPEN, true, false, true, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_MORE, REFUSED_NOT, false, false},
        {{RESULT_MORE_RESTING, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_NONE, false, WORDS_REGISTER, false, false},
         STEP_DENY, WORDS_REGISTER, REFUSED_NOT, false, false},
        {{RESULT_MORE_TOKEN, LOCAL_RIGHT, OFFLINE_OPEN, false, false, false, false, WORDS_DEVICE, false, WORDS_REGISTER, false, false},
         STEP_DENY, WORDS_DEVICE, REFUSED_NOT, false, false},
        {{RESULT_MORE_RESTING, LOCAL_WRONG, OFFLINE_OPEN, true, false, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        {{RESULT_UNTRUSTED, LOCAL_RIGHT, OFFLINE_OPEN, true, true, false, false, WORDS_NONE, false, WORDS_NONE, false, false},
         STEP_DENY, WORDS_BAD, REFUSED_NOT, false, false},
        /* clang-format on */
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct decision d = policy_decide(&rows[i].facts);

        if (d.step != rows[i].step || d.words != rows[i].words || d.remember != rows[i].remember)
            print_message("row %zu\n", i);
        assert_int_equal(d.step, rows[i].step);
        assert_int_equal(d.words, rows[i].words);
        assert_int_equal(d.remember, rows[i].remember);
        assert_int_equal(d.erase_verifier, rows[i].erase_verifier);
        assert_int_equal(d.erase_token, rows[i].erase_token);
    }
}

static struct person somebody(time_t last_online, time_t last_password)
{
    struct person person = {.uid = ID_LEAST, .has_token = true};

    person.verifier[0] = '$';
    person.last_online = last_online;
    person.last_password = last_password;
    return person;
}

static void the_first_proof_is_chosen_by_age(void **state)
{
    const time_t now = 1000 * DAY;
    struct person person = somebody(now - 60, now - 60);
    struct remembered r = {.person = &person,
                           .now = now,
                           .recheck_minutes = 5,
                           .password_recheck_hours = 24,
                           .may_ask_password = true,
                           .may_ask_token = true};

    (void)state;
    assert_int_equal(policy_proof(&r), PROOF_NONE);
    r.highest_time = now + 301; /* a clock set back makes nothing recent */
    assert_int_equal(policy_proof(&r), PROOF_TOKEN);
    assert_true(policy_account_is_due(&r));
    r.highest_time = 0;
    r.recheck_minutes = 0;
    assert_int_equal(policy_proof(&r), PROOF_TOKEN);
    r.recheck_minutes = 1;
    assert_int_equal(policy_proof(&r), PROOF_NONE);
    person.last_online = now - 61;
    assert_int_equal(policy_proof(&r), PROOF_TOKEN);
    r.may_ask_token = false;
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
    r.may_ask_token = true;
    r.password_recheck_hours = 0;
    person.last_password = now; /* not even for a second */
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
    r.password_recheck_hours = 24;
    person.last_password = now + 1;
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
    person.last_password = now;
    person.last_online = now + 1; /* the future is not recent */
    assert_int_equal(policy_proof(&r), PROOF_TOKEN);
    person.refused = REFUSED_REVOKED;
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
    person.refused = REFUSED_NOT;
    person.verifier[0] = '\0';
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
    r.person = NULL;
    assert_int_equal(policy_proof(&r), PROOF_PASSWORD);
}

/* Of everybody with a local passphrase, in all circumstances. */
static void a_passphrase_is_never_sent_and_a_due_proof_never_skipped(void **state)
{
    const time_t now = 1000 * DAY;

    (void)state;
    for (unsigned n = 0; n < 128u * REFUSED_KINDS; n++) {
        struct person person = somebody(n & 1 ? now - 60 : now - DAY, n & 2 ? now : 0);
        struct remembered r = {.person = &person,
                               .now = now,
                               .highest_time = n & 4 ? now + DAY : 0,
                               .recheck_minutes = n & 8 ? 5 : 0,
                               .password_recheck_hours = n & 16 ? 24 : 0,
                               .may_ask_token = n & 32};
        enum proof proof;

        person.passphrase = true;
        person.refused = n / 128;
        if (n & 64)
            person.verifier[0] = '\0';
        proof = policy_proof(&r);
        assert_int_not_equal(proof, PROOF_PASSWORD);
        /* Nobody can be let in without a verifier, so there is nothing to prove. */
        assert_int_equal(proof == PROOF_NONE, (n & 64) || !policy_account_is_due(&r));
    }
}

static void a_doubtful_token_rests_for_two_minutes(void **state)
{
    const time_t now = 1000 * DAY;
    struct person person = somebody(now - DAY, now - DAY);
    struct remembered r = {.person = &person, .now = now};

    (void)state;
    assert_false(policy_token_rests(&r));
    person.token_doubted_at = now;
    assert_true(policy_token_rests(&r));
    person.token_doubted_at = now - 119;
    assert_true(policy_token_rests(&r));
    person.token_doubted_at = now - 120;
    assert_false(policy_token_rests(&r));
    person.token_doubted_at = now + 1; /* a clock set back must not make it rest for ever */
    assert_false(policy_token_rests(&r));
    r.person = NULL;
    assert_false(policy_token_rests(&r));
}

static void a_demand_for_more_stands_for_two_minutes(void **state)
{
    const time_t now = 1000 * DAY;
    struct person person = somebody(now - DAY, now - DAY);
    struct remembered r = {.person = &person, .now = now};

    (void)state;
    assert_false(policy_wants_more(&r));
    person.more_wanted_at = now;
    assert_true(policy_wants_more(&r));
    assert_false(policy_token_rests(&r));
    person.more_wanted_at = now - 119;
    assert_true(policy_wants_more(&r));
    person.more_wanted_at = now - 120;
    assert_false(policy_wants_more(&r));
    person.more_wanted_at = now + 1; /* nor for ever because of a clock */
    assert_false(policy_wants_more(&r));
    person.more_wanted_at = 0;
    person.token_doubted_at = now;
    assert_false(policy_wants_more(&r));
    r.person = NULL;
    assert_false(policy_wants_more(&r));
}

static void an_account_is_gone_when_it_is_not_there_an_hour_later(void **state)
{
    const time_t now = 1000 * DAY;
    struct person person = somebody(now - DAY, now - DAY);
    struct remembered r = {.person = &person, .now = now};

    (void)state;
    person.refused = REFUSED_ACCOUNT;
    person.refused_at = now - 3600;
    assert_true(policy_was_refused_before(&r));
    person.refused_at = now - 3599;
    assert_false(policy_was_refused_before(&r));
    person.refused_at = now + 10 * DAY;
    assert_false(policy_was_refused_before(&r));
    person.refused_at = now - DAY;
    for (enum refused refused = 0; refused < REFUSED_KINDS; refused++) {
        person.refused = refused;
        assert_int_equal(policy_was_refused_before(&r), refused == REFUSED_ACCOUNT);
    }
    r.person = NULL;
    assert_false(policy_was_refused_before(&r));
}

static void the_account_phase_fails_closed(void **state)
{
    static const bool may_not[RESULTS] = {[RESULT_POLICY] = true,
                                          [RESULT_RISK] = true,
                                          [RESULT_UNASSIGNED] = true,
                                          [RESULT_EXPIRED] = true,
                                          [RESULT_SETUP] = true};

    (void)state;
    for (enum result result = 0; result < RESULTS; result++)
        for (enum offline offline = 0; offline < OFFLINES; offline++)
            for (enum refused refused = 0; refused < REFUSED_KINDS; refused++) {
                const struct facts facts = {.result = result, .offline = offline};
                const struct decision d = policy_account(&facts, refused);
                bool in = d.step == STEP_ADMIT || d.step == STEP_ADMIT_OFFLINE;
                bool silent = result == RESULT_UNREACHABLE || result == RESULT_LOCKED;
                bool wanted = result == RESULT_ACCEPTED_TOKEN ||
                              (result == RESULT_SKIPPED && refused == REFUSED_NOT) ||
                              (silent && offline == OFFLINE_OPEN);

                assert_int_equal(in, wanted);
                assert_true(in || d.verdict == VERDICT_EXPIRED ||
                            d.verdict == VERDICT_UNAVAILABLE || d.verdict == VERDICT_FORBIDDEN);
                assert_int_equal(!in && d.verdict == VERDICT_FORBIDDEN, may_not[result]);
                /* A token that is missing or dead is no evidence: nothing worse is known. */
                assert_true(result != RESULT_TOKEN || d.remember == REFUSED_NOT);
            }
}

static void background_services_go_by_what_is_remembered(void **state)
{
    static const struct {
        const char *service, *remote_user;
        bool background;
    } cases[] = {
        {"cron", "", true},      {"systemd-user", "", true}, {"sshd", "", false},
        {"su", "root", true},    {"su", "lena", false},      {"su", "", false},
        {"sudo", "root", false}, {"atd", "", false},         {"", "", false},
        {"cron", "root", true},  {"runuser", "root", true},  {"su-l", "root", true},
        {"su-l", "toor", false},
    };
    static char cron[] = "cron", manager[] = "systemd-user";
    char *list[] = {cron, manager};
    const struct strings services = {list, 2, 2}, none = {0};
    struct person person = somebody(1, 1);
    struct request request = {0};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_true(text_copy(request.service, sizeof request.service, cases[i].service));
        assert_true(
            text_copy(request.remote_user, sizeof request.remote_user, cases[i].remote_user));
        assert_int_equal(background_is(&services, &request), cases[i].background);
        /* No list takes from root what root can do anyway. */
        assert_int_equal(background_is(&none, &request),
                         cases[i].background && strcmp(cases[i].service, "cron") != 0 &&
                             strcmp(cases[i].service, "systemd-user") != 0);
    }
    assert_int_equal(background_decide(&person).step, STEP_ADMIT);
    for (enum refused refused = 0; refused < REFUSED_KINDS; refused++) {
        const bool in = refused == REFUSED_NOT || refused == REFUSED_PASSWORD;

        person.refused = refused;
        assert_int_equal(background_decide(&person).step, in ? STEP_ADMIT : STEP_DENY);
        if (!in)
            assert_int_equal(background_decide(&person).verdict,
                             refused == REFUSED_POLICY || refused == REFUSED_UNASSIGNED
                                 ? VERDICT_FORBIDDEN
                                 : VERDICT_EXPIRED);
    }
}

static void only_who_is_listed_is_allowed(void **state)
{
    static char everyone[] = "everyone", ada[] = "ada@contoso.example", one[] = "id-1",
                two[] = "id-2";
    char *every[] = {everyone}, *list[] = {ada, one}, *sneaky[] = {ada, everyone},
         *members[] = {two, one};
    const struct strings all = {every, 1, 1}, some = {list, 2, 2}, none = {0},
                         tricks = {sneaky, 2, 2}, in = {members, 2, 2}, out = {members, 1, 1};

    (void)state;
    assert_true(policy_allows(&all, "eve@contoso.example", &none));
    assert_true(policy_allows(&some, "ada@contoso.example", &none));
    assert_true(policy_allows(&some, "eve@contoso.example", &in));
    assert_false(policy_allows(&some, "eve@contoso.example", &out));
    assert_false(policy_allows(&some, "eve@contoso.example", &none));
    assert_false(policy_allows(&none, "eve@contoso.example", &in));
    assert_false(policy_allows(&some, "eve@contoso.example", &tricks));
    assert_false(policy_allows(&some, "everyone", &none));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_table_keeps_its_promises),
        cmocka_unit_test(each_row_of_the_story_ends_as_told),
        cmocka_unit_test(the_first_proof_is_chosen_by_age),
        cmocka_unit_test(a_passphrase_is_never_sent_and_a_due_proof_never_skipped),
        cmocka_unit_test(a_doubtful_token_rests_for_two_minutes),
        cmocka_unit_test(a_demand_for_more_stands_for_two_minutes),
        cmocka_unit_test(an_account_is_gone_when_it_is_not_there_an_hour_later),
        cmocka_unit_test(the_account_phase_fails_closed),
        cmocka_unit_test(background_services_go_by_what_is_remembered),
        cmocka_unit_test(only_who_is_listed_is_allowed),
    };

    return check_main("policy", tests);
}
