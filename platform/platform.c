/* SPDX-License-Identifier: MIT */
#include "platform/platform.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/platform_internal.h"

void outcome_release(struct outcome *outcome)
{
    free_secret(&outcome->refresh_token);
    free_secret(&outcome->access_token);
    free(outcome->claims);
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
    static const enum dependency dependencies[GRANTS] = {
        [GRANT_PASSWORD] = DEPENDENCY_PASSWORD,
        [GRANT_REFRESH] = DEPENDENCY_REFRESH,
        [GRANT_DEVICE] = DEPENDENCY_DEVICE,
    };

    return dependencies[grant];
}

/* Who is served shows that there is a way to the host for the others too. */
void platform_grant_served(const struct platform *platform, enum grant grant, unsigned told)
{
    const struct memory *memory = &platform->memory;

    gate_served(memory, platform_dependency(grant), told);
    for (unsigned other = 0; other < GRANT_DEVICE; other++) {
        enum dependency dependency = platform_dependency((enum grant)other);
        struct breaker breaker = {0};

        memory->read_breaker(memory->context, dependency, &breaker);
        if (other != grant && breaker.failures > 0 && breaker.silent)
            gate_served(memory, dependency, 0);
    }
}

/*
 * Where nothing can be sent, nothing else can be. But who was sent something and does not answer
 * may only be stuck with that: whoever can make one person's request hang must not be able to
 * close the question for all.
 */
void platform_grant_failed(const struct platform *platform, enum grant grant, unsigned told)
{
    struct http_trace trace = http_last(platform->http);

    if (grant == GRANT_DEVICE)
        gate_failed(&platform->memory, DEPENDENCY_DEVICE, &trace, told);
    else
        for (unsigned other = 0; other < GRANT_DEVICE; other++)
            if (other == grant || !trace.sent)
                gate_failed(&platform->memory, platform_dependency((enum grant)other), &trace,
                            told);
}

void platform_grant_unanswered(const struct platform *platform, enum grant grant,
                               const struct error *why)
{
    unsigned told = http_last(platform->http).told;

    if (why->kind == ERROR_UNREACHABLE)
        platform_grant_failed(platform, grant, told);
    else
        gate_told(&platform->memory, platform_dependency(grant), told);
}

/* --- Is it over? --- */

/* A grant of no kind, or a code for no client: the endpoint can only complain. */
static bool ask_for_nothing(struct platform *platform, enum grant grant,
                            const struct deadline *deadline, struct http_answer *answer,
                            struct error *why)
{
    OWNED(form_release) struct form form = {0};
    const struct platform_settings *settings = &platform->settings;
    const struct discovery *discovery = metadata_discovery(platform->metadata);
    bool device = grant == GRANT_DEVICE;
    const char *endpoint = device ? discovery->device_endpoint : discovery->token_endpoint;

    return (device ? form_add(&form, "scope", settings->scope, why)
                   : form_add(&form, "client_id", settings->client_id, why)) &&
           http_post(platform->http, endpoint, form.bytes, form.length, deadline, answer, why);
}

/* There are providers that complain with 404 or 500 of what is missing, so those are answers. */
static bool is_out(const struct platform *platform, const struct http_answer *answer,
                   unsigned *told)
{
    struct judgement judgement;
    struct oauth_error error;

    oauth_error_read(answer->body, answer->length, &error);
    judgement = classify(platform->settings.codes, GRANT_PASSWORD, answer->status, &error);
    *told = answer->told ? answer->told : judgement.wait_seconds;
    return judgement.says_outage || *told > 0 || answer->status == 408 ||
           (answer->status >= 502 && answer->status <= 504);
}

enum probe platform_knock(struct platform *platform, enum grant grant,
                          const struct deadline *deadline, struct error *why)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    const struct memory *memory = &platform->memory;
    unsigned told;

    if (!gate_still_open(memory, platform_dependency(grant), why))
        return PROBE_NOT_YET;
    if (!ask_for_nothing(platform, grant, deadline, &answer, why)) {
        platform_grant_unanswered(platform, grant, why);
        error_context(why, "%s", grant == GRANT_DEVICE ? "device endpoint" : "token endpoint");
        return PROBE_FAILED;
    }
    if (is_out(platform, &answer, &told)) {
        platform_grant_failed(platform, grant, told);
        error_set(why, ERROR_UNREACHABLE, "token endpoint: HTTP %u", answer.status);
        return PROBE_FAILED;
    }
    gate_probed(memory, platform_dependency(grant), 0);
    return PROBE_OVER;
}

static enum probe probe(struct platform *platform, enum dependency dependency,
                        const struct deadline *budget, struct error *why)
{
    const struct platform_settings *settings = &platform->settings;
    enum grant grant = dependency == DEPENDENCY_PASSWORD  ? GRANT_PASSWORD
                       : dependency == DEPENDENCY_REFRESH ? GRANT_REFRESH
                                                          : GRANT_DEVICE;

    if (!platform->http &&
        !http_open(settings->ca_file, settings->connect_seconds, &platform->http, why))
        return PROBE_FAILED;
    if (dependency == DEPENDENCY_METADATA)
        return metadata_probe(platform->metadata, platform->http, budget, why) ? PROBE_OVER
                                                                               : PROBE_FAILED;
    if (!metadata_ready(platform->metadata, platform->http, budget, why))
        return PROBE_NOT_YET;
    /* What has been taken away since cannot come back. */
    if (grant == GRANT_DEVICE && !*metadata_discovery(platform->metadata)->device_endpoint) {
        gate_served(&platform->memory, dependency, 0);
        return PROBE_OVER;
    }
    return platform_knock(platform, grant, budget, why);
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
    return probe(platform, dependency, budget, why);
}
