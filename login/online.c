/* SPDX-License-Identifier: MIT */
#include "login/online.h"

#include "base/own.h"
#include "cache/turn.h"
#include "login/known.h"
#include "login/record.h"

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 time_t *fetched_at)
{
    return store_document(context, url, body, fetched_at, &(struct error){0});
}

static void keep_document(void *context, const char *url, const char *body, size_t length,
                          time_t now)
{
    store_keep_document(context, url, body, length, now, &(struct error){0});
}

/* Starting the network costs milliseconds: not before it is needed. */
static bool open_platform(struct attempt *a)
{
    const struct config *config = a->config;
    const struct platform_settings settings = {
        .issuer = config->issuer,
        .client_id = config->client_id,
        .scope = config->scope,
        .name_claim = config->name_claim,
        .groups_claim = config->groups_claim,
        .algorithms = config->algorithms,
        .ca_file = config->ca_file,
        .connect_seconds = config->connect_seconds,
    };
    const struct documents documents = {a->store, load_document, keep_document};

    if (a->platform)
        return true;
    a->budget = deadline_in_ms(config->login_seconds * 1000LL);
    return platform_open(&settings, &documents, &a->platform, &a->why);
}

static enum result result_of(const struct outcome *outcome, bool of_password)
{
    static const enum result refusals[REFUSALS] = {
        [REFUSAL_SECRET] = RESULT_SECRET,       [REFUSAL_TOKEN] = RESULT_TOKEN,
        [REFUSAL_REVOKED] = RESULT_REVOKED,     [REFUSAL_MORE] = RESULT_MORE_TOKEN,
        [REFUSAL_ACCOUNT] = RESULT_ACCOUNT,     [REFUSAL_DISABLED] = RESULT_DISABLED,
        [REFUSAL_POLICY] = RESULT_POLICY,       [REFUSAL_EXPIRED] = RESULT_EXPIRED,
        [REFUSAL_UNTRUSTED] = RESULT_UNTRUSTED, [REFUSAL_SETUP] = RESULT_SETUP,
        [REFUSAL_LOCKED] = RESULT_LOCKED,       [REFUSAL_DENIED] = RESULT_DENIED,
    };

    switch (outcome->answer) {
    case ANSWER_ACCEPTED:
        return of_password ? RESULT_ACCEPTED_PASSWORD : RESULT_ACCEPTED_TOKEN;
    case ANSWER_UNREACHABLE:
        /* Whoever was told to wait asks nothing else either. */
        return of_password && outcome->answered && !outcome->retry_after_seconds
                   ? RESULT_UNSERVED
                   : RESULT_UNREACHABLE;
    case ANSWER_REFUSED:
        break;
    }
    if (outcome->refusal == REFUSAL_MORE && of_password)
        return RESULT_MORE_PASSWORD;
    return outcome->refusal < REFUSALS ? refusals[outcome->refusal] : RESULT_UNTRUSTED;
}

static enum result take_answer(struct attempt *a, bool of_password)
{
    if (a->outcome.answer != ANSWER_ACCEPTED)
        a->why = a->outcome.why;
    a->result = result_of(&a->outcome, of_password);
    return a->result;
}

/* A person known here must come back as the same account. */
static const char *known_object_id(const struct attempt *a)
{
    return a->known ? a->person.account.object_id : NULL;
}

bool online_may_ask_token(const struct attempt *a)
{
    return a->known && a->person.has_token && !a->asked_token && store_is_writable(a->store);
}

enum result online_ask_password(struct attempt *a)
{
    a->asked_password = true;
    free_secret(&a->token);
    a->token = NULL; /* what is refused now is not about that */
    if (!open_platform(a))
        return a->result = RESULT_UNREACHABLE;
    outcome_release(&a->outcome);
    platform_password_grant(a->platform, a->request->user, a->secret, known_object_id(a),
                            &a->budget, &a->outcome);
    a->password_unserved = take_answer(a, true) == RESULT_UNSERVED;
    return a->result;
}

/* Somebody else's redemption since the secret was typed is as good as one of our own. */
static bool is_proven_meanwhile(const struct attempt *a, time_t last_online)
{
    return a->person.refused == REFUSED_NOT && a->person.last_online >= a->now &&
           a->person.last_online > last_online;
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
    platform_refresh_grant(a->platform, a->request->user, a->token, known_object_id(a), &a->budget,
                           &a->outcome);
    return take_answer(a, false);
}

enum result online_ask_token(struct attempt *a)
{
    OWNED(close_fd) int turn = -1;
    time_t last_online = a->person.last_online;

    a->asked_token = true;
    if (!open_platform(a) || !turn_take(a->shared, a->person.uid, &a->budget, &turn, &a->why) ||
        !known_refresh(a, &a->why) || !a->known)
        return a->result = RESULT_UNREACHABLE;
    if (is_proven_meanwhile(a, last_online))
        return a->result = RESULT_SKIPPED;
    /* Nobody else may find the old token once it has been used. */
    if (send_token(a) == RESULT_ACCEPTED_TOKEN)
        record_commit(a, NULL);
    return a->result;
}
