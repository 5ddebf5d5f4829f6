/* SPDX-License-Identifier: MIT */
#include "platform/platform.h"

#include "base/own.h"
#include "platform/grant.h"
#include "platform/metadata.h"
#include "platform/token.h"

#define SKEW_SECONDS 300

struct platform {
    struct platform_settings settings;
    struct documents documents;
    struct metadata *metadata;
    struct http *http; /* started by the first request: it costs milliseconds */
};

/* One grant on its way. */
struct attempt {
    struct platform *platform;
    enum grant grant;
    const char *name, *secret, *object_id;
    const struct deadline *budget;
    struct outcome *outcome;
};

void outcome_release(struct outcome *outcome)
{
    free_secret(&outcome->refresh_token);
    identity_release(&outcome->identity);
    *outcome = (struct outcome){0};
}

void platform_close(struct platform *platform)
{
    if (!platform)
        return;
    metadata_close(platform->metadata);
    http_close(platform->http);
    free(platform);
}

OWN_DEFINE(close_platform, struct platform, platform_close);

bool platform_open(const struct platform_settings *settings, const struct documents *documents,
                   struct platform **opened, struct error *why)
{
    OWNED(close_platform) struct platform *platform = calloc(1, sizeof *platform);

    if (!platform)
        return error_set(why, ERROR_SYSTEM, "platform: out of memory");
    platform->settings = *settings;
    platform->documents = *documents;
    if (!metadata_open(settings->issuer, &platform->documents, &platform->metadata, why))
        return false;
    *opened = OWN_TAKE(platform);
    return true;
}

static void refused(struct outcome *outcome, enum refusal refusal)
{
    outcome->answer = ANSWER_REFUSED;
    outcome->refusal = refusal;
}

static void unreachable(struct outcome *outcome)
{
    outcome->answer = ANSWER_UNREACHABLE;
    outcome->refusal = REFUSAL_DENIED; /* not read; the one that would do no harm */
}

static bool get_ready(struct platform *platform, const struct deadline *budget, struct error *why)
{
    const struct platform_settings *settings = &platform->settings;

    if (!platform->http &&
        !http_open(settings->ca_file, settings->connect_seconds, &platform->http, why))
        return false;
    return metadata_ready(platform->metadata, platform->http, budget, why);
}

static bool fill_form(const struct attempt *attempt, struct form *form, struct error *why)
{
    const struct platform_settings *settings = &attempt->platform->settings;

    if (!form_add(form, "client_id", settings->client_id, why) ||
        !form_add(form, "scope", settings->scope, why))
        return false;
    if (attempt->grant == GRANT_PASSWORD)
        return form_add(form, "grant_type", "password", why) &&
               form_add(form, "username", attempt->name, why) &&
               form_add(form, "password", attempt->secret, why);
    return form_add(form, "grant_type", "refresh_token", why) &&
           form_add(form, "refresh_token", attempt->secret, why);
}

static enum signature verify(const struct attempt *attempt, const char *id_token,
                             struct identity *identity, struct error *why)
{
    const struct platform *platform = attempt->platform;
    const struct platform_settings *settings = &platform->settings;
    struct expected expected = {
        .issuer = settings->issuer,
        .client_id = settings->client_id,
        .name = attempt->name,
        .object_id = attempt->object_id,
        .name_claim = settings->name_claim,
        .groups_claim = settings->groups_claim,
        .now = time(NULL),
        .skew_seconds = SKEW_SECONDS,
    };

    return token_verify(id_token, strlen(id_token), metadata_keys(platform->metadata),
                        settings->algorithms, &expected, identity, why);
}

/* An unknown key may be a new one: the key set is fetched once more, but not for every token. */
static bool take_identity(const struct attempt *attempt, const char *id_token)
{
    struct platform *platform = attempt->platform;
    struct outcome *outcome = attempt->outcome;
    enum signature signature = verify(attempt, id_token, &outcome->identity, &outcome->why);

    if (signature == SIGNATURE_UNKNOWN_KEY && metadata_keys_may_be_renewed(platform->metadata)) {
        if (!metadata_renew_keys(platform->metadata, platform->http, attempt->budget,
                                 &outcome->why)) {
            unreachable(outcome);
            return false;
        }
        signature = verify(attempt, id_token, &outcome->identity, &outcome->why);
    }
    if (signature == SIGNATURE_GOOD)
        return true;
    if (outcome->why.kind == ERROR_SYSTEM)
        unreachable(outcome);
    else
        refused(outcome, REFUSAL_UNTRUSTED);
    return false;
}

/* 200 with anything but usable tokens is somebody else's page, or a broken service. */
static void take_tokens(const struct attempt *attempt, const struct http_answer *answer)
{
    OWNED(tokens_release) struct tokens tokens = {0};
    struct outcome *outcome = attempt->outcome;

    if (strcmp(answer->type, "application/json") != 0) {
        unreachable(outcome);
        error_set(&outcome->why, ERROR_UNREACHABLE, "HTTP 200, but not application/json");
    } else if (!tokens_read(answer->body, answer->length, &tokens, &outcome->why)) {
        unreachable(outcome);
    } else if (take_identity(attempt, tokens.id_token)) {
        outcome->answer = ANSWER_ACCEPTED;
        outcome->why = (struct error){0};
        outcome->refresh_token = OWN_TAKE(tokens.refresh_token);
    }
}

static void take_error(const struct attempt *attempt, const struct http_answer *answer)
{
    struct outcome *outcome = attempt->outcome;
    struct oauth_error error;
    struct judgement judgement;

    oauth_error_read(answer->body, answer->length, &error);
    judgement = classify(attempt->grant, answer->status, &error);
    outcome->answer = judgement.answer;
    outcome->refusal = judgement.refusal;
    outcome->why.kind = judgement.answer == ANSWER_REFUSED ? ERROR_REFUSED : ERROR_UNREACHABLE;
    oauth_error_tell(answer->status, &error, judgement.number, &outcome->why);
}

static void perform(const struct attempt *attempt)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    OWNED(form_release) struct form form = {0};
    struct platform *platform = attempt->platform;
    struct outcome *outcome = attempt->outcome;

    unreachable(outcome);
    if (!get_ready(platform, attempt->budget, &outcome->why) ||
        !fill_form(attempt, &form, &outcome->why) ||
        !http_post(platform->http, metadata_token_endpoint(platform->metadata), form.bytes,
                   form.length, attempt->budget, &answer, &outcome->why))
        return;
    outcome->answered = true;
    outcome->retry_after_seconds = answer.retry_after_seconds;
    if (answer.status == 200)
        take_tokens(attempt, &answer);
    else
        take_error(attempt, &answer);
}

void platform_password_grant(struct platform *platform, const char *name, const char *password,
                             const char *object_id, const struct deadline *budget,
                             struct outcome *outcome)
{
    struct attempt attempt = {platform, GRANT_PASSWORD, name, password, object_id, budget, outcome};

    *outcome = (struct outcome){0};
    perform(&attempt);
}

void platform_refresh_grant(struct platform *platform, const char *name, const char *refresh_token,
                            const char *object_id, const struct deadline *budget,
                            struct outcome *outcome)
{
    struct attempt attempt = {platform,  GRANT_REFRESH, name,   refresh_token,
                              object_id, budget,        outcome};

    *outcome = (struct outcome){0};
    perform(&attempt);
}
