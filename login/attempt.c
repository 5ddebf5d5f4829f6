#include "login/attempt.h"

#include "base/log.h"
#include "base/own.h"
#include "config/paths.h"
#include "login/compare.h"
#include "login/online.h"

#include <fcntl.h>

#define TRIES_WAIT_MS 10000 /* for attempts in flight to be given back */

/* --- Who is meant. --- */

/* Where small files that several helpers share live; the disk may be read-only. */
static bool open_shared(struct attempt *a, struct error *why)
{
    static const char *const folders[] = {PRIVATE_DIR, RUNTIME_STATE_DIR};

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        OWNED(close_fd) int folder = open(folders[i], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

        if (folder < 0)
            continue;
        if ((a->tries || attempts_open(folder, &a->tries, why)) &&
            (a->slots ||
             kdf_slots_open(folder,
                            a->config->kdf_slots ? a->config->kdf_slots : kdf_slots_of_this_host(),
                            &a->slots, why)))
            return true;
    }
    return error_context(why, "%s and %s", PRIVATE_DIR, RUNTIME_STATE_DIR);
}

static bool is_ours(const struct config *config, const char *name)
{
    const char *at = strchr(name, '@');

    return name_is_person(name) && at && strings_have(&config->domains, at + 1);
}

bool attempt_begin(struct attempt *a, struct error *why)
{
    a->now = time(NULL);
    a->ours = is_ours(a->config, a->request->user);
    if (!store_highest_time(a->store, &a->highest_time, why))
        return false;
    switch (store_person_by_name(a->store, a->request->user, &a->person, why)) {
    case LOOKUP_FOUND:
        /* Another issuer's people are strangers, whatever they are called. */
        a->known = a->ours && strcmp(a->person.account.issuer, a->config->issuer) == 0;
        break;
    case LOOKUP_ABSENT:
        break;
    case LOOKUP_UNAVAILABLE:
        return false;
    }
    return open_shared(a, why);
}

void attempt_release(struct attempt *a)
{
    platform_close(a->platform);
    outcome_release(&a->outcome);
    attempts_close(a->tries);
    kdf_slots_close(a->slots);
    free_secret(&a->secret);
}

/* --- What is known of the circumstances. --- */

static bool is_remote(const struct attempt *a)
{
    return *a->request->remote_host;
}

static struct remembered remembered_of(const struct attempt *a)
{
    const struct config *config = a->config;

    return (struct remembered){
        .person = a->known ? &a->person : NULL,
        .now = a->now,
        .highest_time = a->highest_time,
        .recheck_minutes = config->recheck_minutes,
        .password_recheck_hours = config->password_recheck_hours,
        .offline_days = is_remote(a) ? config->offline_days_remote : config->offline_days,
        .may_ask_token = online_may_ask_token(a),
    };
}

/* A short keyed hash by which the same wrong password is known again. */
static uint32_t tag_of(struct attempt *a)
{
    uint8_t keyed[KEYED_SIZE] = {0};
    uint32_t tag;

    secret_keyed(store_host_key(a->store), "wrong password", a->secret, strlen(a->secret), keyed,
                 &a->why);
    memcpy(&tag, keyed, sizeof tag);
    return tag;
}

/* A secret that is wrong here may be asked about elsewhere, but not often. */
static bool reserve_check(struct attempt *a)
{
    return attempts_reserve_check(a->tries, a->person.uid,
                                  is_remote(a) ? ATTEMPT_REMOTE : ATTEMPT_LOCAL, tag_of(a));
}

/* --- The story. --- */

static enum verdict say(struct attempt *a, enum words words, enum verdict verdict)
{
    if (words != WORDS_NONE)
        talk_fail(a->talk, words_text(words), &(struct error){0});
    return verdict;
}

/* The first question, asked while the secret is still being compared. */
static void ask_first(struct attempt *a, struct compare *compare)
{
    const struct remembered remembered = remembered_of(a);
    bool has_verifier = a->known && *a->person.verifier;

    a->result = RESULT_SKIPPED;
    switch (policy_proof(&remembered)) {
    case PROOF_NONE:
        return;
    case PROOF_TOKEN:
        online_ask_token(a);
        return;
    case PROOF_PASSWORD:
        break;
    }
    if (!has_verifier) {
        online_ask_password(a);
    } else if (reserve_check(a)) {
        online_ask_password(a);
        if (compare_end(compare) == LOCAL_RIGHT)
            attempts_return_check(a->tries, a->person.uid,
                                  is_remote(a) ? ATTEMPT_REMOTE : ATTEMPT_LOCAL);
    } else if (compare_end(compare) == LOCAL_RIGHT) {
        online_ask_password(a);
    }
}

static bool may_ask_password(struct attempt *a)
{
    if (a->asked_password || !policy_wants_password(a->result, a->local))
        return false;
    return a->local != LOCAL_WRONG || reserve_check(a);
}

static void remember_refusal(struct attempt *a, const struct decision *decision)
{
    const struct refusal_record record = {
        .refused = decision->remember,
        .erase_verifier = decision->erase_verifier,
        .erase_token = decision->erase_token,
        .now = a->now,
    };

    if (!a->known)
        return;
    if (decision->remember != REFUSED_NOT) {
        if (store_refuse(a->store, a->person.uid, &record, &a->why))
            a->person.refused = decision->remember;
    } else if (decision->erase_token) {
        store_forget_token(a->store, a->person.uid, &a->why);
    }
    if (decision->erase_token)
        a->person.has_token = false;
}

/* Asks as often as policy wants: at most once about the password and once about the token. */
static struct decision decide(struct attempt *a)
{
    for (;;) {
        const struct remembered remembered = remembered_of(a);
        const struct facts facts = {
            .result = a->result,
            .local = a->local,
            .offline = policy_offline(&remembered),
            .may_ask_password = may_ask_password(a),
            .may_ask_token = online_may_ask_token(a),
        };
        struct decision decision = policy_decide(&facts);
        enum verdict ignored;

        remember_refusal(a, &decision);
        /* The successor of a redeemed token is kept whatever follows. */
        if (a->result == RESULT_ACCEPTED_TOKEN && decision.step != STEP_ADMIT)
            online_record(a, NULL, &ignored);
        if (decision.step == STEP_ASK_PASSWORD)
            online_ask_password(a);
        else if (decision.step == STEP_ASK_TOKEN)
            online_ask_token(a);
        else
            return decision;
    }
}

/* A verifier for the secret the platform vouched for; NULL keeps the old one. */
static const char *verifier_for(struct attempt *a, const struct decision *decision,
                                char made[VERIFIER_MOST + 1])
{
    const struct deadline deadline = deadline_in_ms(COMPARE_MS);
    bool weak =
        a->known && a->local == LOCAL_RIGHT && verifier_is_weak(a->person.verifier, VERIFIER_COST);

    if (!decision->new_verifier && !weak)
        return NULL;
    return verifier_make(store_host_key(a->store), a->slots, a->secret, VERIFIER_COST, &deadline,
                         made, &a->why)
               ? made
               : NULL;
}

static enum verdict admit_online(struct attempt *a, const struct decision *decision)
{
    char made[VERIFIER_MOST + 1] = "";
    enum verdict verdict = VERDICT_FAILED;
    enum words words = online_record(a, verifier_for(a, decision, made), &verdict);

    explicit_bzero(made, sizeof made);
    return say(a, words, verdict);
}

static bool is_allowed_as_remembered(struct attempt *a)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(GROUPS_MOST);

    store_groups_of(a->store, a->person.uid, &groups, &a->why);
    return policy_allows(&a->config->allow, a->request->user, &groups);
}

static void tell_until(struct attempt *a)
{
    const struct remembered remembered = remembered_of(a);
    time_t until = policy_offline_until(&remembered);
    struct tm parts;
    char date[32] = "", text[512];

    if (localtime_r(&until, &parts))
        strftime(date, sizeof date, "%Y-%m-%d %H:%M", &parts);
    words_offline_until(date, text, sizeof text);
    talk_tell(a->talk, text, &(struct error){0});
}

static enum verdict admit_as_remembered(struct attempt *a, const struct decision *decision)
{
    if (!a->known || !is_allowed_as_remembered(a))
        return say(a, WORDS_NOT_ALLOWED, VERDICT_FORBIDDEN);
    store_saw_time(a->store, a->now, &(struct error){0});
    if (decision->step == STEP_ADMIT_OFFLINE)
        tell_until(a);
    return VERDICT_ADMIT;
}

static enum verdict conclude(struct attempt *a)
{
    struct decision decision = decide(a);
    bool online = a->result == RESULT_ACCEPTED_PASSWORD || a->result == RESULT_ACCEPTED_TOKEN;
    enum verdict verdict;

    if (decision.step == STEP_DENY) {
        if (a->result == RESULT_SECRET && a->local == LOCAL_WRONG)
            attempts_remember_wrong(a->tries, a->person.uid, tag_of(a));
        return say(a, decision.words, decision.verdict);
    }
    verdict = decision.step == STEP_ADMIT && online ? admit_online(a, &decision)
                                                    : admit_as_remembered(a, &decision);
    /* The secret was right, whatever else is in the way. */
    attempts_give_back(a->tries);
    return verdict;
}

static enum verdict check_secret(struct attempt *a)
{
    struct compare compare = {
        .key = store_host_key(a->store),
        .slots = a->slots,
        .secret = a->secret,
        .verifier = a->known ? a->person.verifier : "",
    };

    compare_begin(&compare);
    if (a->ours && (a->known || a->may_enrol))
        ask_first(a, &compare);
    a->local = compare_end(&compare);
    if (compare.failed) {
        a->why = compare.why;
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    }
    if (!a->ours || (!a->known && !a->may_enrol))
        return say(a, WORDS_BAD, VERDICT_DENY);
    return conclude(a);
}

enum verdict attempt_sign_in(struct attempt *a)
{
    const struct deadline deadline = deadline_in_ms(TRIES_WAIT_MS);
    uint32_t whose = a->known ? a->person.uid : ATTEMPTS_OF_STRANGERS;

    if (talk_secret(a->talk, words_text(WORDS_ASK_PASSWORD), &a->secret, &a->why) != HEARD_REPLY)
        return VERDICT_FAILED;
    if (!*a->secret)
        return say(a, WORDS_BAD, VERDICT_DENY);
    if (!attempts_take(a->tries, whose, is_remote(a) ? ATTEMPT_REMOTE : ATTEMPT_LOCAL, &deadline,
                       &a->why))
        return a->why.kind == ERROR_REFUSED ? say(a, WORDS_TRIES, VERDICT_MAXTRIES)
                                            : say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    return check_secret(a);
}

/* --- The account phase. --- */

static enum verdict account_denied(struct attempt *a, const struct decision *decision)
{
    remember_refusal(a, decision);
    return say(a, decision->words, decision->verdict);
}

enum verdict attempt_account(struct attempt *a)
{
    const struct remembered remembered = remembered_of(a);
    struct decision decision;
    enum verdict verdict = VERDICT_FAILED;
    enum words words;

    if (!a->known)
        return VERDICT_EXPIRED;
    if (policy_is_background(a->request)) {
        decision = policy_background(&a->person);
        return decision.step == STEP_DENY ? account_denied(a, &decision)
                                          : admit_as_remembered(a, &decision);
    }
    if (!policy_account_is_due(&remembered))
        a->result = RESULT_SKIPPED;
    else if (!a->person.has_token)
        a->result = RESULT_TOKEN;
    else if (!online_may_ask_token(a))
        a->result = RESULT_UNREACHABLE; /* a successor could not be kept: as if cut off */
    else
        online_ask_token(a);
    decision = policy_account(a->result, policy_offline(&remembered), a->person.refused);
    if (decision.step == STEP_DENY)
        return account_denied(a, &decision);
    if (a->result != RESULT_ACCEPTED_TOKEN)
        return admit_as_remembered(a, &decision);
    words = online_record(a, NULL, &verdict);
    return say(a, words, verdict);
}
