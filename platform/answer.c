/* SPDX-License-Identifier: MIT */
/* What an answer of the token endpoint means, whatever grant it answers. */
#include "base/own.h"
#include "base/text.h"
#include "platform/platform_internal.h"
#include "platform/token.h"

#define SKEW_SECONDS 300

void outcome_refused(struct outcome *outcome, enum refusal refusal)
{
    outcome->answer = ANSWER_REFUSED;
    outcome->refusal = refusal;
}

void outcome_unreachable(struct outcome *outcome)
{
    outcome->answer = ANSWER_UNREACHABLE;
    outcome->refusal = REFUSAL_DENIED; /* not read; the one that would do no harm */
}

static enum signature verify(const struct attempt *attempt, const char *id_token,
                             struct identity *identity, struct error *why)
{
    const struct platform *platform = attempt->platform;
    const struct platform_settings *settings = &platform->settings;
    const struct discovery *discovery = metadata_discovery(platform->metadata);
    struct expected expected = {
        .kind = platform->authority.kind,
        .issuer = discovery->issuer,
        .policy = platform->authority.policy,
        .cloud = discovery->cloud,
        .client_id = settings->client_id,
        .name = attempt->name,
        .object_id = attempt->object_id,
        .name_claim = settings->name_claim,
        .groups_claim = settings->groups_claim,
        .now = time(NULL),
        .skew_seconds = SKEW_SECONDS,
        .guests = settings->guests && attempt->grant != GRANT_PASSWORD,
    };

    return token_verify(id_token, strlen(id_token), metadata_keys(platform->metadata),
                        settings->algorithms, &expected, identity, why);
}

/*
 * What a good token that is not for this sign-in says of the person. One that came by a device code
 * says nothing: anybody may have used that. Guests who may come in only tried the wrong way.
 */
static enum refusal refusal_of(enum signature signature, const struct attempt *attempt)
{
    if (attempt->grant == GRANT_DEVICE)
        return REFUSAL_UNTRUSTED;
    if (signature == SIGNATURE_OTHER)
        return REFUSAL_ACCOUNT;
    return signature == SIGNATURE_GUEST && !attempt->platform->settings.guests ? REFUSAL_POLICY
                                                                               : REFUSAL_UNTRUSTED;
}

/* An unknown key may be a new one: the key set is fetched once more, but not for every token. */
static bool take_identity(const struct attempt *attempt, const char *id_token)
{
    struct platform *platform = attempt->platform;
    struct outcome *outcome = attempt->outcome;
    enum signature signature = verify(attempt, id_token, &outcome->identity, &outcome->why);

    if (signature == SIGNATURE_UNKNOWN_KEY) {
        if (!metadata_renew_keys(platform->metadata, platform->http, attempt->budget,
                                 &outcome->why))
            return false;
        signature = verify(attempt, id_token, &outcome->identity, &outcome->why);
    }
    if (signature == SIGNATURE_GOOD)
        return true;
    if (outcome->why.kind != ERROR_SYSTEM)
        outcome_refused(outcome, refusal_of(signature, attempt));
    if (signature == SIGNATURE_GUEST)
        outcome->advice = ADVICE_GUEST;
    return false;
}

bool answer_tokens(const struct attempt *attempt, const struct http_answer *answer)
{
    OWNED(tokens_release) struct tokens tokens = {0};
    struct outcome *outcome = attempt->outcome;

    if (strcmp(answer->type, "application/json") != 0)
        return error_set(&outcome->why, ERROR_UNREACHABLE, "HTTP 200, but not application/json");
    if (!tokens_read(answer->body, answer->length, &tokens, &outcome->why))
        return false;
    if (take_identity(attempt, tokens.id_token)) {
        outcome->answer = ANSWER_ACCEPTED;
        outcome->why = (struct error){0};
        outcome->refresh_token = OWN_TAKE(tokens.refresh_token);
        outcome->access_token = OWN_TAKE(tokens.access_token);
        outcome->access_seconds = tokens.access.usable_seconds;
        outcome->renew_seconds = tokens.access.renew_seconds;
    }
    return true;
}

struct judgement answer_error(const struct attempt *attempt, const struct http_answer *answer)
{
    const struct codes *codes = attempt->platform->settings.codes;
    struct outcome *outcome = attempt->outcome;
    struct oauth_error error;
    struct judgement judgement;

    oauth_error_read(answer->body, answer->length, &error);
    judgement = classify(codes, attempt->grant, answer->status, &error);
    outcome->answer = judgement.answer;
    outcome->refusal = judgement.refusal;
    outcome->advice = judgement.advice;
    outcome->number = judgement.number;
    (void)text_copy(outcome->correlation_id, sizeof outcome->correlation_id, error.correlation_id);
    (void)text_copy(outcome->trace_id, sizeof outcome->trace_id, error.trace_id);
    outcome->why.kind = judgement.answer == ANSWER_REFUSED ? ERROR_REFUSED : ERROR_UNREACHABLE;
    if (error.claims && judgement.answer == ANSWER_REFUSED)
        oauth_claims_read(answer->body, answer->length, &outcome->claims);
    oauth_error_tell(codes, answer->status, &error, judgement.number, &outcome->why);
    return judgement;
}

enum alarm answer_alarm(const struct http_answer *answer, const struct judgement *judgement)
{
    /* A network that wants somebody to log in first (RFC 6585, 6). */
    if (answer->status == 511)
        return ALARM_PAGE;
    if (judgement->answer == ANSWER_REFUSED || judgement->outage)
        return ALARM_NONE;
    if (judgement->advice == ADVICE_CLOCK)
        return ALARM_CLOCK;
    return judgement->advice == ADVICE_SETUP ? ALARM_SETUP : ALARM_PAGE;
}
