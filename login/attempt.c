/* SPDX-License-Identifier: MIT */
#include "login/attempt.h"

#include "base/own.h"
#include "base/text.h"
#include "config/paths.h"
#include "login/background.h"
#include "login/even.h"
#include "login/known.h"
#include "login/online.h"
#include "login/passphrase.h"
#include "login/place.h"
#include "login/policy_offline.h"
#include "login/prove.h"
#include "login/record.h"

#include <fcntl.h>

#define TRIES_WAIT_MS 15000 /* for attempts in flight to be given back */

/* Where small files that several helpers share live; the disk may be read-only. */
static bool open_shared(struct attempt *a, struct error *why)
{
    const unsigned slots = a->config->kdf_slots ? a->config->kdf_slots : kdf_slots_of_this_host();
    const int folders[] = {open(PRIVATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                           open(RUNTIME_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC)};

    a->shared = folders[0];
    a->runtime = folders[1];
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++)
        if (folders[i] >= 0 && (a->tries || attempts_open(folders[i], &a->tries, why)) &&
            (a->slots || kdf_slots_open(folders[i], slots, &a->slots, why)))
            return true;
    return error_context(why, "%s and %s", PRIVATE_DIR, RUNTIME_STATE_DIR);
}

/* Whom the typed name stands for. Nobody's stays as it is: he is a stranger, whatever he is called. */
static bool is_ours(struct attempt *a)
{
    if (!naming_full(store_naming(a->store), a->request->user, a->name)) {
        text_copy(a->name, sizeof a->name, a->request->user);
        return false;
    }
    return strings_have(&a->config->domains, strchr(a->name, '@') + 1);
}

bool attempt_begin(struct attempt *a, struct error *why)
{
    a->ours = is_ours(a);
    a->result = RESULT_SKIPPED;
    a->begun_ms = clock_ms();
    a->has_codes = place_has_codes(a->config, a->request);
    if (!open_shared(a, why))
        return false;
    a->link.memory = (struct breakers){.store = a->store, .runtime = a->runtime};
    a->link.shared = a->shared;
    a->link.talk = a->talk;
    return link_open(&a->link, a->config, why);
}

void attempt_release(struct attempt *a)
{
    link_release(&a->link);
    outcome_release(&a->outcome);
    attempts_close(a->tries);
    kdf_slots_close(a->slots);
    free_secret(&a->secret);
    free_secret(&a->token);
    free(a->claims);
    close_fd(&a->shared);
    close_fd(&a->runtime);
    close_fd(&a->password_turn);
    close_fd(&a->token_turn);
}

enum attempt_kind attempt_kind_of(const struct attempt *a)
{
    return *a->request->remote_host ? ATTEMPT_REMOTE : ATTEMPT_LOCAL;
}

static bool is_proven(const struct attempt *a)
{
    return a->local == LOCAL_RIGHT || a->result == RESULT_ACCEPTED_PASSWORD;
}

static enum verdict say(struct attempt *a, enum words words, enum verdict verdict)
{
    if (verdict != VERDICT_ADMIT && a->typed_ms && !is_proven(a))
        even_wait(a->talk, a->typed_ms);
    if (words != WORDS_NONE)
        talk_fail(a->talk, words_text(words), &(struct error){0});
    return verdict;
}

/* --- The story. --- */

/*
 * A verifier for the secret that the platform vouched for; NULL keeps the old one, which is
 * then for the same secret; "" when none could be made: the old one must not live on.
 */
static const char *verifier_for(struct attempt *a, const struct decision *decision,
                                char made[VERIFIER_MOST + 1])
{
    bool needed = decision->new_verifier || !*a->person.verifier;

    if (!needed && !verifier_is_weak(a->person.verifier, VERIFIER_COST))
        return NULL;
    compare_tell(a->talk, a->slots, &a->kdf);
    if (verifier_make(store_host_key(a->store), a->slots, a->secret, VERIFIER_COST, &a->kdf, made,
                      &a->why))
        return made;
    return needed ? "" : NULL;
}

static enum verdict conclude_recording(struct attempt *a)
{
    enum verdict verdict = VERDICT_FAILED;
    enum words words;

    talk_wait(a->talk, ATTEMPT_PUBLISH_MS);
    words = record_conclude(a, &verdict);
    return say(a, words, verdict);
}

static enum verdict admit_by_password(struct attempt *a, const struct decision *decision)
{
    char made[VERIFIER_MOST + 1] = "";
    const char *verifier = verifier_for(a, decision, made);

    talk_wait(a->talk, ATTEMPT_STORE_MS);
    record_commit(a, verifier);
    explicit_bzero(made, sizeof made);
    online_end_turns(a);
    return conclude_recording(a);
}

/*
 * The verifier that is remembered stays unless it was found wrong. Whoever has shown no secret that
 * is right here, or one that a refusal has ended since, chooses one for the next time, but no guest
 * does: record.c.
 */
static enum verdict admit_by_code(struct attempt *a)
{
    talk_wait(a->talk, ATTEMPT_STORE_MS);
    record_commit(a, a->local == LOCAL_WRONG ? "" : NULL);
    if (a->recording.allowed && a->recording.done &&
        (a->local != LOCAL_RIGHT || !*a->person.verifier) && !a->outcome.identity.guest)
        passphrase_choose(a, *a->secret ? a->secret : NULL);
    return conclude_recording(a);
}

static enum verdict admit_as_remembered(struct attempt *a, const struct decision *decision)
{
    enum lookup stands, allowed;

    talk_wait(a->talk, ATTEMPT_PUBLISH_MS);
    stands = known_stands(a);
    allowed = known_is_allowed(a);
    if (stands == LOOKUP_UNAVAILABLE || allowed == LOOKUP_UNAVAILABLE || !known_publish(a))
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    if (stands != LOOKUP_FOUND)
        return say(a, WORDS_REVOKED, VERDICT_DENY);
    a->not_allowed = allowed != LOOKUP_FOUND;
    if (a->not_allowed)
        return say(a, WORDS_NOT_ALLOWED, VERDICT_FORBIDDEN);
    a->offline = decision->step == STEP_ADMIT_OFFLINE;
    /* Until when that works, her session says; what is wrong here cannot wait for it. */
    if (a->offline && online_cause(a) != WORDS_NONE)
        talk_tell(a->talk, words_text(online_cause(a)), &(struct error){0});
    return VERDICT_ADMIT;
}

static enum verdict admit(struct attempt *a, const struct decision *decision)
{
    if (decision->step == STEP_ADMIT && a->result == RESULT_ACCEPTED_PASSWORD)
        return admit_by_password(a, decision);
    if (decision->step == STEP_ADMIT && a->result == RESULT_ACCEPTED_CODE)
        return admit_by_code(a);
    online_end_turns(a);
    if (decision->step == STEP_ADMIT && a->result == RESULT_ACCEPTED_TOKEN)
        return conclude_recording(a);
    return admit_as_remembered(a, decision);
}

static enum verdict conclude(struct attempt *a, struct decision decision)
{
    enum verdict verdict;

    /* Whoever knows the secret is a witness of the time, whatever comes of it. */
    if (a->local == LOCAL_RIGHT && a->result != RESULT_ACCEPTED_PASSWORD)
        store_saw_time(a->store, a->now, &(struct error){0});
    if (decision.step == STEP_DENY) {
        online_end_turns(a);
        return say(a, decision.words, decision.verdict);
    }
    verdict = admit(a, &decision);
    /* The secret was right, whatever else is in the way. */
    attempts_give_back(a->tries);
    return verdict;
}

/* The secret could not be compared; what the platform said counts all the same. */
static enum verdict give_up(struct attempt *a, const struct compare *compare)
{
    const struct facts facts = {.result = a->result, .local = LOCAL_UNKNOWN};
    const struct decision decision = policy_decide(&facts);

    talk_wait(a->talk, ATTEMPT_STORE_MS);
    known_refuse(a, &decision);
    online_end_turns(a);
    a->why = compare->why;
    return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
}

static bool is_possible(const struct attempt *a)
{
    return a->ours && (a->known || a->may_enrol);
}

static enum verdict compare_and_prove(struct attempt *a, struct compare *compare)
{
    bool possible = is_possible(a);

    a->kdf = deadline_in_ms(COMPARE_SLOTS_MS);
    if (a->known)
        text_copy(compare->verifier, sizeof compare->verifier, a->person.verifier);
    compare_begin(compare);
    if (possible)
        prove_first(a, compare);
    a->local = compare_end(compare);
    /* Somebody else has brought a new secret since: this one is not it. */
    if (a->local == LOCAL_RIGHT && strcmp(compare->verifier, a->person.verifier) != 0)
        a->local = LOCAL_WRONG;
    if (compare->failed)
        return give_up(a, compare);
    return possible ? conclude(a, prove_decide(a, compare)) : say(a, WORDS_BAD, VERDICT_DENY);
}

static enum verdict check_secret(struct attempt *a)
{
    struct compare compare = {
        .key = store_host_key(a->store),
        .slots = a->slots,
        .secret = a->secret,
        .deadline = &a->kdf,
        .talk = a->talk,
    };
    enum verdict verdict = compare_and_prove(a, &compare);

    explicit_bzero(compare.verifier, sizeof compare.verifier);
    return verdict;
}

bool attempt_count(struct attempt *a, enum verdict *verdict)
{
    struct deadline deadline;

    talk_wait(a->talk, TRIES_WAIT_MS + ATTEMPT_DISK_MS);
    deadline = deadline_in_ms(TRIES_WAIT_MS);
    if (attempts_take(a->tries, a->known ? a->person.uid : ATTEMPTS_OF_STRANGERS,
                      attempt_kind_of(a), &deadline, &a->why))
        return true;
    *verdict = a->why.kind == ERROR_REFUSED ? say(a, WORDS_TRIES, VERDICT_MAXTRIES)
                                            : say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    return false;
}

/* Without a secret: with what the person does elsewhere. */
static enum verdict sign_in_by_code(struct attempt *a)
{
    if (!is_possible(a))
        return say(a, WORDS_BAD, VERDICT_DENY);
    return conclude(a, prove_by_code(a));
}

enum verdict attempt_sign_in(struct attempt *a)
{
    enum words prompt = a->has_codes ? WORDS_ASK_PASSWORD_OR_CODE : WORDS_ASK_PASSWORD;
    enum heard heard = talk_secret(a->talk, words_text(prompt), &a->secret, &a->why);
    enum verdict verdict;

    if (heard != HEARD_REPLY)
        return heard == HEARD_NOTHING ? VERDICT_DENY : VERDICT_FAILED;
    if (!*a->secret && !a->has_codes)
        return say(a, WORDS_BAD, VERDICT_DENY);
    a->typed_ms = clock_ms();
    talk_wait(a->talk, ATTEMPT_STORE_MS);
    if (!known_read(a, &a->why))
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    if (!attempt_count(a, &verdict))
        return verdict;
    return *a->secret ? check_secret(a) : sign_in_by_code(a);
}

/* --- The account phase. --- */

/* Whether the account is still in good standing, asked if that was long ago. */
static void ask_account(struct attempt *a)
{
    const struct remembered remembered = known_facts(a);

    if (policy_account_is_due(&remembered))
        prove_account(a);
    else
        a->result = RESULT_SKIPPED;
}

static struct decision decide_account(struct attempt *a)
{
    struct remembered remembered;
    struct facts facts = {.advice = WORDS_NONE};

    if (background_is(&a->config->background_services, a->request))
        return background_decide(&a->person);
    ask_account(a);
    remembered = known_facts(a);
    facts.result = a->result;
    facts.offline = policy_offline_without_secret(&remembered);
    facts.refused_before = policy_was_refused_before(&remembered);
    facts.advice = a->advice;
    return policy_account(&facts, a->person.refused);
}

enum verdict attempt_account(struct attempt *a)
{
    struct decision decision;

    talk_wait(a->talk, ATTEMPT_STORE_MS);
    if (!known_read(a, &a->why))
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    if (!a->known)
        return VERDICT_EXPIRED;
    decision = decide_account(a);
    talk_wait_longer(a->talk, ATTEMPT_STORE_MS);
    known_refuse(a, &decision);
    online_end_turns(a);
    if (decision.step == STEP_DENY)
        return say(a, decision.words, decision.verdict);
    if (a->result == RESULT_ACCEPTED_TOKEN)
        return conclude_recording(a);
    return admit_as_remembered(a, &decision);
}
