/* SPDX-License-Identifier: MIT */
#include "pam_module/attempt.h"

#include "base/text.h"
#include "login/words.h"
#include "pam_module/helper.h"
#include "pam_module/mode.h"
#include "pam_module/relay.h"

#include <security/pam_ext.h>
#include <string.h>
#include <syslog.h>
#include <unistd.h>

/* With the helper's words of it: login/report.c. */
static const struct meaning {
    int code;
    const char *name;
} meanings[VERDICTS] = {
    [VERDICT_FAILED] = {PAM_SYSTEM_ERR, "failed"},
    [VERDICT_ADMIT] = {PAM_SUCCESS, "admit"},
    [VERDICT_DENY] = {PAM_AUTH_ERR, "deny"},
    [VERDICT_FORBIDDEN] = {PAM_PERM_DENIED, "forbidden"},
    [VERDICT_EXPIRED] = {PAM_ACCT_EXPIRED, "expired"},
    [VERDICT_UNAVAILABLE] = {PAM_AUTHINFO_UNAVAIL, "unavailable"},
    [VERDICT_MAXTRIES] = {PAM_MAXTRIES, "attempts-used-up"},
};

/* An item that does not fit is an error: a remote host cut off would make a sign-in look local. */
static bool copy_item(pam_handle_t *pam, int item, char *out, size_t size, struct error *why)
{
    const void *text = NULL;

    if (pam_get_item(pam, item, &text) != PAM_SUCCESS)
        return error_set(why, ERROR_SYSTEM, "PAM item %d cannot be read", item);
    if (text && !text_copy(out, size, text))
        return error_set(why, ERROR_MALFORMED, "PAM item %d is too long", item);
    return true;
}

static bool fill(pam_handle_t *pam, const char *user, struct request *request, struct error *why)
{
    if (!text_copy(request->user, sizeof request->user, user))
        return error_set(why, ERROR_MALFORMED, "the name is too long");
    return copy_item(pam, PAM_SERVICE, request->service, sizeof request->service, why) &&
           copy_item(pam, PAM_RHOST, request->remote_host, sizeof request->remote_host, why) &&
           copy_item(pam, PAM_TTY, request->terminal, sizeof request->terminal, why) &&
           copy_item(pam, PAM_RUSER, request->remote_user, sizeof request->remote_user, why);
}

static struct ruling unavailable(pam_handle_t *pam, const struct request *request, enum words words)
{
    if (!request->silent)
        pam_error(pam, "%s", words_text(words));
    return (struct ruling){.verdict = VERDICT_UNAVAILABLE};
}

/* By the socket if that is the way; by a child where it is, or where there is no socket. */
static enum helper_start start(pam_handle_t *pam, enum helper_way *way, struct helper *helper,
                               const struct options *options, struct error *why)
{
    enum helper_start started = helper_start(*way, helper, why);

    if (started != HELPER_ABSENT || geteuid() != 0)
        return started;
    if (options->debug)
        pam_syslog(pam, LOG_DEBUG, "%s; starting a helper instead", why->text);
    *why = (struct error){0};
    *way = HELPER_AS_CHILD;
    return helper_start(*way, helper, why);
}

static struct ruling ask(pam_handle_t *pam, const struct request *request,
                         const struct options *options, struct error *why)
{
    enum helper_way way = helper_way(request->remote_user);
    struct ruling ruling = {.verdict = VERDICT_FAILED};
    struct helper helper;
    bool late = false;

    switch (start(pam, &way, &helper, options, why)) {
    case HELPER_STARTED:
        break;
    case HELPER_ABSENT:
    case HELPER_BUSY: /* somebody listens and does not serve us, or we may not start a helper */
        return unavailable(pam, request, WORDS_NO_HELPER);
    default:
        return ruling;
    }
    ruling = relay_run(pam, helper.fd, request, options, &late, why);
    helper_end(&helper, ruling.verdict != VERDICT_FAILED);
    if (ruling.verdict != VERDICT_FAILED)
        return ruling;
    if (way != HELPER_AS_CHILD && why->kind == ERROR_UNREACHABLE) {
        error_context(why, "no answer from latchkey-login.socket: is its MaxConnections= used up?");
        return unavailable(pam, request, late ? WORDS_LATE : WORDS_NO_HELPER);
    }
    return late ? unavailable(pam, request, WORDS_LATE) : ruling;
}

/*
 * sshd was told of her before she was enrolled, under a uid that is not hers now (nss_latchkey(8)).
 * It would go on with that uid; the next connection has the right one. Asking again in this
 * one is of no use, which is what MAXTRIES says.
 */
static int enrolled_otherwise(pam_handle_t *pam, bool silent, struct error *why)
{
    if (!silent)
        pam_error(pam, "%s", words_text(WORDS_ONCE_MORE));
    error_set(why, ERROR_REFUSED, "enrolled with another uid than the caller had been told");
    return PAM_MAXTRIES;
}

/* Nothing is wrong with her, or with the helper. */
static int not_to_be_named_now(pam_handle_t *pam, bool silent, struct error *why)
{
    if (!silent)
        pam_error(pam, "%s", words_text(WORDS_NO_NAMES));
    error_set(why, ERROR_SYSTEM, "a source of names in nsswitch.conf cannot be asked");
    return PAM_AUTHINFO_UNAVAIL;
}

/*
 * The code for ADMIT, which is the helper's word only: the name must lead to one of our uids now,
 * and that to the name, so that no session runs under a number that is not stored as hers.
 */
static int confirm(pam_handle_t *pam, const struct request *request, enum gate before,
                   struct error *why)
{
    enum gate now = gate_ask(request->user, why);

    switch (now) {
    case GATE_KNOWN:
        return PAM_SUCCESS;
    case GATE_NOT_OURS:
        error_set(why, ERROR_UNTRUSTED, "the helper admitted somebody whose uid is not ours");
        return PAM_USER_UNKNOWN;
    case GATE_UNAVAILABLE:
        return not_to_be_named_now(pam, request->silent, why);
    case GATE_UNKNOWN:
    case GATE_PROMISED:
        if (request->action == ACTION_AUTHENTICATE &&
            (now == GATE_PROMISED || before == GATE_PROMISED || before == GATE_KNOWN))
            return enrolled_otherwise(pam, request->silent, why);
        error_set(why, ERROR_UNTRUSTED,
                  "the helper admitted somebody whom this machine cannot name");
        return PAM_SYSTEM_ERR;
    default:
        return PAM_SYSTEM_ERR;
    }
}

/* One line as the helper's: whatever the reason quotes, it stays one field. */
static void report(pam_handle_t *pam, const struct request *request, enum verdict verdict, int code,
                   const struct options *options, const struct error *why)
{
    static const char *const actions[ACTIONS] = {"none", "authenticate", "account", "password",
                                                 "reset"};
    struct error reason = *why;
    bool known;

    if (code == PAM_SUCCESS && !options->debug)
        return;
    known = gate_ask(request->user, &(struct error){0}) == GATE_KNOWN;
    for (char *at = reason.text; (at = strchr(at, '"')) != NULL;)
        *at = '\'';
    text_printable(reason.text);
    pam_syslog(pam, code == PAM_SUCCESS ? LOG_DEBUG : LOG_NOTICE,
               "result=%s action=%s person=%s reason=\"%s\"",
               verdict == VERDICT_ADMIT && code != PAM_SUCCESS ? meanings[VERDICT_FAILED].name
                                                               : meanings[verdict].name,
               actions[request->action], known ? request->user : "unknown",
               *reason.text ? reason.text : "none");
}

int attempt_run(pam_handle_t *pam, enum action action, const char *user, enum gate before,
                bool silent, const struct options *options)
{
    struct request request = {.action = action, .silent = silent};
    struct error why = {0};
    struct ruling ruling = {.verdict = VERDICT_FAILED};
    int code;

    if (fill(pam, user, &request, &why))
        ruling = ask(pam, &request, options, &why);
    code = ruling.verdict < VERDICTS ? meanings[ruling.verdict].code : PAM_SYSTEM_ERR;
    if (code == PAM_SUCCESS)
        code = confirm(pam, &request, before, &why);
    if (code == PAM_SUCCESS && (action == ACTION_AUTHENTICATE || action == ACTION_ACCOUNT))
        mode_set(pam, &ruling);
    report(pam, &request, ruling.verdict, code, options, &why);
    return code;
}
