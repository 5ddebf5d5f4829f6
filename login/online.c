/* SPDX-License-Identifier: MIT */
#include "login/online.h"

#include "base/own.h"
#include "cache/turn.h"
#include "login/known.h"
#include "login/pause.h"
#include "login/record.h"

#define TURN_OF_STRANGERS 16u /* the first one; those below are the platform's */
#define CLOSING_MS        300 /* from the end of a wait to the next word, on a busy machine */
#define TURN_OF_PASSWORD  0x80000000u /* added to a uid, which is smaller, for proofs by password */

/* Begins with the first request, or the wait for its turn; the last moment is for what comes of it. */
static const struct deadline *budget_of(struct attempt *a)
{
    if (!a->budget.at_ms)
        a->budget = deadline_in_ms(a->config->login_seconds * 1000LL - CLOSING_MS);
    return &a->budget;
}

/* The same, for a wait that begins now. */
static const struct deadline *spend(struct attempt *a)
{
    const struct deadline *budget = budget_of(a);

    talk_wait(a->talk, deadline_left_ms(budget));
    a->link.hurried = true;
    return budget;
}

static enum result result_of(const struct outcome *outcome, bool of_password)
{
    static const enum result refusals[REFUSALS] = {
        [REFUSAL_SECRET] = RESULT_SECRET,         [REFUSAL_TOKEN] = RESULT_TOKEN,
        [REFUSAL_DOUBT] = RESULT_DOUBT,           [REFUSAL_REVOKED] = RESULT_REVOKED,
        [REFUSAL_FEDERATED] = RESULT_FEDERATED,   [REFUSAL_FREQUENCY] = RESULT_FREQUENCY,
        [REFUSAL_MORE] = RESULT_MORE_TOKEN,       [REFUSAL_ACCOUNT] = RESULT_ACCOUNT,
        [REFUSAL_UNASSIGNED] = RESULT_UNASSIGNED, [REFUSAL_DISABLED] = RESULT_DISABLED,
        [REFUSAL_POLICY] = RESULT_POLICY,         [REFUSAL_RISK] = RESULT_RISK,
        [REFUSAL_EXPIRED] = RESULT_EXPIRED,       [REFUSAL_UNTRUSTED] = RESULT_UNTRUSTED,
        [REFUSAL_SETUP] = RESULT_SETUP,           [REFUSAL_LOCKED] = RESULT_LOCKED,
        [REFUSAL_DENIED] = RESULT_DENIED,
    };

    switch (outcome->answer) {
    case ANSWER_ACCEPTED:
        return of_password ? RESULT_ACCEPTED_PASSWORD : RESULT_ACCEPTED_TOKEN;
    case ANSWER_UNREACHABLE:
        return of_password && outcome->others_served ? RESULT_UNSERVED : RESULT_UNREACHABLE;
    case ANSWER_REFUSED:
        break;
    }
    if (outcome->refusal == REFUSAL_MORE && of_password)
        return RESULT_MORE_PASSWORD;
    return outcome->refusal < REFUSALS ? refusals[outcome->refusal] : RESULT_UNTRUSTED;
}

enum words online_advice(const struct outcome *outcome)
{
    static const enum words words[ADVICES] = {
        [ADVICE_NONE] = WORDS_NONE,         [ADVICE_DEVICE] = WORDS_DEVICE,
        [ADVICE_GUEST] = WORDS_GUEST,       [ADVICE_HOURS] = WORDS_HOURS,
        [ADVICE_RISK] = WORDS_RISK,         [ADVICE_REGISTER] = WORDS_REGISTER,
        [ADVICE_DECLINED] = WORDS_DECLINED, [ADVICE_ASSIGN] = WORDS_NOT_ALLOWED,
        [ADVICE_POLICY] = WORDS_POLICY,     [ADVICE_EXPIRED] = WORDS_EXPIRED,
        [ADVICE_VERIFY] = WORDS_MORE,       [ADVICE_AGAIN] = WORDS_REVOKED,
        [ADVICE_CODE] = WORDS_CODE,         [ADVICE_LATE] = WORDS_CODE_LATE,
        [ADVICE_SETUP] = WORDS_SETUP,       [ADVICE_CLOCK] = WORDS_TIME,
    };

    return outcome->answer != ANSWER_ACCEPTED && outcome->advice < ADVICES ? words[outcome->advice]
                                                                           : WORDS_NONE;
}

enum words online_cause(const struct attempt *a)
{
    return a->result == RESULT_UNREACHABLE || a->result == RESULT_UNSERVED ? a->advice : WORDS_NONE;
}

/* For the log: which limit ended a wait. To keep what came of it may take its time as well. */
static void note_time(struct attempt *a)
{
    int64_t ended = a->link.kept_at_ms ? a->link.kept_at_ms : clock_ms();

    a->spent_ms = a->config->login_seconds * 1000LL - (budget_of(a)->at_ms - ended);
    if (ended < budget_of(a)->at_ms)
        a->spent_ms -= CLOSING_MS;
}

static enum result take_answer(struct attempt *a, bool of_password)
{
    if (a->outcome.answer != ANSWER_ACCEPTED)
        a->why = a->outcome.why;
    if (a->outcome.alarm != ALARM_NONE)
        a->alarm = a->outcome.alarm;
    note_time(a);
    a->advice = online_advice(&a->outcome);
    if (a->outcome.claims) {
        free(a->claims);
        a->claims = OWN_TAKE(a->outcome.claims);
    }
    a->result = result_of(&a->outcome, of_password);
    pause_begin(a, of_password);
    return a->result;
}

/* A person known here must come back as the same account. */
static const char *known_object_id(const struct attempt *a)
{
    return a->known ? a->person.account.object_id : NULL;
}

static bool has_token_left(const struct attempt *a)
{
    return a->known && a->person.has_token && !a->asked_token;
}

bool online_may_ask_token(const struct attempt *a)
{
    /* What is not sent has no successor to be kept. */
    return has_token_left(a) && (known_wants_more(a) || store_has_room(a->store));
}

bool online_token_is_stuck(const struct attempt *a)
{
    return has_token_left(a) && !known_token_rests(a) && !store_has_room(a->store);
}

/* --- One at a time. --- */

/* Many names may share a number: they only wait for each other. FNV-1a. */
static uint32_t turn_of_name(const char *name)
{
    uint32_t hash = 2166136261u;

    for (; *name; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return TURN_OF_STRANGERS + hash % (TURN_PEOPLE - TURN_OF_STRANGERS);
}

static bool take_turn(struct attempt *a, uint32_t number, const struct deadline *deadline,
                      int *turn, struct error *why)
{
    a->link.kept_at_ms = 0;
    if (!link_take_turn(&a->link, number, deadline, turn, why)) {
        if (a->budget.at_ms)
            note_time(a);
        return false;
    }
    talk_wait_longer(a->talk, ATTEMPT_STORE_MS);
    if (known_refresh(a, why))
        return true;
    close_fd(turn);
    *turn = -1;
    return false;
}

static bool take_password_turn(struct attempt *a, const struct deadline *deadline)
{
    uint32_t number = a->known ? a->person.uid + TURN_OF_PASSWORD : turn_of_name(a->name);

    return a->password_turn >= 0 ||
           take_turn(a, number, deadline, &a->password_turn, &(struct error){0});
}

bool online_take_turn(struct attempt *a)
{
    return take_password_turn(a, &(struct deadline){0});
}

void online_wait_turn(struct attempt *a, bool to_the_end)
{
    struct deadline deadline = *spend(a);

    if (!to_the_end)
        deadline.at_ms -= a->config->login_seconds * 500LL;
    close_fd(&a->token_turn);
    a->token_turn = -1;
    if (take_password_turn(a, &deadline))
        return;
    talk_wait_longer(a->talk, ATTEMPT_STORE_MS);
    known_refresh(a, &(struct error){0});
}

void online_end_turns(struct attempt *a)
{
    close_fd(&a->password_turn);
    close_fd(&a->token_turn);
    a->password_turn = a->token_turn = -1;
}

bool online_password_is_proven(const struct attempt *a)
{
    return a->known && a->person.refused == REFUSED_NOT && a->person.last_password >= a->now &&
           a->person.last_password > a->last_password;
}

/* Somebody else's redemption since the secret was typed is as good as one of our own. */
static bool is_proven_meanwhile(const struct attempt *a, time_t last_online)
{
    return a->person.refused == REFUSED_NOT && a->person.last_online >= a->now &&
           a->person.last_online > last_online;
}

/* --- The questions. --- */

enum result online_ask_password(struct attempt *a)
{
    const struct deadline at_once = {0};

    /* Whoever comes to it after a token: who comes later waits for what comes of this. */
    if (a->known && a->local != LOCAL_WRONG && a->password_turn < 0)
        link_take_turn(&a->link, a->person.uid + TURN_OF_PASSWORD, &at_once, &a->password_turn,
                       &(struct error){0});
    a->asked_password = true;
    free_secret(&a->token);
    a->token = NULL; /* what is refused now is not about that */
    a->more = WORDS_NONE;
    a->password_unserved = pause_holds(a, true);
    if (a->password_unserved)
        return a->result;
    outcome_release(&a->outcome);
    a->link.kept_at_ms = 0;
    platform_password_grant(a->link.platform, a->name, a->secret, known_object_id(a),
                            a->known && a->person.last_password != 0, spend(a), &a->outcome);
    a->password_unserved = take_answer(a, true) == RESULT_UNSERVED;
    if (a->result == RESULT_MORE_PASSWORD)
        a->more = a->advice != WORDS_NONE ? a->advice : WORDS_MORE;
    return a->result;
}

static enum result send_token(struct attempt *a)
{
    free_secret(&a->token);
    a->token = NULL;
    switch (store_token(a->store, &a->person, &a->token, &a->why)) {
    case LOOKUP_FOUND:
        break;
    case LOOKUP_ABSENT:
        return a->result = RESULT_TOKEN;
    case LOOKUP_UNAVAILABLE:
        /* One that does not open is dead; a store that does not answer says nothing of it. */
        return a->result = a->why.kind == ERROR_UNTRUSTED ? RESULT_TOKEN : RESULT_UNREACHABLE;
    }
    outcome_release(&a->outcome);
    a->link.kept_at_ms = 0;
    platform_refresh_grant(a->link.platform, a->name, a->token, known_object_id(a), spend(a),
                           &a->outcome);
    return take_answer(a, false);
}

/* What cannot be answered any more looks like an outage to all. A short budget is all there is. */
static bool has_time_to_ask(struct attempt *a)
{
    unsigned connect_ms = a->config->connect_seconds * 1000,
             half_ms = a->config->login_seconds * 500;

    return deadline_left_ms(budget_of(a)) >= (int)(connect_ms < half_ms ? connect_ms : half_ms);
}

enum result online_ask_token(struct attempt *a)
{
    time_t last_online = a->person.last_online;

    a->asked_token = true;
    a->advice = WORDS_NONE;
    if (!take_turn(a, a->person.uid, spend(a), &a->token_turn, &a->why) || !a->known)
        return a->result = RESULT_UNREACHABLE;
    a->by_others = is_proven_meanwhile(a, last_online);
    if (a->by_others)
        return a->result = RESULT_SKIPPED;
    if (known_wants_more(a))
        return a->result = RESULT_MORE_RESTING;
    if (known_token_rests(a))
        return a->result = RESULT_RESTING;
    if (pause_holds(a, false))
        return a->result;
    if (!has_time_to_ask(a)) {
        error_set(&a->why, ERROR_UNREACHABLE, "the turn to redeem the token came too late");
        return a->result = RESULT_UNREACHABLE;
    }
    /* Nobody else may find the old token once it has been used. */
    if (send_token(a) == RESULT_ACCEPTED_TOKEN) {
        talk_wait(a->talk, ATTEMPT_STORE_MS);
        record_commit(a, NULL);
    }
    return a->result;
}
