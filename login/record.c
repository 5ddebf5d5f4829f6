/* SPDX-License-Identifier: MIT */
#include "login/record.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/refusal_note.h"
#include "config/paths.h"
#include "login/gecos.h"
#include "login/known.h"

/* `template` with {name} replaced; false when it does not fit. */
static bool fill_template(const char *template, const char *name, char *out, size_t size)
{
    const char *at = strstr(template, "{name}");
    int length;

    if (!at)
        return text_copy(out, size, template);
    length = snprintf(out, size, "%.*s%s%s", (int)(at - template), template, name, at + 6);
    return length >= 0 && (size_t)length < size;
}

static bool fill_account(const struct identity *identity, struct account *account)
{
    return text_copy(account->issuer, sizeof account->issuer, identity->issuer) &&
           text_copy(account->tenant, sizeof account->tenant, identity->tenant) &&
           text_copy(account->object_id, sizeof account->object_id, identity->object_id);
}

static bool is_allowed(struct attempt *a)
{
    const struct identity *identity = &a->outcome.identity;
    static const struct strings none;

    if (identity->has_groups)
        return policy_allows(&a->config->allow, a->name, &identity->groups);
    return a->known ? known_is_allowed(a) == LOOKUP_FOUND
                    : policy_allows(&a->config->allow, a->name, &none);
}

/*
 * A verifier that counts for nothing any more must not come back with the acceptance. A guest has
 * none: what becomes of her at home is not told here, so nothing may stand in for the platform.
 */
static const char *verifier_to_record(const struct attempt *a, const char *verifier)
{
    if (a->outcome.identity.guest)
        return "";
    return !verifier && a->known && !*a->person.verifier ? "" : verifier;
}

/* A refusal that others could only note is as young as one in the store. */
static bool is_overtaken(struct attempt *a)
{
    return a->known && refusal_note_read(a->runtime, a->person.uid) != a->noted;
}

static bool commit(struct attempt *a, const char *verifier)
{
    const struct identity *identity = &a->outcome.identity;
    const time_t now = time(NULL);
    char gecos[GECOS_MOST + 1], home[PATH_TEXT_MOST + 1];
    struct account account;
    struct person recorded;
    const struct acceptance acceptance = {
        .account = &account,
        .name = a->name,
        .gecos = gecos,
        .home = home,
        .shell = a->config->shell,
        .verifier = verifier_to_record(a, verifier),
        .refresh_token = a->outcome.refresh_token,
        .access_token = a->outcome.access_token,
        .access_renew_at = now + a->outcome.renew_seconds,
        .access_until = now + a->outcome.access_seconds,
        .password_proven = a->result == RESULT_ACCEPTED_PASSWORD,
        .group_ids = identity->has_groups ? &identity->groups : NULL,
        .seen = a->known ? &a->row : NULL,
        .now = now,
    };

    gecos_clean(identity->full_name, gecos, sizeof gecos);
    if (!fill_account(identity, &account) ||
        !fill_template(a->config->home, a->request->user, home, sizeof home))
        return error_set(&a->why, ERROR_MALFORMED, "account or home folder too long");
    if (is_overtaken(a))
        return error_set(&a->why, ERROR_UNTRUSTED, "the platform refused this person meanwhile");
    if (!store_accept(a->store, &acceptance, &recorded, &a->recording.public_changed, NULL,
                      &a->why))
        return false;
    /* Whoever brought a new secret meanwhile has proven it: the one that was compared is an old one. */
    if (!acceptance.verifier && a->local == LOCAL_RIGHT &&
        strcmp(recorded.verifier, a->person.verifier) != 0)
        a->local = LOCAL_WRONG;
    if (a->noted != REFUSED_NOT)
        refusal_note_drop(a->runtime, recorded.uid);
    a->person = a->row = recorded;
    a->noted = REFUSED_NOT;
    a->known = true;
    return true;
}

void record_commit(struct attempt *a, const char *verifier)
{
    a->why = (struct error){0};
    a->recording = (struct recording){.allowed = is_allowed(a), .was_known = a->known};
    if (a->known || (a->recording.allowed && a->may_enrol))
        a->recording.done = commit(a, verifier);
    /* The secret that is remembered was proven wrong, and could not be replaced. */
    if (!a->recording.done && a->recording.was_known && verifier && a->local != LOCAL_RIGHT &&
        a->why.kind == ERROR_SYSTEM)
        refusal_note_keep(a->runtime, a->person.uid, REFUSED_PASSWORD, &(struct error){0});
}

/* Why somebody whom the platform accepts is not let in. */
static enum words explain(enum error_kind kind, enum verdict *verdict)
{
    switch (kind) {
    case ERROR_REFUSED: /* the name cannot be hers here */
        *verdict = VERDICT_FORBIDDEN;
        return WORDS_ELSEWHERE;
    case ERROR_UNTRUSTED: /* overtaken by a refusal */
        *verdict = VERDICT_DENY;
        return WORDS_REVOKED;
    default:
        *verdict = VERDICT_FAILED;
        return WORDS_BROKEN;
    }
}

enum words record_conclude(struct attempt *a, enum verdict *verdict)
{
    const struct recording *recording = &a->recording;
    /* A disk in trouble does not stop somebody known, as long as lookups find her. */
    bool kept = recording->done || (recording->was_known && a->why.kind == ERROR_SYSTEM);

    a->not_allowed = !recording->allowed;
    if (a->not_allowed) {
        *verdict = VERDICT_FORBIDDEN;
        return WORDS_NOT_ALLOWED;
    }
    if (!kept)
        return explain(a->why.kind, verdict);
    if (recording->public_changed)
        store_publish(a->store, PUBLIC_DIR, &a->why);
    if (!known_publish(a))
        return explain(ERROR_SYSTEM, verdict);
    *verdict = VERDICT_ADMIT;
    return WORDS_NONE;
}
