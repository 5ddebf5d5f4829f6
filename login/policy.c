/* SPDX-License-Identifier: MIT */
#include "login/policy.h"
#include "login/policy_offline.h"
#include "login/question.h"

#include <stddef.h>
#include <string.h>

#define TOKEN_REST_SECONDS 120 /* platform.md 4.4 */
#define ACCOUNT_GONE_SECONDS \
    3600 /* until the same answer again is no passing fault: platform.md 3.3, 50034 */

/* What is to be done: rows are the platform's answers, columns what this host thinks of the secret. */
/* clang-format off */
static const enum step steps[RESULTS][LOCALS] = {
    /*                            nothing known      wrong here         right here        */
    [RESULT_UNTRUSTED]         = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_SKIPPED]           = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ADMIT},
    [RESULT_ACCEPTED_PASSWORD] = {STEP_ADMIT,        STEP_ADMIT,        STEP_ADMIT},
    [RESULT_ACCEPTED_TOKEN]    = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ADMIT},
    [RESULT_ACCEPTED_CODE]     = {STEP_ADMIT,        STEP_ADMIT,        STEP_ADMIT},
    [RESULT_UNREACHABLE]       = {STEP_DENY,         STEP_DENY,         STEP_ADMIT_OFFLINE},
    [RESULT_UNSERVED]          = {STEP_DENY,         STEP_DENY,         STEP_ASK_TOKEN},
    [RESULT_SECRET]            = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_TOKEN]             = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ASK_PASSWORD},
    [RESULT_DOUBT]             = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ASK_PASSWORD},
    [RESULT_RESTING]           = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ASK_PASSWORD},
    [RESULT_REVOKED]           = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ASK_PASSWORD},
    [RESULT_FREQUENCY]         = {STEP_ASK_PASSWORD, STEP_ASK_PASSWORD, STEP_ASK_PASSWORD},
    [RESULT_MORE_PASSWORD]     = {STEP_ASK_CODE,     STEP_ASK_CODE,     STEP_ASK_TOKEN},
    [RESULT_FEDERATED]         = {STEP_DENY,         STEP_DENY,         STEP_ASK_CODE},
    [RESULT_MORE_TOKEN]        = {STEP_DENY,         STEP_DENY,         STEP_ASK_CODE},
    [RESULT_MORE_RESTING]      = {STEP_DENY,         STEP_DENY,         STEP_ASK_CODE},
    [RESULT_ACCOUNT]           = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_UNASSIGNED]        = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_DISABLED]          = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_POLICY]            = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_RISK]              = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_EXPIRED]           = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_DENIED]            = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_LOCKED]            = {STEP_DENY,         STEP_DENY,         STEP_ADMIT_OFFLINE},
    [RESULT_LOCK_RESTING]      = {STEP_DENY,         STEP_DENY,         STEP_ASK_TOKEN},
    [RESULT_SETUP]             = {STEP_DENY,         STEP_DENY,         STEP_DENY},
    [RESULT_CODE]              = {STEP_DENY,         STEP_DENY,         STEP_DENY},
};

/*
 * What an answer leaves behind, and what somebody whose secret is right gets to hear: when signing
 * in, and in the account phase (both columns as the PAM column of platform.md 3.3, with VERDICT_FORBIDDEN
 * for a right person who may not).
 */
static const struct effect {
    enum refused remember;
    bool erase_verifier, erase_token;
    enum verdict verdict, account;
    enum words words;
} effects[RESULTS] = {
    [RESULT_UNTRUSTED]     = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_SKIPPED]       = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_ACCEPTED_PASSWORD] = {REFUSED_NOT,  false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_ACCEPTED_TOKEN] = {REFUSED_NOT,     false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_ACCEPTED_CODE] = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_UNREACHABLE]   = {REFUSED_NOT,      false, false, VERDICT_UNAVAILABLE, VERDICT_UNAVAILABLE, WORDS_OFFLINE_BAD},
    [RESULT_UNSERVED]      = {REFUSED_NOT,      false, false, VERDICT_UNAVAILABLE, VERDICT_UNAVAILABLE, WORDS_OFFLINE_BAD},
    [RESULT_SECRET]        = {REFUSED_PASSWORD, true,  false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_CHANGED},
    [RESULT_TOKEN]         = {REFUSED_NOT,      false, true,  VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_REVOKED},
    [RESULT_DOUBT]         = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_REVOKED},
    [RESULT_RESTING]       = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_REVOKED},
    [RESULT_REVOKED]       = {REFUSED_REVOKED,  true,  true,  VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_REVOKED},
    [RESULT_FREQUENCY]     = {REFUSED_REVOKED,  false, true,  VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_REVOKED},
    [RESULT_MORE_PASSWORD] = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_MORE},
    [RESULT_FEDERATED]     = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_MORE},
    [RESULT_MORE_TOKEN]    = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_MORE},
    [RESULT_MORE_RESTING]  = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_MORE},
    [RESULT_ACCOUNT]       = {REFUSED_ACCOUNT,  false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_UNASSIGNED]    = {REFUSED_UNASSIGNED, false, true,  VERDICT_FORBIDDEN,   VERDICT_FORBIDDEN, WORDS_NOT_ALLOWED},
    [RESULT_DISABLED]      = {REFUSED_DISABLED, true,  true,  VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_DISABLED},
    [RESULT_POLICY]        = {REFUSED_POLICY,   false, false, VERDICT_FORBIDDEN,   VERDICT_FORBIDDEN, WORDS_POLICY},
    [RESULT_RISK]          = {REFUSED_POLICY,   true,  true,  VERDICT_FORBIDDEN,   VERDICT_FORBIDDEN, WORDS_RISK},
    [RESULT_EXPIRED]       = {REFUSED_PASSWORD, true,  false, VERDICT_DENY,        VERDICT_FORBIDDEN, WORDS_EXPIRED},
    [RESULT_DENIED]        = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_BAD},
    [RESULT_LOCKED]        = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_UNAVAILABLE, WORDS_BAD},
    [RESULT_LOCK_RESTING]  = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_UNAVAILABLE, WORDS_BAD},
    [RESULT_SETUP]         = {REFUSED_POLICY,   false, false, VERDICT_UNAVAILABLE, VERDICT_FORBIDDEN, WORDS_SETUP},
    [RESULT_CODE]          = {REFUSED_NOT,      false, false, VERDICT_DENY,        VERDICT_EXPIRED,   WORDS_DECLINED},
};
/* clang-format on */

/* The token was no way around what the password lacks, or lacks as much, and nothing was said of what. */
static bool is_more_told_of_password(const struct facts *facts)
{
    bool as_much = facts->result == RESULT_MORE_TOKEN || facts->result == RESULT_MORE_RESTING;

    return facts->more != WORDS_NONE &&
           (result_is_only_about_token(facts->result) || (as_much && facts->advice == WORDS_NONE));
}

/* A decision that says no more yet than what the answer leaves behind. */
static struct decision remembering(const struct facts *facts)
{
    const struct effect *effect = &effects[facts->result];
    bool gone = facts->result == RESULT_ACCOUNT && facts->refused_before;

    return (struct decision){
        .remember = effect->remember,
        .erase_verifier = effect->erase_verifier || gone,
        .erase_token = effect->erase_token || gone,
        .doubt_token = facts->result == RESULT_DOUBT,
        .rest_token = facts->result == RESULT_MORE_TOKEN,
    };
}

static struct decision deny(const struct facts *facts)
{
    const struct effect *effect = &effects[facts->result];
    struct decision decision = remembering(facts);

    decision.verdict = effect->verdict;
    decision.words = effect->words;
    if (facts->advice != WORDS_NONE)
        decision.words = facts->advice;
    if (is_more_told_of_password(facts))
        decision.words = facts->more;
    /* What became of a code is known already to whoever had it in hand. */
    if (facts->local == LOCAL_RIGHT || result_is_unreachable(facts->result) ||
        facts->result == RESULT_CODE)
        return decision;
    /* A wrong secret says nothing about the right one. */
    if (facts->result == RESULT_SECRET) {
        decision.remember = REFUSED_NOT;
        decision.erase_verifier = false;
    }
    /* Nobody learns about an account before the secret is proven; "more" and "setup" follow it. */
    if (facts->local == LOCAL_WRONG ||
        (facts->result != RESULT_MORE_PASSWORD && facts->result != RESULT_SETUP)) {
        decision.words = WORDS_BAD;
        decision.verdict = VERDICT_DENY;
    }
    return decision;
}

/* The platform is silent and the secret is right: what was remembered decides. */
static struct decision offline(const struct facts *facts)
{
    static const enum words words[OFFLINES] = {
        [OFFLINE_NEVER] = WORDS_OFFLINE_BAD,     [OFFLINE_ENDED] = WORDS_WINDOW_ENDED,
        [OFFLINE_CLOSED] = WORDS_OFFLINE_BAD,    [OFFLINE_CLOCK] = WORDS_CLOCK,
        [OFFLINE_PERSON] = WORDS_OFFLINE_PERSON, [OFFLINE_SERVICE] = WORDS_OFFLINE_SERVICE,
    };

    if (facts->offline == OFFLINE_OPEN)
        return (struct decision){.step = STEP_ADMIT_OFFLINE};
    if (facts->result == RESULT_LOCKED || facts->result == RESULT_LOCK_RESTING)
        return (struct decision){.verdict = VERDICT_MAXTRIES, .words = WORDS_LOCKED};
    if (result_is_unreachable(facts->result) && facts->advice != WORDS_NONE)
        return (struct decision){.verdict = VERDICT_UNAVAILABLE, .words = facts->advice};
    return (struct decision){.verdict = VERDICT_UNAVAILABLE, .words = words[facts->offline]};
}

/* Asks again, carrying what the last answer left behind; else makes do without. */
static struct decision ask(const struct facts *facts, enum step wanted)
{
    struct decision decision = remembering(facts), without;

    decision.step = question_of(facts, wanted);
    if (decision.step != STEP_DENY)
        return decision;
    if (!question_is_cut_off(facts, wanted))
        return deny(facts);
    without = offline(facts);
    without.erase_token = decision.erase_token;
    without.doubt_token = decision.doubt_token;
    return without;
}

bool policy_wants_password(enum result result, enum local local)
{
    return result < RESULTS && local < LOCALS && steps[result][local] == STEP_ASK_PASSWORD;
}

struct decision policy_decide(const struct facts *facts)
{
    enum step step = facts->result < RESULTS && facts->local < LOCALS
                         ? steps[facts->result][facts->local]
                         : STEP_DENY;

    switch (step) {
    case STEP_ADMIT:
        return (struct decision){.step = STEP_ADMIT,
                                 .new_verifier = facts->result == RESULT_ACCEPTED_PASSWORD &&
                                                 facts->local != LOCAL_RIGHT};
    case STEP_ADMIT_OFFLINE:
        return offline(facts);
    case STEP_ASK_PASSWORD:
    case STEP_ASK_TOKEN:
    case STEP_ASK_CODE:
        return ask(facts, step);
    case STEP_DENY:
        break;
    }
    return deny(facts);
}

/* A clock set back must not make anything younger: what lies in the future counts as old. */
static bool is_older(time_t then, time_t now, long long seconds)
{
    return then <= 0 || then > now || now - then > seconds;
}

bool policy_account_is_due(const struct remembered *remembered)
{
    const struct person *person = remembered->person;

    return person->refused != REFUSED_NOT || policy_is_set_back(remembered) ||
           !remembered->recheck_minutes ||
           is_older(person->last_online, policy_by_now(remembered),
                    remembered->recheck_minutes * 60LL);
}

/* Whether what a request was told then still stands for asking again. */
static bool is_resting(time_t then, time_t now)
{
    return then > 0 && !is_older(then, now, TOKEN_REST_SECONDS - 1);
}

bool policy_token_rests(const struct remembered *remembered)
{
    const struct person *person = remembered->person;

    return person && is_resting(person->token_doubted_at, remembered->now);
}

bool policy_wants_more(const struct remembered *remembered)
{
    const struct person *person = remembered->person;

    return person && is_resting(person->more_wanted_at, remembered->now);
}

bool policy_was_refused_before(const struct remembered *remembered)
{
    const struct person *person = remembered->person;

    return person && person->refused == REFUSED_ACCOUNT && person->refused_at <= remembered->now &&
           remembered->now - person->refused_at >= ACCOUNT_GONE_SECONDS;
}

enum proof policy_proof(const struct remembered *remembered)
{
    const struct person *person = remembered->person;
    bool may_ask_password = remembered->may_ask_password && !(person && person->passphrase);
    time_t now = remembered->now;

    if (!person || !*person->verifier)
        return may_ask_password ? PROOF_PASSWORD : PROOF_NONE;
    if (!policy_account_is_due(remembered))
        return PROOF_NONE;
    if (!may_ask_password)
        return PROOF_TOKEN;
    if (person->refused != REFUSED_NOT || !remembered->password_recheck_hours ||
        is_older(person->last_password, now, remembered->password_recheck_hours * 3600LL))
        return PROOF_PASSWORD;
    return remembered->may_ask_token ? PROOF_TOKEN : PROOF_PASSWORD;
}

struct decision policy_account(const struct facts *given, enum refused refused)
{
    struct facts facts = *given;
    struct decision decision;

    facts.local = LOCAL_RIGHT; /* another module has vouched for that */
    if (facts.result == RESULT_ACCEPTED_TOKEN)
        return (struct decision){.step = STEP_ADMIT};
    if (facts.result == RESULT_SKIPPED && refused == REFUSED_NOT)
        return (struct decision){.step = STEP_ADMIT};
    if (facts.result == RESULT_UNREACHABLE || facts.result == RESULT_LOCKED)
        decision = offline(&facts);
    else
        decision = deny(&facts);
    if (decision.step == STEP_DENY)
        decision.verdict = effects[facts.result].account;
    if (facts.result == RESULT_SKIPPED)
        decision.words = WORDS_REVOKED;
    return decision;
}

bool policy_allows(const struct strings *allow, const char *name, const struct strings *group_ids)
{
    if (strings_have(allow, "everyone") || strings_have(allow, name))
        return true;
    for (size_t i = 0; i < group_ids->count; i++)
        /* A group called like a person's name or "everyone" must not open the door. */
        if (!strchr(group_ids->items[i], '@') && strings_have(allow, group_ids->items[i]))
            return true;
    return false;
}
