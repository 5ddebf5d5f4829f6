/* SPDX-License-Identifier: MIT */
#include "login/report.h"

#include "login/background.h"
#include "login/known.h"
#include "login/policy_offline.h"
#include "platform/codes.h"

#include <stdio.h>
#include <string.h>

#define WORD_SIZE    64 /* of a service or host */
#define ESCAPED_MOST 4  /* bytes that one becomes in the log: \xNN */

static const char *const actions[ACTIONS] = {
    [ACTION_NONE] = "none",       [ACTION_AUTHENTICATE] = "authenticate",
    [ACTION_ACCOUNT] = "account", [ACTION_PASSWORD] = "password",
    [ACTION_RESET] = "reset",
};

static const char *const verdicts[VERDICTS] = {
    [VERDICT_FAILED] = "failed",
    [VERDICT_ADMIT] = "admit",
    [VERDICT_DENY] = "deny",
    [VERDICT_FORBIDDEN] = "forbidden",
    [VERDICT_EXPIRED] = "expired",
    [VERDICT_UNAVAILABLE] = "unavailable",
    [VERDICT_MAXTRIES] = "attempts-used-up",
};

static const char *const results[RESULTS] = {
    [RESULT_UNTRUSTED] = "untrusted",
    [RESULT_SKIPPED] = "not-asked",
    [RESULT_ACCEPTED_PASSWORD] = "accepted-password",
    [RESULT_ACCEPTED_TOKEN] = "accepted-token",
    [RESULT_ACCEPTED_CODE] = "accepted-code",
    [RESULT_UNREACHABLE] = "unreachable",
    [RESULT_UNSERVED] = "password-unserved",
    [RESULT_SECRET] = "refused-password",
    [RESULT_TOKEN] = "refused-token",
    [RESULT_DOUBT] = "doubted-token",
    [RESULT_RESTING] = "token-rests",
    [RESULT_REVOKED] = "revoked",
    [RESULT_FREQUENCY] = "sign-in-due",
    [RESULT_MORE_PASSWORD] = "more-required",
    [RESULT_FEDERATED] = "federated",
    [RESULT_MORE_TOKEN] = "more-required",
    [RESULT_MORE_RESTING] = "more-was-required",
    [RESULT_ACCOUNT] = "no-such-account",
    [RESULT_UNASSIGNED] = "not-assigned",
    [RESULT_DISABLED] = "disabled",
    [RESULT_POLICY] = "refused-by-policy",
    [RESULT_RISK] = "risk",
    [RESULT_EXPIRED] = "password-expired",
    [RESULT_DENIED] = "denied",
    [RESULT_LOCKED] = "locked",
    [RESULT_LOCK_RESTING] = "was-locked",
    [RESULT_SETUP] = "refused-setup",
    [RESULT_CODE] = "code-not-used",
};

static const char *const locals[LOCALS] = {
    [LOCAL_UNKNOWN] = "none",
    [LOCAL_WRONG] = "wrong",
    [LOCAL_RIGHT] = "right",
};

static const char *const alarms[ALARMS] = {
    [ALARM_SETUP] = "setup",
    [ALARM_CLOCK] = "clock",
    [ALARM_TLS] = "tls",
    [ALARM_PAGE] = "page",
};

#define NAME_IN(names, index) name_in((names), sizeof(names) / sizeof(names)[0], (index))

static const char *name_in(const char *const names[], size_t count, size_t index)
{
    return index < count && names[index] ? names[index] : "unknown";
}

/* --- Fields. One that does not fit is left out as a whole. --- */

static void add(char out[static REPORT_MOST + 1], const char *key, const char *value)
{
    size_t used = strlen(out), left = REPORT_MOST + 1 - used;
    int length = snprintf(out + used, left, "%s%s=%s", used ? " " : "", key, value);

    if (length < 0 || (size_t)length >= left)
        out[used] = '\0';
}

/* What others chose freely must not look like another field of the line. */
static void add_word(char out[static REPORT_MOST + 1], const char *key, const char *text)
{
    char word[WORD_SIZE];
    size_t length = strnlen(text, WORD_SIZE - 1);

    for (size_t i = 0; i < length; i++) {
        bool harmless = text[i] > ' ' && text[i] < 0x7f && !strchr("=\"\\", text[i]);

        word[i] = harmless ? text[i] : '?';
    }
    word[length] = '\0';
    add(out, key, length ? word : "none");
}

/*
 * In quotation marks, of which none is inside. base/log.h escapes control bytes and backslashes, for
 * which room is left: the last mark always fits.
 */
static void add_quoted(char out[static REPORT_MOST + 1], const char *key, const char *text)
{
    char quoted[REPORT_MOST + 1] = "\"";
    size_t used = 1, taken = strlen(out) + strlen(key) + 4; /* a blank, "=" and the marks */

    for (; *text; text++) {
        taken += *text >= ' ' && *text < 0x7f && *text != '\\' ? 1 : ESCAPED_MOST;
        if (taken > REPORT_MOST)
            break;
        quoted[used++] = *text;
        if (*text == '"')
            quoted[used - 1] = '\'';
    }
    memcpy(quoted + used, "\"", 2);
    add(out, key, quoted);
}

/* --- Who decided, and by which setting. --- */

static bool is_unreachable(const struct attempt *a)
{
    return a->result == RESULT_UNREACHABLE || a->result == RESULT_UNSERVED;
}

/* Then nothing but what is remembered counts, and no setting. */
static bool is_in_background(const struct attempt *a)
{
    return a->request->action == ACTION_ACCOUNT &&
           background_is(&a->config->background_services, a->request);
}

static bool is_known_good(const struct attempt *a)
{
    return a->known && (a->local == LOCAL_RIGHT || a->request->action == ACTION_ACCOUNT);
}

static const char *mode_of(const struct attempt *a)
{
    if (is_in_background(a))
        return "background";
    if (a->offline || is_unreachable(a))
        return "offline";
    if ((a->asked_password || a->asked_token || a->asked_code) && a->result != RESULT_SKIPPED)
        return "online";
    return is_known_good(a) || a->local == LOCAL_WRONG ? "remembered" : "none";
}

struct list {
    char text[128];
    size_t used;
};

static void list_setting(struct list *list, const char *name, unsigned value)
{
    int length = snprintf(list->text + list->used, sizeof list->text - list->used, "%s%s=%u",
                          list->used ? " " : "", name, value);

    if (length > 0 && list->used + (size_t)length < sizeof list->text)
        list->used += (size_t)length;
    list->text[list->used] = '\0';
}

static void list_name(struct list *list, const char *name)
{
    snprintf(list->text, sizeof list->text, "%s", name);
    list->used = strlen(list->text);
}

/* What ended the wait for the platform. */
static void list_waits(const struct attempt *a, struct list *list)
{
    if (!is_unreachable(a) || !a->budget.at_ms)
        return;
    if (a->spent_ms >= a->config->login_seconds * 1000LL)
        list_setting(list, "login_seconds", a->config->login_seconds);
    else if (!a->outcome.sent && a->spent_ms >= a->config->connect_seconds * 1000LL)
        list_setting(list, "connect_seconds", a->config->connect_seconds);
}

static void list_deciders(const struct attempt *a, enum verdict verdict, struct list *list)
{
    const struct remembered remembered = known_facts(a);
    enum offline offline = policy_offline(&remembered);
    bool remote = *a->request->remote_host;

    list_waits(a, list);
    if (!a->ours)
        list_name(list, "domains");
    else if (a->not_allowed)
        list_name(list, "allow");
    else if ((a->offline || is_unreachable(a)) && is_known_good(a) &&
             (offline == OFFLINE_OPEN || offline == OFFLINE_ENDED))
        list_setting(list, remote ? "offline_days_remote" : "offline_days",
                     remembered.offline_days);
    else if (is_unreachable(a) && is_known_good(a) && offline == OFFLINE_PERSON)
        list_name(list, "offline_allow");
    else if (is_unreachable(a) && is_known_good(a) && offline == OFFLINE_SERVICE)
        list_name(list, "offline_services");
    else if (verdict == VERDICT_ADMIT && a->result == RESULT_SKIPPED && !a->by_others &&
             !is_in_background(a))
        list_setting(list, "recheck_minutes", a->config->recheck_minutes);
}

/* --- The line. --- */

static const char *answer_of(const struct attempt *a)
{
    if (a->result == RESULT_ACCEPTED_TOKEN && a->password_unserved)
        return "refreshed-backup";
    if (a->result == RESULT_SKIPPED && a->by_others)
        return "proven-by-another";
    return NAME_IN(results, a->result);
}

static void add_platform(const struct attempt *a, char out[static REPORT_MOST + 1])
{
    const struct outcome *outcome = &a->outcome;
    char number[CODE_NAME_MOST + 1];

    add(out, "platform", answer_of(a));
    add(out, "secret", NAME_IN(locals, a->local));
    code_name(outcome->number, number);
    if (*number)
        add(out, "number", number);
    if (*outcome->correlation_id)
        add_word(out, "correlation_id", outcome->correlation_id);
    if (*outcome->trace_id)
        add_word(out, "trace_id", outcome->trace_id);
}

void report_line(const struct attempt *a, enum verdict verdict, char out[static REPORT_MOST + 1])
{
    struct list deciders = {.used = 0};
    time_t seconds = a->now - a->person.last_online; /* another sign-in may have been later */
    char age[32];

    *out = '\0';
    add(out, "verdict", NAME_IN(verdicts, verdict));
    add(out, "action", NAME_IN(actions, a->request->action));
    add(out, "person", a->known ? a->request->user : "unknown");
    add_word(out, "service", a->request->service);
    add_word(out, "from", a->request->remote_host);
    add(out, "mode", mode_of(a));
    snprintf(age, sizeof age, "%llds", (long long)(seconds > 0 ? seconds : 0));
    if (a->known && a->person.last_online > 0)
        add(out, "age", age);
    list_deciders(a, verdict, &deciders);
    if (deciders.used)
        add_quoted(out, "decided_by", deciders.text);
    add_platform(a, out);
    if (a->alarm != ALARM_NONE)
        add(out, "alarm", NAME_IN(alarms, a->alarm));
    if (a->why.kind)
        add_quoted(out, "reason", a->why.text);
}

enum log_level report_level(const struct attempt *a, enum verdict verdict)
{
    if (a->alarm != ALARM_NONE)
        return LOG_LEVEL_ERROR;
    return verdict == VERDICT_ADMIT ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING;
}

void report_sign_in(const struct attempt *a, enum verdict verdict)
{
    char line[REPORT_MOST + 1];

    report_line(a, verdict, line);
    log_line(report_level(a, verdict), "%s", line);
    if (a->mass_event)
        log_line(LOG_LEVEL_ERROR,
                 "more than %d people were refused within %d minutes, as if they were gone or "
                 "disabled: nothing was erased; check issuer and tenant",
                 MASS_EVENT_PEOPLE, MASS_EVENT_SECONDS / 60);
}
