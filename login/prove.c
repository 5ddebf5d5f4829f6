/* SPDX-License-Identifier: MIT */
#include "login/prove.h"

#include "base/text.h"
#include "login/device.h"
#include "login/known.h"
#include "login/online.h"
#include "login/pause.h"
#include "login/policy_offline.h"

#include <string.h>

/* --- A secret that is not known to be right may be asked about elsewhere, but not often. --- */

/* A short keyed hash by which the same wrong password is known again. */
static uint32_t tag_of(struct attempt *a)
{
    uint8_t keyed[KEYED_SIZE] = {0};
    uint32_t tag;

    secret_keyed(store_host_key(a->store), "wrong password", a->secret, strlen(a->secret), keyed,
                 &a->why);
    memcpy(&tag, keyed, sizeof tag);
    return tag;
}

static bool reserve_check(struct attempt *a)
{
    return attempts_reserve_check(a->tries, a->person.uid, attempt_kind_of(a), tag_of(a));
}

/* It counted only if the platform saw a secret that is wrong, or may have. */
static void settle_check(struct attempt *a, enum local local)
{
    if (local == LOCAL_RIGHT || !a->outcome.sent)
        attempts_return_check(a->tries, a->person.uid, attempt_kind_of(a));
    else if (a->result == RESULT_SECRET)
        attempts_remember_wrong(a->tries, a->person.uid, tag_of(a));
}

/* --- The first question. --- */

void prove_account(struct attempt *a)
{
    const struct remembered remembered = known_facts(a);

    if (!a->person.has_token)
        a->result = RESULT_TOKEN;
    else if (policy_token_rests(&remembered))
        a->result = RESULT_RESTING;
    else if (!remembered.may_ask_token)
        a->result = RESULT_UNREACHABLE; /* a successor could not be kept: as if cut off */
    else
        online_ask_token(a);
}

/* The verifier is another one than the secret was compared with, or is being: once more. */
static void compare_anew(struct attempt *a, struct compare *compare)
{
    compare_end(compare);
    text_copy(compare->verifier, sizeof compare->verifier, a->person.verifier);
    compare_begin(compare);
}

static void ask_about_password(struct attempt *a, struct compare *compare)
{
    /* Others may have chosen a passphrase while this one waited: that is nobody else's business. */
    if (a->passphrase) {
        if (a->known)
            prove_account(a);
    } else if (!a->known) {
        online_ask_password(a);
    } else if (reserve_check(a)) {
        online_ask_password(a);
        settle_check(a, compare_end(compare));
    } else if (compare_end(compare) == LOCAL_RIGHT) {
        online_ask_password(a);
    }
}

/*
 * Whether the password may be asked about now. If another sign-in of this person is doing that,
 * it waits for what comes of that, but not for ever: whoever has the turn may be anybody. With a
 * secret that is wrong here there is nothing to wait for.
 */
static bool wait_for_turn(struct attempt *a, struct compare *compare)
{
    if (online_take_turn(a))
        return true;
    if (compare_end(compare) == LOCAL_WRONG)
        return false;
    online_wait_turn(a, false);
    return true;
}

static void prove_password(struct attempt *a, struct compare *compare)
{
    if (!wait_for_turn(a, compare))
        return;
    if (a->known && strcmp(compare->verifier, a->person.verifier) != 0)
        compare_anew(a, compare);
    /* Somebody has proven what is remembered: what is typed only has to be the same. */
    a->by_others = online_password_is_proven(a);
    if (a->by_others)
        online_end_turns(a);
    else
        ask_about_password(a, compare);
}

void prove_first(struct attempt *a, struct compare *compare)
{
    const struct remembered remembered = known_facts(a);

    switch (policy_proof(&remembered)) {
    case PROOF_NONE:
        return;
    case PROOF_TOKEN:
        prove_account(a);
        return;
    case PROOF_PASSWORD:
        prove_password(a, compare);
        return;
    }
}

/* --- And those that follow. --- */

/* Whether the secret that others have brought meanwhile is the one that was typed here. */
static bool is_proven_by_others(struct attempt *a, struct compare *compare)
{
    compare_anew(a, compare);
    a->by_others = compare_end(compare) == LOCAL_RIGHT && online_password_is_proven(a);
    if (a->by_others) {
        a->local = LOCAL_RIGHT;
        a->result = RESULT_SKIPPED;
    }
    return a->by_others;
}

/*
 * A check for a secret that is not known to be right. Others may be asking about the same one, as
 * when a password was just changed: what comes of that is waited for, at first for half the budget,
 * and to its end where the same one is being checked at this moment.
 */
static bool take_check(struct attempt *a, struct compare *compare)
{
    for (int round = 0; round < 2; round++) {
        online_wait_turn(a, round > 0);
        while (a->known && strcmp(compare->verifier, a->person.verifier) != 0) {
            online_end_turns(a);
            if (is_proven_by_others(a, compare))
                return false;
            online_wait_turn(a, round > 0);
        }
        if (reserve_check(a))
            return true;
        if (a->password_turn >= 0)
            return false;
    }
    return false;
}

static struct facts facts_of(const struct attempt *a)
{
    const struct remembered remembered = known_facts(a);

    return (struct facts){
        .result = a->result,
        .local = a->local,
        .offline = policy_offline(&remembered),
        .may_ask_password = !a->asked_password && remembered.may_ask_password,
        .may_ask_code = a->has_codes && !a->asked_code,
        .code_first = strcmp(a->config->methods.items[0], CONFIG_DEVICE_CODE) == 0,
        .may_ask_token = remembered.may_ask_token,
        .more = a->more,
        .password_unserved = a->password_unserved || a->code_unserved,
        .refused_before = policy_was_refused_before(&remembered),
        .advice = a->advice,
        .token_stuck = online_token_is_stuck(a),
    };
}

/* False: it was not asked about. */
static bool ask_password(struct attempt *a, struct compare *compare)
{
    if (a->known && a->local != LOCAL_RIGHT && (!take_check(a, compare) || a->passphrase))
        return false;
    online_ask_password(a);
    if (a->known && a->local != LOCAL_RIGHT)
        settle_check(a, a->local);
    return true;
}

/*
 * With a secret that is not right, and was sent nowhere, all hear the same in an outage, whatever is
 * remembered of them: what was learned of the person is recorded already.
 */
static struct decision conclude(struct attempt *a, struct facts *facts)
{
    struct decision decision = policy_decide(facts);

    if (decision.step != STEP_DENY || a->local == LOCAL_RIGHT || a->asked_password ||
        a->asked_code || !pause_is_cut_off(a))
        return decision;
    facts->result = a->result = RESULT_UNREACHABLE;
    facts->advice = a->advice = WORDS_NONE;
    return policy_decide(facts);
}

struct decision prove_decide(struct attempt *a, struct compare *compare)
{
    for (;;) {
        struct facts facts = facts_of(a);
        struct decision decision = policy_decide(&facts);

        talk_wait_longer(a->talk, ATTEMPT_STORE_MS);
        /* Before anybody is waited for: others must find it. */
        known_refuse(a, &decision);
        if (decision.step == STEP_ASK_TOKEN) {
            online_ask_token(a);
        } else if (decision.step == STEP_ASK_CODE) {
            device_sign_in(a);
        } else if (decision.step != STEP_ASK_PASSWORD) {
            return conclude(a, &facts);
        } else if (!ask_password(a, compare) && a->local != LOCAL_RIGHT) {
            facts.may_ask_password = false;
            return conclude(a, &facts);
        }
    }
}

struct decision prove_by_code(struct attempt *a)
{
    struct facts facts;

    device_sign_in(a);
    facts = facts_of(a);
    return policy_decide(&facts);
}
