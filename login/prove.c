/* SPDX-License-Identifier: MIT */
#include "login/prove.h"

#include "base/text.h"
#include "login/known.h"
#include "login/online.h"

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

/* The verifier is another one than the secret was compared with, or is being: once more. */
static void compare_anew(struct attempt *a, struct compare *compare)
{
    compare_end(compare);
    text_copy(compare->verifier, sizeof compare->verifier, a->person.verifier);
    compare_begin(compare);
}

static void ask_about_password(struct attempt *a, struct compare *compare)
{
    if (!a->known) {
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
 * it waits for what comes of that; but not with a secret that is wrong here, which proves nothing.
 */
static bool wait_for_turn(struct attempt *a, struct compare *compare)
{
    if (online_take_turn(a, false))
        return true;
    if (compare_end(compare) == LOCAL_WRONG)
        return false;
    /* Where no turn can be had at all, everybody asks. */
    if (online_take_turn(a, true) || deadline_left_ms(&a->budget) > 0)
        return true;
    a->result = RESULT_UNREACHABLE;
    return false;
}

static void prove_password(struct attempt *a, struct compare *compare)
{
    time_t last_password = a->known ? a->person.last_password : 0;

    if (!wait_for_turn(a, compare))
        return;
    if (a->known && strcmp(compare->verifier, a->person.verifier) != 0)
        compare_anew(a, compare);
    /* Somebody has proven what is remembered: what is typed only has to be the same. */
    if (online_password_is_proven(a, last_password))
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
        online_ask_token(a);
        return;
    case PROOF_PASSWORD:
        prove_password(a, compare);
        return;
    }
}

/* --- And those that follow. --- */

/* Takes a check where one is needed: only to be called when the password is asked about next. */
static bool may_ask_password(struct attempt *a)
{
    if (a->asked_password || !policy_wants_password(a->result, a->local))
        return false;
    return !a->known || a->local == LOCAL_RIGHT || reserve_check(a);
}

struct decision prove_decide(struct attempt *a)
{
    for (;;) {
        const struct remembered remembered = known_facts(a);
        const struct facts facts = {
            .result = a->result,
            .local = a->local,
            .offline = policy_offline(&remembered),
            .may_ask_password = may_ask_password(a),
            .may_ask_token = remembered.may_ask_token,
            .password_unserved = a->password_unserved,
            .refused_before = policy_was_refused_before(&remembered),
            .advice = a->advice,
        };
        struct decision decision = policy_decide(&facts);

        known_refuse(a, &decision);
        if (decision.step == STEP_ASK_PASSWORD) {
            online_ask_password(a);
            if (a->known && a->local != LOCAL_RIGHT)
                settle_check(a, a->local);
        } else if (decision.step == STEP_ASK_TOKEN) {
            online_ask_token(a);
        } else {
            return decision;
        }
    }
}
