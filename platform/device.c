/* SPDX-License-Identifier: MIT */
#include "platform/device.h"

#include "base/own.h"
#include "platform/device_answer.h"
#include "platform/platform_internal.h"

#define GRANT_TYPE        "urn:ietf:params:oauth:grant-type:device_code"
#define SLOW_DOWN_SECONDS 5 /* RFC 8628 3.5 */
#define DOUBLINGS_MOST    3 /* of the wait, after polls that failed */

void device_code_release(struct device_code *device)
{
    free_secret(&device->code);
    explicit_bzero(device, sizeof *device);
}

/* --- The code. --- */

static bool fill_request(const struct platform *platform, const char *claims, struct form *form,
                         struct error *why)
{
    return form_add(form, "client_id", platform->settings.client_id, why) &&
           form_add(form, "scope", platform->settings.scope, why) &&
           (!claims || form_add(form, "claims", claims, why));
}

/* 200 with anything else is somebody else's page, or a service out of order. */
static bool take_code(const struct attempt *attempt, const struct http_answer *answer,
                      int64_t asked_ms, struct device_code *device)
{
    struct outcome *outcome = attempt->outcome;

    if (strcmp(answer->type, "application/json") != 0)
        return error_set(&outcome->why, ERROR_UNREACHABLE,
                         "device endpoint: HTTP 200, but not application/json");
    if (!device_answer_read(answer->body, answer->length, asked_ms, device, &outcome->why))
        return false;
    device->next_poll_ms = clock_ms() + (int64_t)device->interval_seconds * 1000;
    outcome->answer = ANSWER_ACCEPTED;
    return true;
}

static void take_first_answer(const struct attempt *attempt, const struct http_answer *answer,
                              int64_t asked_ms, struct device_code *device)
{
    const struct memory *memory = &attempt->platform->memory;
    struct http_trace trace = http_last(attempt->platform->http);
    struct outcome *outcome = attempt->outcome;
    struct judgement judgement;

    if (answer->status == 200) {
        if (take_code(attempt, answer, asked_ms, device))
            gate_served(memory, DEPENDENCY_DEVICE, answer->told);
        else
            outcome->alarm = ALARM_PAGE;
        return;
    }
    judgement = answer_error(attempt, answer);
    error_context(&outcome->why, "device endpoint");
    outcome->alarm = answer_alarm(answer, &judgement);
    if (!answer->told)
        trace.told = judgement.wait_seconds;
    if (judgement.answer == ANSWER_REFUSED)
        gate_served(memory, DEPENDENCY_DEVICE, trace.told);
    else if (judgement.outage)
        gate_failed(memory, DEPENDENCY_DEVICE, &trace, trace.told);
    else
        gate_told(memory, DEPENDENCY_DEVICE, trace.told);
}

static bool post(const struct attempt *attempt, const char *endpoint, const struct form *form,
                 struct http_answer *answer)
{
    struct platform *platform = attempt->platform;
    struct error *why = &attempt->outcome->why;
    bool done = http_post(platform->http, endpoint, form->bytes, form->length, attempt->budget,
                          answer, why);

    attempt->outcome->sent = http_last(platform->http).sent;
    attempt->outcome->alarm = http_last(platform->http).alarm;
    return done;
}

static void ask_for_code(const struct attempt *attempt, const char *claims,
                         struct device_code *device)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    OWNED(form_release) struct form form = {0};
    struct platform *platform = attempt->platform;
    const char *endpoint = metadata_discovery(platform->metadata)->device_endpoint;
    struct error *why = &attempt->outcome->why;
    int64_t asked_ms = clock_ms();
    struct http_trace trace;

    if (!*endpoint) {
        attempt->outcome->alarm = ALARM_SETUP;
        attempt->outcome->advice = ADVICE_SETUP;
        error_set(why, ERROR_UNREACHABLE, "the issuer offers no device codes");
        return;
    }
    if (!fill_request(platform, claims, &form, why))
        return;
    if (post(attempt, endpoint, &form, &answer)) {
        take_first_answer(attempt, &answer, asked_ms, device);
        return;
    }
    trace = http_last(platform->http);
    if (why->kind == ERROR_UNREACHABLE)
        gate_failed(&platform->memory, DEPENDENCY_DEVICE, &trace, trace.told);
    error_context(why, "device endpoint");
}

void platform_device_begin(struct platform *platform, const char *claims,
                           const struct deadline *budget, struct device_code *device,
                           struct outcome *outcome)
{
    OWNED(gate_leave) struct gate gate = GATE_SHUT;
    const struct attempt attempt = {
        .platform = platform, .grant = GRANT_DEVICE, .budget = budget, .outcome = outcome};

    *outcome = (struct outcome){0};
    outcome_unreachable(outcome);
    if (!gate_pass(&platform->memory, DEPENDENCY_DEVICE, NULL, &gate, &outcome->why))
        return;
    if (platform_get_ready(platform, budget, &outcome->why))
        ask_for_code(&attempt, claims, device);
    else if (platform->http)
        outcome->alarm = http_last(platform->http).alarm;
}

/* --- Whether it is done. --- */

static bool fill_poll(const struct platform *platform, const struct device_code *device,
                      struct form *form, struct error *why)
{
    return form_add(form, "client_id", platform->settings.client_id, why) &&
           form_add(form, "grant_type", GRANT_TYPE, why) &&
           form_add(form, "device_code", device->code, why);
}

/* Never before `least_seconds` from now. */
static enum device_poll wait(struct device_code *device, int64_t least_seconds)
{
    unsigned doublings = device->failures < DOUBLINGS_MOST ? device->failures : DOUBLINGS_MOST;
    int64_t seconds = (int64_t)device->interval_seconds << doublings;

    device->next_poll_ms = clock_ms() + (seconds > least_seconds ? seconds : least_seconds) * 1000;
    return DEVICE_PENDING;
}

/* RFC 8628 3.5; there are services that say so with another 4xx than 400. */
static bool is_not_yet(const struct http_answer *answer, const struct oauth_error *error)
{
    return answer->status >= 400 && answer->status < 500 &&
           (strcmp(error->error, "authorization_pending") == 0 ||
            strcmp(error->error, "slow_down") == 0);
}

static enum device_poll take_not_yet(struct device_code *device, const struct http_answer *answer,
                                     const struct oauth_error *error)
{
    device->failures = 0;
    if (strcmp(error->error, "slow_down") == 0 && device->interval_seconds < DEVICE_INTERVAL_MOST)
        device->interval_seconds += SLOW_DOWN_SECONDS;
    return wait(device, answer->told);
}

static enum device_poll take_failure(const struct attempt *attempt, struct device_code *device,
                                     unsigned told)
{
    gate_told(&attempt->platform->memory, DEPENDENCY_DEVICE, told);
    if (attempt->outcome->why.kind == ERROR_SYSTEM)
        return DEVICE_OVER;
    device->failures++;
    return wait(device, told);
}

/* What is about the set-up, or about how often we ask (50196), does not get better by asking. */
static bool is_final(const struct http_answer *answer, const struct judgement *judgement)
{
    enum alarm alarm = answer_alarm(answer, judgement);

    return judgement->answer == ANSWER_REFUSED || alarm == ALARM_SETUP || alarm == ALARM_CLOCK ||
           (judgement->wait_seconds > 0 && answer->status < 429);
}

static enum device_poll take_poll(const struct attempt *attempt, struct device_code *device,
                                  const struct http_answer *answer)
{
    struct outcome *outcome = attempt->outcome;
    struct oauth_error error;
    struct judgement judgement;
    unsigned told;

    if (answer->status == 200) {
        if (answer_tokens(attempt, answer))
            return DEVICE_OVER;
        outcome->alarm = ALARM_PAGE;
        return take_failure(attempt, device, answer->told);
    }
    oauth_error_read(answer->body, answer->length, &error);
    if (is_not_yet(answer, &error))
        return take_not_yet(device, answer, &error);
    judgement = answer_error(attempt, answer);
    outcome->alarm = answer_alarm(answer, &judgement);
    told = answer->told ? answer->told : judgement.wait_seconds;
    if (!is_final(answer, &judgement))
        return take_failure(attempt, device, told);
    gate_told(&attempt->platform->memory, DEPENDENCY_DEVICE, told);
    return DEVICE_OVER;
}

static enum device_poll poll_once(const struct attempt *attempt, struct device_code *device)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    OWNED(form_release) struct form form = {0};
    struct platform *platform = attempt->platform;
    struct error *why = &attempt->outcome->why;
    const char *endpoint;

    if (!platform_get_ready(platform, attempt->budget, why))
        return take_failure(attempt, device, 0);
    if (!fill_poll(platform, device, &form, why))
        return DEVICE_OVER;
    endpoint = metadata_discovery(platform->metadata)->token_endpoint;
    if (post(attempt, endpoint, &form, &answer))
        return take_poll(attempt, device, &answer);
    error_context(why, "token endpoint");
    return take_failure(attempt, device, http_last(platform->http).told);
}

static void say_expired(struct outcome *outcome)
{
    outcome_refused(outcome, REFUSAL_DENIED);
    outcome->advice = ADVICE_LATE;
    error_set(&outcome->why, ERROR_REFUSED, "device code: it has expired");
}

enum device_poll platform_device_poll(struct platform *platform, struct device_code *device,
                                      const char *name, const char *object_id,
                                      const struct deadline *budget, struct outcome *outcome)
{
    const struct attempt attempt = {platform,  GRANT_DEVICE, name,    NULL,
                                    object_id, budget,       outcome, false};
    struct gate gate = GATE_SHUT;

    *outcome = (struct outcome){0};
    outcome_unreachable(outcome);
    if (clock_ms() >= device->expires_at_ms) {
        say_expired(outcome);
        return DEVICE_OVER;
    }
    if (clock_ms() < device->next_poll_ms)
        return DEVICE_PENDING;
    gate_look(&platform->memory, DEPENDENCY_DEVICE, &gate);
    if (gate.told)
        return wait(device, gate.told - time(NULL));
    return poll_once(&attempt, device);
}
