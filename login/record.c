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
        return policy_allows(&a->config->allow, a->request->user, &identity->groups);
    return a->known ? known_is_allowed(a)
                    : policy_allows(&a->config->allow, a->request->user, &none);
}

static bool record(struct attempt *a, const char *verifier)
{
    const struct identity *identity = &a->outcome.identity;
    char gecos[GECOS_MOST + 1], home[PATH_TEXT_MOST + 1];
    const struct person seen = a->person;
    struct account account;
    bool public_changed = false;
    const struct acceptance acceptance = {
        .account = &account,
        .name = a->request->user,
        .gecos = gecos,
        .home = home,
        .shell = a->config->shell,
        .verifier = verifier,
        .refresh_token = a->outcome.refresh_token,
        .password_proven = a->result == RESULT_ACCEPTED_PASSWORD,
        .group_ids = identity->has_groups ? &identity->groups : NULL,
        .seen = a->known ? &seen : NULL,
        .now = time(NULL),
    };

    gecos_clean(identity->full_name, gecos, sizeof gecos);
    if (!fill_account(identity, &account) ||
        !fill_template(a->config->home, a->request->user, home, sizeof home))
        return error_set(&a->why, ERROR_MALFORMED, "account or home folder too long");
    if (!store_accept(a->store, &acceptance, &a->person, &public_changed, NULL, &a->why))
        return false;
    a->known = true;
    /* Who cannot be published after all is asked about below; groups may wait for the next time. */
    if (public_changed)
        store_publish(a->store, PUBLIC_DIR, &a->why);
    refusal_note_drop(a->runtime, a->person.uid);
    return true;
}

/* Why somebody whom the platform accepts is not let in. */
static enum words explain(enum error_kind kind, enum verdict *verdict)
{
    switch (kind) {
    case ERROR_REFUSED: /* the name is somebody else's */
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

enum words record_acceptance(struct attempt *a, const char *verifier, enum verdict *verdict)
{
    bool allowed = is_allowed(a), was_known = a->known, recorded = false;

    a->why = (struct error){0};
    if (a->known || (allowed && a->may_enrol))
        recorded = record(a, verifier);
    if (!allowed) {
        *verdict = VERDICT_FORBIDDEN;
        return WORDS_NOT_ALLOWED;
    }
    /* A disk in trouble does not stop somebody known, as long as lookups find her. */
    if ((!recorded && !(was_known && a->why.kind == ERROR_SYSTEM)) || !known_publish(a))
        return explain(recorded ? ERROR_SYSTEM : a->why.kind, verdict);
    *verdict = VERDICT_ADMIT;
    return WORDS_NONE;
}
