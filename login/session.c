/* SPDX-License-Identifier: MIT */
#include "login/session.h"

#include "base/log.h"
#include "base/own.h"
#include "config/paths.h"
#include "login/attempt.h"
#include "login/background.h"
#include "login/change.h"
#include "login/known.h"
#include "login/policy_offline.h"
#include "login/report.h"

OWN_DEFINE(config_owned, struct config, config_release);
OWN_DEFINE(store_owned, struct store, store_close);

static enum verdict run(struct attempt *a)
{
    switch (a->request->action) {
    case ACTION_AUTHENTICATE:
        return attempt_sign_in(a);
    case ACTION_ACCOUNT:
        return attempt_account(a);
    case ACTION_PASSWORD:
    case ACTION_RESET:
        return attempt_change(a);
    case ACTION_NONE:
    case ACTIONS:
        break;
    }
    return VERDICT_FAILED;
}

/* Background services are never told: nobody is there. What they are let in by may be old. */
static struct ruling ruling_of(const struct attempt *a, enum verdict verdict)
{
    const struct remembered remembered = known_facts(a);
    bool in_background = a->request->action == ACTION_ACCOUNT &&
                         background_is(&a->config->background_services, a->request);
    struct ruling ruling = {.verdict = verdict};

    if (verdict != VERDICT_ADMIT ||
        (a->request->action != ACTION_AUTHENTICATE && a->request->action != ACTION_ACCOUNT))
        return ruling;
    ruling.mode = MODE_ONLINE;
    if (a->offline || (in_background && policy_account_is_due(&remembered)))
        ruling.mode = MODE_OFFLINE;
    if (a->offline)
        ruling.offline_until = policy_offline_until(&remembered);
    return ruling;
}

/* This host is at fault: nobody of ours can sign in, and the log says why. */
static struct ruling broken(struct talk *talk, const struct error *why)
{
    log_line(LOG_LEVEL_ERROR, "nobody can sign in: %s", why->text);
    talk_fail(talk, words_text(WORDS_BROKEN), &(struct error){0});
    return (struct ruling){.verdict = VERDICT_UNAVAILABLE};
}

struct ruling session_run(const struct request *request, const struct caller *caller,
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
        .password_turn = -1,
        .token_turn = -1,
    };
    struct error why = {0};
    enum verdict verdict;

    talk_wait(talk, ATTEMPT_STORE_MS);
    if (!config_read(CONFIG_FILE, CONFIG_DROPS, &config, &why) ||
        !store_open(PRIVATE_DIR, &store, &why))
        return broken(talk, &why);
    attempt.config = config;
    attempt.store = store;
    if (!attempt_begin(&attempt, &why))
        return broken(talk, &why);
    verdict = run(&attempt);
    report_sign_in(&attempt, verdict);
    return ruling_of(&attempt, verdict);
}
