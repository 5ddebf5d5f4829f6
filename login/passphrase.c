/* SPDX-License-Identifier: MIT */
#include "login/passphrase.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/store_passphrase.h"
#include "login/compare.h"
#include "login/quality.h"

#define TRIES           3
#define PASSPHRASE_MOST 255   /* bytes: what every program that asks for one can take */
#define RULES_MS        15000 /* sources of names may be slow; see login/quality.h */

enum tried { TRIED_NO_MORE, TRIED_IN_VAIN, TRIED_WELL };

static enum tried object(struct attempt *a, enum words words, enum tried tried)
{
    talk_fail(a->talk, words_text(words), &(struct error){0});
    return tried;
}

static bool is_typable(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            return false;
    return strlen(text) <= PASSPHRASE_MOST;
}

static enum tried judge(struct attempt *a, const char *typed, const char *not_this)
{
    char hint[QUALITY_HINT_MOST + 1] = "";

    if (!is_typable(typed))
        return object(a, WORDS_UNFIT, TRIED_IN_VAIN);
    if (not_this && secret_equal(typed, not_this))
        return object(a, WORDS_TYPED_BEFORE, TRIED_IN_VAIN);
    talk_wait(a->talk, RULES_MS);
    switch (quality_check(NULL, typed, not_this, a->request->user, hint, &a->why)) {
    case QUALITY_GOOD:
        return TRIED_WELL;
    case QUALITY_POOR:
        talk_fail(a->talk, hint, &(struct error){0});
        return TRIED_IN_VAIN;
    case QUALITY_UNKNOWN:
        break;
    }
    return object(a, WORDS_NO_RULES, TRIED_NO_MORE);
}

/* `chosen` is owned by the caller, to be wiped; untouched unless TRIED_WELL. */
static enum tried try_once(struct attempt *a, const char *not_this, char **chosen)
{
    OWNED(free_secret) char *typed = NULL;
    OWNED(free_secret) char *again = NULL;
    enum tried tried;

    if (talk_secret(a->talk, words_text(WORDS_ASK_NEW), &typed, &a->why) != HEARD_REPLY || !*typed)
        return TRIED_NO_MORE;
    tried = judge(a, typed, not_this);
    if (tried != TRIED_WELL)
        return tried;
    if (talk_secret(a->talk, words_text(WORDS_ASK_AGAIN), &again, &a->why) != HEARD_REPLY)
        return TRIED_NO_MORE;
    if (!secret_equal(typed, again))
        return object(a, WORDS_UNLIKE, TRIED_IN_VAIN);
    *chosen = OWN_TAKE(typed);
    return TRIED_WELL;
}

static bool ask(struct attempt *a, const char *not_this, char **chosen)
{
    enum tried tried = TRIED_IN_VAIN;

    for (int tries = 0; tries < TRIES && tried == TRIED_IN_VAIN; tries++)
        tried = try_once(a, not_this, chosen);
    return tried == TRIED_WELL;
}

/* Whoever has replaced her secret, or refused her, while she was typing comes first. */
static bool keep(struct attempt *a, const char *passphrase)
{
    char made[VERIFIER_MOST + 1] = "";
    bool kept;

    a->kdf = deadline_in_ms(COMPARE_SLOTS_MS);
    compare_tell(a->talk, a->slots, &a->kdf);
    kept = verifier_make(store_host_key(a->store), a->slots, passphrase, VERIFIER_COST, &a->kdf,
                         made, &a->why);
    if (kept) {
        talk_wait(a->talk, ATTEMPT_STORE_MS);
        kept = store_keep_passphrase(a->store, &a->row, made, &a->why);
    }
    if (kept) {
        text_copy(a->row.verifier, sizeof a->row.verifier, made);
        a->row.passphrase = true;
        a->person = a->row;
    }
    explicit_bzero(made, sizeof made);
    return kept;
}

enum chosen passphrase_choose(struct attempt *a, const char *not_this)
{
    OWNED(free_secret) char *passphrase = NULL;
    enum words words = WORDS_NOT_KEPT;

    if (store_has_room(a->store)) {
        talk_tell(a->talk, words_text(WORDS_CHOOSE), &(struct error){0});
        if (!ask(a, not_this, &passphrase))
            words = WORDS_NOT_CHOSEN;
        else if (keep(a, passphrase))
            words = WORDS_CHOSEN;
    }
    talk_tell(a->talk, words_text(words), &(struct error){0});
    return words == WORDS_CHOSEN ? CHOSEN : CHOSEN_NOT;
}
