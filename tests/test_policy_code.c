/* SPDX-License-Identifier: MIT */
/* login/policy.c and login/question.c: what is asked next, of everybody, after every answer. */
#include "login/policy.h"

#include "tests/check.h"

#include <string.h>

enum who {
    PASSWORD_FRESH,
    PASSWORD_ASKED,
    PHRASE_FRESH,
    PHRASE_ASKED,
    STRANGER_FRESH,
    STRANGER_ASKED
};

static struct facts facts_of(enum result result, enum local local, enum who who)
{
    bool asked = who == PASSWORD_ASKED || who == PHRASE_ASKED || who == STRANGER_ASKED;
    bool phrase = who == PHRASE_FRESH || who == PHRASE_ASKED;
    bool stranger = who == STRANGER_FRESH || who == STRANGER_ASKED;

    return (struct facts){
        .result = result,
        .local = local,
        .offline = stranger ? OFFLINE_NEVER : OFFLINE_OPEN,
        .may_ask_password = !asked && !phrase,
        .may_ask_token = !asked && !stranger,
    };
}

/*
 * D: no; A: in; O: in as remembered; P, T, C: asks about the password, the token, a code. Four
 * letters for a secret that is wrong here and for one that is right: of somebody with a password
 * and with a passphrase, each before and after password and token were asked about. Two letters
 * for a stranger, before and after. In the second row there can be no code here.
 */
static const struct row {
    enum result result;
    const char *code, *none;
} rows[] = {
    {RESULT_UNTRUSTED, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_SKIPPED, "PDDD AAAA PD", "PDDD AAAA PD"},
    {RESULT_ACCEPTED_PASSWORD, "AAAA AAAA AA", "AAAA AAAA AA"},
    {RESULT_ACCEPTED_TOKEN, "PDDD AAAA PD", "PDDD AAAA PD"},
    {RESULT_ACCEPTED_CODE, "AAAA AAAA AA", "AAAA AAAA AA"},
    {RESULT_UNREACHABLE, "DDDD OOOO DD", "DDDD OOOO DD"},
    {RESULT_UNSERVED, "DDDD TOTO DD", "DDDD TOTO DD"},
    {RESULT_SECRET, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_TOKEN, "PDDD PCCC PD", "PDDD PDDD PD"},
    {RESULT_DOUBT, "PDDD PCCC PD", "PDDD PDDD PD"},
    {RESULT_RESTING, "PDDD PCCC PD", "PDDD PDDD PD"},
    {RESULT_REVOKED, "PDDD PCCC PD", "PDDD PDDD PD"},
    {RESULT_FREQUENCY, "PDDD PCCC PD", "PDDD PDDD PD"},
    {RESULT_MORE_PASSWORD, "CCCC TCTC CC", "DDDD TDTD DD"},
    {RESULT_FEDERATED, "DDDD CCCC DD", "DDDD DDDD DD"},
    {RESULT_MORE_TOKEN, "DDDD CCCC DD", "DDDD DDDD DD"},
    {RESULT_MORE_RESTING, "DDDD CCCC DD", "DDDD DDDD DD"},
    {RESULT_ACCOUNT, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_UNASSIGNED, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_DISABLED, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_POLICY, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_RISK, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_EXPIRED, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_DENIED, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_LOCKED, "DDDD OOOO DD", "DDDD OOOO DD"},
    {RESULT_LOCK_RESTING, "DDDD TOTO DD", "DDDD TOTO DD"},
    {RESULT_SETUP, "DDDD DDDD DD", "DDDD DDDD DD"},
    {RESULT_CODE, "DDDD DDDD DD", "DDDD DDDD DD"},
};

static void step_is(const struct facts *facts, char wanted)
{
    static const char letters[] = {
        [STEP_DENY] = 'D',         [STEP_ADMIT] = 'A',     [STEP_ADMIT_OFFLINE] = 'O',
        [STEP_ASK_PASSWORD] = 'P', [STEP_ASK_TOKEN] = 'T', [STEP_ASK_CODE] = 'C',
    };
    const struct decision decision = policy_decide(facts);

    if (letters[decision.step] != wanted)
        print_message("result %d local %d: %c, wanted %c\n", (int)facts->result, (int)facts->local,
                      letters[decision.step], wanted);
    assert_int_equal(letters[decision.step], wanted);
}

static void row_holds(enum result result, const char *wanted, bool may_ask_code)
{
    for (size_t i = 0; i < strlen("DDDD DDDD DD"); i++) {
        enum local local = i < 5 ? LOCAL_WRONG : i < 10 ? LOCAL_RIGHT : LOCAL_UNKNOWN;
        struct facts facts = facts_of(result, local, i < 10 ? i % 5 : STRANGER_FRESH + (i - 10));

        facts.may_ask_code = may_ask_code;
        if (wanted[i] != ' ')
            step_is(&facts, wanted[i]);
    }
}

static void each_answer_leads_to_the_next_question(void **state)
{
    (void)state;
    assert_int_equal(sizeof rows / sizeof rows[0], RESULTS);
    for (size_t i = 0; i < RESULTS; i++) {
        assert_int_equal(rows[i].result, i);
        row_holds(rows[i].result, rows[i].code, true);
        row_holds(rows[i].result, rows[i].none, false);
    }
}

static void a_code_may_come_before_the_password_where_the_secret_is_right(void **state)
{
    (void)state;
    for (enum result result = 0; result < RESULTS; result++)
        for (enum local local = 0; local < LOCALS; local++) {
            struct facts facts = facts_of(result, local, PASSWORD_FRESH);
            struct decision before, after;

            facts.may_ask_code = true;
            before = policy_decide(&facts);
            facts.code_first = true;
            after = policy_decide(&facts);
            if (local == LOCAL_RIGHT && before.step == STEP_ASK_PASSWORD)
                assert_int_equal(after.step, STEP_ASK_CODE);
            else
                assert_int_equal(after.step, before.step);
        }
}

/* What was learned before the code is kept with it, and the code itself leaves nothing. */
static void a_code_carries_what_was_learned_and_leaves_nothing(void **state)
{
    struct facts facts = facts_of(RESULT_FREQUENCY, LOCAL_RIGHT, PHRASE_FRESH);
    struct decision decision;

    (void)state;
    facts.may_ask_code = true;
    decision = policy_decide(&facts);
    assert_int_equal(decision.step, STEP_ASK_CODE);
    assert_int_equal(decision.remember, REFUSED_REVOKED);
    assert_true(decision.erase_token);
    for (enum local local = 0; local < LOCALS; local++) {
        facts = facts_of(RESULT_CODE, local, PASSWORD_FRESH);
        facts.advice = WORDS_OTHER_PERSON;
        decision = policy_decide(&facts);
        assert_int_equal(decision.step, STEP_DENY);
        assert_int_equal(decision.verdict, VERDICT_DENY);
        assert_int_equal(decision.words, WORDS_OTHER_PERSON);
        assert_int_equal(decision.remember, REFUSED_NOT);
        assert_false(decision.erase_token || decision.erase_verifier || decision.new_verifier);
    }
}

/* A dead token says nothing worse: who may come in as remembered is not sent elsewhere. */
static void where_no_code_can_be_had_it_is_as_if_cut_off(void **state)
{
    static const enum result dead[] = {RESULT_TOKEN, RESULT_DOUBT, RESULT_RESTING};

    (void)state;
    for (size_t i = 0; i < sizeof dead / sizeof dead[0]; i++) {
        struct facts facts = facts_of(dead[i], LOCAL_RIGHT, PHRASE_ASKED);

        facts.password_unserved = true;
        step_is(&facts, 'O');
        facts.may_ask_code = true;
        step_is(&facts, 'O');
        facts.offline = OFFLINE_ENDED;
        step_is(&facts, 'C');
        facts.may_ask_code = false;
        step_is(&facts, 'D');
    }
}

/* --- The first proof, where nothing typed may be sent. --- */

static void what_is_typed_is_sent_only_where_it_may_be(void **state)
{
    struct person person = {.verifier = "v", .last_online = 1000, .last_password = 1000};
    struct remembered remembered = {.now = 2000, .may_ask_token = true};

    (void)state;
    assert_int_equal(policy_proof(&remembered), PROOF_NONE);
    remembered.person = &person;
    assert_int_equal(policy_proof(&remembered), PROOF_TOKEN);
    for (enum refused refused = 0; refused < REFUSED_KINDS; refused++)
        for (unsigned n = 0; n < 8; n++) {
            person.refused = refused;
            person.verifier[0] = n & 1 ? 'v' : '\0';
            remembered.may_ask_token = n & 2;
            remembered.recheck_minutes = n & 4 ? 60 : 0;
            assert_int_not_equal(policy_proof(&remembered), PROOF_PASSWORD);
            /* Somebody who was refused must be proven, whatever else is young. */
            if (refused != REFUSED_NOT && n & 1)
                assert_int_equal(policy_proof(&remembered), PROOF_TOKEN);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_answer_leads_to_the_next_question),
        cmocka_unit_test(a_code_may_come_before_the_password_where_the_secret_is_right),
        cmocka_unit_test(a_code_carries_what_was_learned_and_leaves_nothing),
        cmocka_unit_test(where_no_code_can_be_had_it_is_as_if_cut_off),
        cmocka_unit_test(what_is_typed_is_sent_only_where_it_may_be),
    };

    return check_main("policy_code", tests);
}
