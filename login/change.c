/* SPDX-License-Identifier: MIT */
#include "login/change.h"

#include "base/own.h"
#include "base/text.h"
#include "login/compare.h"
#include "login/known.h"
#include "login/passphrase.h"

static enum verdict say(struct attempt *a, enum words words, enum verdict verdict)
{
    talk_fail(a->talk, words_text(words), &(struct error){0});
    return verdict;
}

static enum verdict tell_where(struct attempt *a)
{
    char text[512];

    words_change_there(a->config->password_change_url, text, sizeof text);
    talk_fail(a->talk, text, &(struct error){0});
    return VERDICT_FORBIDDEN;
}

/* Who came by a code alone, and has not chosen one yet, has no password that is known here either. */
static bool may_have_passphrase(const struct person *row)
{
    return row->passphrase || (!*row->verifier && !row->last_password);
}

static enum local compare_current(struct attempt *a)
{
    struct compare compare = {
        .key = store_host_key(a->store),
        .slots = a->slots,
        .secret = a->secret,
        .deadline = &a->kdf,
        .talk = a->talk,
    };

    a->kdf = deadline_in_ms(COMPARE_SLOTS_MS);
    text_copy(compare.verifier, sizeof compare.verifier, a->person.verifier);
    compare_begin(&compare);
    a->local = compare_end(&compare);
    if (compare.failed)
        a->why = compare.why;
    explicit_bzero(compare.verifier, sizeof compare.verifier);
    return a->local;
}

/* ADMIT: whoever is there knows the current one. */
static enum verdict prove_current(struct attempt *a)
{
    enum heard heard;
    enum verdict verdict;

    if (!*a->row.verifier)
        return say(a, WORDS_NO_PASSPHRASE, VERDICT_FORBIDDEN);
    heard = talk_secret(a->talk, words_text(WORDS_ASK_CURRENT), &a->secret, &a->why);
    if (heard != HEARD_REPLY)
        return heard == HEARD_NOTHING ? VERDICT_DENY : VERDICT_FAILED;
    if (!*a->secret)
        return say(a, WORDS_BAD, VERDICT_DENY);
    talk_wait(a->talk, ATTEMPT_STORE_MS);
    if (!known_read(a, &a->why))
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    if (!a->known || !a->row.passphrase)
        return say(a, WORDS_BAD, VERDICT_DENY);
    if (!attempt_count(a, &verdict))
        return verdict;
    if (compare_current(a) != LOCAL_RIGHT)
        return say(a, WORDS_BAD, VERDICT_DENY);
    attempts_give_back(a->tries);
    return VERDICT_ADMIT;
}

enum verdict attempt_change(struct attempt *a)
{
    talk_wait(a->talk, ATTEMPT_STORE_MS);
    if (!known_read(a, &a->why))
        return say(a, WORDS_BROKEN, VERDICT_UNAVAILABLE);
    if (!a->known || !a->person.last_online)
        return say(a, WORDS_NOT_SEEN, VERDICT_FORBIDDEN);
    if (!may_have_passphrase(&a->row))
        return tell_where(a);
    if (a->request->action != ACTION_RESET) {
        enum verdict verdict = prove_current(a);

        if (verdict != VERDICT_ADMIT)
            return verdict;
    }
    if (a->person.refused != REFUSED_NOT)
        return say(a, WORDS_REVOKED, VERDICT_FORBIDDEN);
    return passphrase_choose(a, a->secret) == CHOSEN ? VERDICT_ADMIT : VERDICT_DENY;
}
