/* SPDX-License-Identifier: MIT */
/* One grant, from the look at the breaker to what the answer means. */
#include "base/own.h"
#include "platform/platform_internal.h"
#include "platform/realm.h"

#define GLANCE_MS           500 /* for what has failed twice and may be back */
#define GLANCE_LONG_SECONDS 60  /* since a try had time enough: then this one has */

/* --- What is asked. --- */

static bool fill_form(const struct attempt *attempt, struct form *form, struct error *why)
{
    const struct platform *platform = attempt->platform;
    const struct platform_settings *settings = &platform->settings;

    if (!form_add(form, "client_id", settings->client_id, why) ||
        !form_add(form, "scope", settings->scope, why))
        return false;
    if (attempt->grant == GRANT_REFRESH)
        return form_add(form, "grant_type", "refresh_token", why) &&
               form_add(form, "refresh_token", attempt->secret, why);
    /* A B2C policy answers nothing but an access token otherwise, platform.md 2.5. */
    if (platform->authority.kind == AUTHORITY_B2C &&
        !form_add(form, "response_type", "token id_token", why))
        return false;
    return form_add(form, "grant_type", "password", why) &&
           form_add(form, "username", attempt->name, why) &&
           form_add(form, "password", attempt->secret, why);
}

/* --- What comes back. --- */

/* Somebody else's page is not an outage; but it may be that its service says it is in one. */
static bool says_outage(const struct attempt *attempt, const struct http_answer *answer)
{
    const struct codes *codes = attempt->platform->settings.codes;
    struct oauth_error error;

    oauth_error_read(answer->body, answer->length, &error);
    return classify(codes, attempt->grant, answer->status, &error).says_outage;
}

/*
 * What may be about this request alone, and a complaint about the set-up, are neither an outage
 * nor a service: they change nothing.
 */
static void take_answer(const struct attempt *attempt, const struct http_answer *answer)
{
    const struct platform *platform = attempt->platform;
    struct outcome *outcome = attempt->outcome;
    unsigned told = answer->told;
    bool served, outage;

    if (answer->status == 200) {
        served = answer_tokens(attempt, answer);
        outcome->alarm = served ? ALARM_NONE : ALARM_PAGE;
        outage = !served && outcome->why.kind != ERROR_SYSTEM && says_outage(attempt, answer);
    } else {
        struct judgement judgement = answer_error(attempt, answer);

        outcome->alarm = answer_alarm(answer, &judgement);
        told = told ? told : judgement.wait_seconds;
        served = judgement.answer == ANSWER_REFUSED;
        outage = judgement.outage;
    }
    if (served)
        platform_grant_served(platform, attempt->grant, told);
    else if (outage)
        platform_grant_failed(platform, attempt->grant, told);
    else
        gate_told(&platform->memory, platform_dependency(attempt->grant), told);
    outcome->others_served = outcome->answer == ANSWER_UNREACHABLE && !served && told == 0 &&
                             outcome->why.kind != ERROR_SYSTEM;
}

/* --- The whole. --- */

/* Who has got as far as to send something has found a host that others may be served by. */
static void look_at_others(const struct attempt *attempt)
{
    const struct platform *platform = attempt->platform;
    struct error ignored;

    attempt->outcome->others_served =
        attempt->outcome->why.kind == ERROR_UNREACHABLE && http_last(platform->http).sent &&
        gate_still_open(&platform->memory, platform_dependency(attempt->grant), &ignored);
}

/*
 * What has failed repeatedly costs a glance, not somebody's patience or secret: does it work again?
 * Now and then the glance takes as long as a host far away may need.
 */
static bool is_back(const struct attempt *attempt, const struct breaker *breaker, struct error *why)
{
    struct platform *platform = attempt->platform;
    time_t since = time(NULL) - breaker->tried_at;
    bool long_ago = since < 0 || since > GLANCE_LONG_SECONDS;
    int left = deadline_left_ms(attempt->budget);
    int64_t glance =
        GLANCE_MS + (long_ago ? (int64_t)platform->settings.connect_seconds * 1000 : 0);
    struct deadline deadline = deadline_in_ms(glance < left ? glance : left);
    enum probe probe;

    if (breaker->failures < BREAKER_OUTAGE || breaker->answering)
        return true;
    probe = platform_knock(platform, attempt->grant, &deadline, why);
    if (probe == PROBE_FAILED)
        look_at_others(attempt);
    return probe == PROBE_OVER;
}

static bool post(const struct attempt *attempt, const struct form *form, struct http_answer *answer,
                 struct error *why)
{
    struct platform *platform = attempt->platform;
    const char *endpoint = metadata_discovery(platform->metadata)->token_endpoint;
    bool done;

    if (!gate_still_open(&platform->memory, platform_dependency(attempt->grant), why))
        return false;
    done = http_post(platform->http, endpoint, form->bytes, form->length, attempt->budget, answer,
                     why);
    attempt->outcome->sent = http_last(platform->http).sent;
    if (done)
        return true;
    platform_grant_unanswered(platform, attempt->grant, why);
    look_at_others(attempt);
    return error_context(why, "token endpoint");
}

/* A password that is checked elsewhere is sent nowhere: the person is to go on with a code. */
static bool may_be_sent(const struct attempt *attempt, struct error *why)
{
    enum realm realm = attempt->grant == GRANT_PASSWORD ? realm_find(attempt, why) : REALM_MANAGED;

    if (realm != REALM_FEDERATED)
        return realm == REALM_MANAGED;
    outcome_refused(attempt->outcome, REFUSAL_FEDERATED);
    attempt->outcome->advice = ADVICE_VERIFY;
    return error_set(why, ERROR_REFUSED, "not sent: this person is federated");
}

static void perform(const struct attempt *attempt)
{
    OWNED(http_answer_release) struct http_answer answer = {0};
    OWNED(form_release) struct form form = {0};
    OWNED(gate_leave) struct gate gate = GATE_SHUT;
    struct platform *platform = attempt->platform;
    struct outcome *outcome = attempt->outcome;
    struct error *why = &outcome->why;

    if (!gate_pass(&platform->memory, platform_dependency(attempt->grant), NULL, &gate, why)) {
        outcome->others_served = !gate.told && !gate.breaker.silent;
        return;
    }
    if (platform_get_ready(platform, attempt->budget, why) &&
        is_back(attempt, &gate.breaker, why) && may_be_sent(attempt, why) &&
        fill_form(attempt, &form, why) && post(attempt, &form, &answer, why))
        take_answer(attempt, &answer);
    else if (platform->http && outcome->answer != ANSWER_REFUSED)
        outcome->alarm = http_last(platform->http).alarm;
}

/* When there was nothing more to wait for; what came of it may have taken its time to be recorded. */
static int64_t waited_until(const struct attempt *attempt, int64_t begun_ms)
{
    const struct http *http = attempt->platform->http;
    int64_t ended_ms = http ? http_last(http).ended_ms : 0;

    return ended_ms >= begun_ms ? ended_ms : clock_ms();
}

/* Who runs out of time wants to know which setting to change. */
static void name_the_limit(const struct attempt *attempt, int64_t begun_ms)
{
    struct error *why = &attempt->outcome->why;
    const struct error said = *why;
    int had_ms = (int)(attempt->budget->at_ms - begun_ms);

    if (why->kind == ERROR_UNREACHABLE && waited_until(attempt, begun_ms) >= attempt->budget->at_ms)
        error_set(why, ERROR_UNREACHABLE, "%.180s, %d s in all (login_seconds)", said.text,
                  (had_ms + 999) / 1000);
}

static void run(const struct attempt *attempt)
{
    int64_t begun_ms = clock_ms();

    *attempt->outcome = (struct outcome){0};
    outcome_unreachable(attempt->outcome);
    perform(attempt);
    name_the_limit(attempt, begun_ms);
}

void platform_password_grant(struct platform *platform, const char *name, const char *password,
                             const char *object_id, bool by_password, const struct deadline *budget,
                             struct outcome *outcome)
{
    run(&(struct attempt){platform, GRANT_PASSWORD, name, password, object_id, budget, outcome,
                          by_password});
}

void platform_refresh_grant(struct platform *platform, const char *name, const char *refresh_token,
                            const char *object_id, const struct deadline *budget,
                            struct outcome *outcome)
{
    run(&(struct attempt){platform, GRANT_REFRESH, name, refresh_token, object_id, budget, outcome,
                          false});
}
