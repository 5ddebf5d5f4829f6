/* SPDX-License-Identifier: MIT */
#include "login/session.h"

#include "base/log.h"
#include "base/own.h"
#include "config/paths.h"
#include "login/attempt.h"

#define WORD_SIZE 64 /* of a service or host in the log */

OWN_DEFINE(config_owned, struct config, config_release);
OWN_DEFINE(store_owned, struct store, store_close);

static const char *const actions[ACTIONS] = {
    [ACTION_NONE] = "none",
    [ACTION_AUTHENTICATE] = "authenticate",
    [ACTION_ACCOUNT] = "account",
    [ACTION_PASSWORD] = "password",
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
    [RESULT_UNREACHABLE] = "unreachable",
    [RESULT_UNSERVED] = "password-unserved",
    [RESULT_SECRET] = "refused-password",
    [RESULT_TOKEN] = "refused-token",
    [RESULT_REVOKED] = "revoked",
    [RESULT_MORE_PASSWORD] = "more-required",
    [RESULT_MORE_TOKEN] = "more-required",
    [RESULT_ACCOUNT] = "no-such-account",
    [RESULT_DISABLED] = "disabled",
    [RESULT_POLICY] = "refused-by-policy",
    [RESULT_EXPIRED] = "password-expired",
    [RESULT_DENIED] = "denied",
    [RESULT_LOCKED] = "locked",
    [RESULT_SETUP] = "refused-setup",
};

static const char *const locals[LOCALS] = {
    [LOCAL_UNKNOWN] = "none",
    [LOCAL_WRONG] = "wrong",
    [LOCAL_RIGHT] = "right",
};

#define NAME_IN(names, index) name_in((names), sizeof(names) / sizeof(names)[0], (index))

static const char *name_in(const char *const names[], size_t count, size_t index)
{
    return index < count && names[index] ? names[index] : "unknown";
}

/* What callers chose freely must not look like another field of the line. */
static const char *word(const char *text, char out[WORD_SIZE])
{
    size_t length = strnlen(text, WORD_SIZE - 1);

    for (size_t i = 0; i < length; i++)
        out[i] =
            text[i] > ' ' && text[i] < 0x7f && text[i] != '=' && text[i] != '"' ? text[i] : '?';
    out[length] = '\0';
    return length ? out : "none";
}

/* The one line of a decision. People type passwords where names go: only names of ours are shown. */
static void report(const struct attempt *a, enum verdict verdict)
{
    const struct request *request = a->request;
    char service[WORD_SIZE], from[WORD_SIZE];

    log_line(verdict == VERDICT_ADMIT ? LOG_LEVEL_NOTICE : LOG_LEVEL_WARNING,
             "verdict=%s action=%s person=%s service=%s from=%s platform=%s secret=%s%s%s%s",
             NAME_IN(verdicts, verdict), NAME_IN(actions, request->action),
             a->known ? request->user : "unknown", word(request->service, service),
             word(request->remote_host, from), NAME_IN(results, a->result),
             NAME_IN(locals, a->local), a->why.kind ? " reason=\"" : "", a->why.text,
             a->why.kind ? "\"" : "");
}

static enum verdict run(struct attempt *a)
{
    switch (a->request->action) {
    case ACTION_AUTHENTICATE:
        return attempt_sign_in(a);
    case ACTION_ACCOUNT:
        return attempt_account(a);
    case ACTION_NONE:
    case ACTION_PASSWORD:
    case ACTIONS:
        break;
    }
    return VERDICT_FAILED;
}

/* This host is at fault: nobody of ours can sign in, and the log says why. */
static enum verdict broken(struct talk *talk, const struct error *why)
{
    log_line(LOG_LEVEL_ERROR, "nobody can sign in: %s", why->text);
    talk_fail(talk, words_text(WORDS_BROKEN), &(struct error){0});
    return VERDICT_UNAVAILABLE;
}

enum verdict session_run(const struct request *request, const struct caller *caller,
                         struct talk *talk)
{
    OWNED(config_owned) struct config *config = NULL;
    OWNED(store_owned) struct store *store = NULL;
    OWNED(attempt_release)
    struct attempt attempt = {
        .request = request,
        .talk = talk,
        .may_enrol = caller->uid == 0,
        .shared = -1,
        .runtime = -1,
    };
    struct error why = {0};
    enum verdict verdict;

    if (!config_read(CONFIG_FILE, CONFIG_DROPS, &config, &why) ||
        !store_open(PRIVATE_DIR, &store, &why))
        return broken(talk, &why);
    attempt.config = config;
    attempt.store = store;
    if (!attempt_begin(&attempt, &why))
        return broken(talk, &why);
    verdict = run(&attempt);
    report(&attempt, verdict);
    return verdict;
}
