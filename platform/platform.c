/* SPDX-License-Identifier: MIT */
#include "platform/platform.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/platform_internal.h"

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

bool platform_open(const struct platform_settings *settings, const struct memory *memory,
                   struct platform **opened, struct error *why)
{
    OWNED(close_platform) struct platform *platform = calloc(1, sizeof *platform);

    if (!platform)
        return error_set(why, ERROR_SYSTEM, "platform: out of memory");
    platform->settings = *settings;
    platform->memory = *memory;
    if (!authority_read(settings->issuer, &platform->authority, why) ||
        !metadata_open(&platform->authority, &platform->memory, &platform->metadata, why))
        return false;
    *opened = OWN_TAKE(platform);
    return true;
}

enum lookup platform_issuer(struct platform *platform, char issuer[static IDENTITY_TEXT_MOST + 1])
{
    const char *known = "";
    enum lookup found = metadata_issuer(platform->metadata, &known);

    if (found == LOOKUP_FOUND && !text_copy(issuer, IDENTITY_TEXT_MOST + 1, known))
        return LOOKUP_ABSENT;
    return found;
}

bool platform_get_ready(struct platform *platform, const struct deadline *budget, struct error *why)
{
    const struct platform_settings *settings = &platform->settings;

    if (!platform->http &&
        !http_open(settings->ca_file, settings->connect_seconds, &platform->http, why))
        return false;
    return metadata_ready(platform->metadata, platform->http, budget, why);
}

enum dependency platform_dependency(enum grant grant)
{
    return grant == GRANT_PASSWORD ? DEPENDENCY_PASSWORD : DEPENDENCY_REFRESH;
}

/* Silence is of the host, and so of both kinds of grants; any answer is of one kind alone. */
void platform_grant_failed(const struct platform *platform, enum grant grant, unsigned told)
{
    struct http_trace trace = http_last(platform->http);

    for (unsigned other = 0; other < GRANTS; other++)
        if (other == grant || !trace.answering)
            gate_failed(&platform->memory, platform_dependency((enum grant)other), &trace, told);
}

/* A grant of no kind and nobody's secret: the endpoint can only complain. */
static bool ask_for_nothing(struct platform *platform, const struct deadline *budget,
                            struct http_answer *answer, struct error *why)
{
    OWNED(form_release) struct form form = {0};
    const char *endpoint = metadata_discovery(platform->metadata)->token_endpoint;

    return form_add(&form, "client_id", platform->settings.client_id, why) &&
           http_post(platform->http, endpoint, form.bytes, form.length, budget, answer, why);
}

/* Whether the endpoint answers as one that works: with a complaint about what is missing. */
static enum probe probe_endpoint(struct platform *platform, enum grant grant,
                                 const struct deadline *budget, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    const struct codes *codes = platform->settings.codes;
    struct judgement judgement;
    struct oauth_error error;
    unsigned told;

    if (!ask_for_nothing(platform, budget, &answer, why)) {
        if (why->kind == ERROR_UNREACHABLE)
            platform_grant_failed(platform, grant, 0);
        error_context(why, "token endpoint");
        return PROBE_FAILED;
    }
    oauth_error_read(answer.body, answer.length, &error);
    judgement = classify(codes, grant, answer.status, &error);
    told = answer.retry_after_seconds ? answer.retry_after_seconds : judgement.wait_seconds;
    if (judgement.outage || (answer.status != 400 && answer.status != 401)) {
        platform_grant_failed(platform, grant, told);
        error_set(why, ERROR_UNREACHABLE, "token endpoint: HTTP %u", answer.status);
        return PROBE_FAILED;
    }
    gate_probed(&platform->memory, platform_dependency(grant), told);
    return PROBE_OVER;
}

static enum probe probe_host(struct platform *platform, enum grant grant,
                             const struct deadline *budget, struct error *why)
{
    switch (metadata_knock(platform->metadata, platform->http, budget, why)) {
    case KNOCK_ANSWERED:
        gate_probed(&platform->memory, platform_dependency(grant), 0);
        return PROBE_OVER;
    case KNOCK_SILENT:
        platform_grant_failed(platform, grant, 0);
        return PROBE_FAILED;
    case KNOCK_NOT_ASKED:
        break;
    }
    return PROBE_NOT_YET;
}

static enum probe probe(struct platform *platform, enum dependency dependency,
                        const struct breaker *breaker, const struct deadline *budget,
                        struct error *why)
{
    const struct platform_settings *settings = &platform->settings;
    enum grant grant = dependency == DEPENDENCY_PASSWORD ? GRANT_PASSWORD : GRANT_REFRESH;

    if (!platform->http &&
        !http_open(settings->ca_file, settings->connect_seconds, &platform->http, why))
        return PROBE_FAILED;
    if (dependency == DEPENDENCY_METADATA)
        return metadata_probe(platform->metadata, platform->http, budget, why) ? PROBE_OVER
                                                                               : PROBE_FAILED;
    if (breaker->silent)
        return probe_host(platform, grant, budget, why);
    if (!metadata_ready(platform->metadata, platform->http, budget, why) ||
        !gate_still_open(&platform->memory, dependency, why))
        return PROBE_NOT_YET;
    return probe_endpoint(platform, grant, budget, why);
}

enum probe platform_probe(struct platform *platform, enum dependency dependency,
                          const struct deadline *budget, struct error *why)
{
    OWNED(gate_leave) struct gate gate = GATE_SHUT;

    gate_look(&platform->memory, dependency, &gate);
    if (gate.breaker.failures == 0 && gate.breaker.told_until == 0)
        return PROBE_NOT_NEEDED;
    if (gate.state == BREAKER_CLOSED) /* it was told to wait, and that is over */
        gate_served(&platform->memory, dependency, 0);
    if (gate.state == BREAKER_CLOSED || gate.breaker.answering)
        return PROBE_NOT_NEEDED;
    if (gate.state == BREAKER_OPEN || !gate_pass(&platform->memory, dependency, NULL, &gate, why))
        return PROBE_NOT_YET;
    if (gate.state == BREAKER_CLOSED || gate.breaker.answering)
        return PROBE_NOT_NEEDED; /* found out by another process just now */
    return probe(platform, dependency, &gate.breaker, budget, why);
}
