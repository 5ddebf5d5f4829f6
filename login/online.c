#include "login/online.h"

#include "base/own.h"
#include "base/text.h"
#include "config/paths.h"
#include "login/gecos.h"

/* --- The platform's documents live in the store. --- */

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 time_t *fetched_at)
{
    return store_document(context, url, body, fetched_at, &(struct error){0});
}

static void keep_document(void *context, const char *url, const char *body, size_t length,
                          time_t now)
{
    store_keep_document(context, url, body, length, now, &(struct error){0});
}

/* Starting the network costs milliseconds: not before it is needed. */
static bool open_platform(struct attempt *a)
{
    const struct config *config = a->config;
    const struct platform_settings settings = {
        .issuer = config->issuer,
        .client_id = config->client_id,
        .scope = config->scope,
        .name_claim = config->name_claim,
        .groups_claim = config->groups_claim,
        .algorithms = config->algorithms,
        .ca_file = config->ca_file,
        .connect_seconds = config->connect_seconds,
    };
    const struct documents documents = {a->store, load_document, keep_document};

    if (a->platform)
        return true;
    a->budget = deadline_in_ms(config->login_seconds * 1000LL);
    return platform_open(&settings, &documents, &a->platform, &a->why);
}

static enum result result_of(const struct outcome *outcome, bool of_password)
{
    static const enum result refusals[REFUSALS] = {
        [REFUSAL_SECRET] = RESULT_SECRET,       [REFUSAL_TOKEN] = RESULT_TOKEN,
        [REFUSAL_REVOKED] = RESULT_REVOKED,     [REFUSAL_MORE] = RESULT_MORE_TOKEN,
        [REFUSAL_ACCOUNT] = RESULT_ACCOUNT,     [REFUSAL_DISABLED] = RESULT_DISABLED,
        [REFUSAL_POLICY] = RESULT_POLICY,       [REFUSAL_EXPIRED] = RESULT_EXPIRED,
        [REFUSAL_UNTRUSTED] = RESULT_UNTRUSTED, [REFUSAL_SETUP] = RESULT_SETUP,
        [REFUSAL_LOCKED] = RESULT_LOCKED,       [REFUSAL_DENIED] = RESULT_DENIED,
    };

    switch (outcome->answer) {
    case ANSWER_ACCEPTED:
        return of_password ? RESULT_ACCEPTED_PASSWORD : RESULT_ACCEPTED_TOKEN;
    case ANSWER_UNREACHABLE:
        return of_password && outcome->answered ? RESULT_UNSERVED : RESULT_UNREACHABLE;
    case ANSWER_REFUSED:
        break;
    }
    if (outcome->refusal == REFUSAL_MORE && of_password)
        return RESULT_MORE_PASSWORD;
    return outcome->refusal < REFUSALS ? refusals[outcome->refusal] : RESULT_UNTRUSTED;
}

static enum result take_answer(struct attempt *a, bool of_password)
{
    if (a->outcome.answer != ANSWER_ACCEPTED)
        a->why = a->outcome.why;
    a->result = result_of(&a->outcome, of_password);
    return a->result;
}

/* A person known here must come back as the same account. */
static const char *known_object_id(const struct attempt *a)
{
    return a->known ? a->person.account.object_id : NULL;
}

bool online_may_ask_token(const struct attempt *a)
{
    return a->known && a->person.has_token && !a->asked_token && store_is_writable(a->store);
}

enum result online_ask_password(struct attempt *a)
{
    a->asked_password = true;
    if (!open_platform(a))
        return a->result = RESULT_UNREACHABLE;
    outcome_release(&a->outcome);
    platform_password_grant(a->platform, a->request->user, a->secret, known_object_id(a),
                            &a->budget, &a->outcome);
    return take_answer(a, true);
}

enum result online_ask_token(struct attempt *a)
{
    OWNED(free_secret) char *token = NULL;

    a->asked_token = true;
    if (store_token(a->store, &a->person, &token, &a->why) != LOOKUP_FOUND)
        return a->result = RESULT_TOKEN; /* none that opens: as good as dead */
    if (!open_platform(a))
        return a->result = RESULT_UNREACHABLE;
    outcome_release(&a->outcome);
    platform_refresh_grant(a->platform, a->request->user, token, known_object_id(a), &a->budget,
                           &a->outcome);
    return take_answer(a, false);
}

/* --- Recording. --- */

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

/* True when nothing public changed or the change is published. */
static bool accept_and_publish(struct attempt *a, const struct acceptance *acceptance)
{
    bool public_changed = false;

    a->why = (struct error){0};
    return store_accept(a->store, acceptance, &a->person, &public_changed, NULL, &a->why) &&
           (!public_changed || store_publish(a->store, PUBLIC_DIR, &a->why));
}

static bool is_allowed(struct attempt *a)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(GROUPS_MOST);
    const struct identity *identity = &a->outcome.identity;

    if (identity->has_groups)
        return policy_allows(&a->config->allow, a->request->user, &identity->groups);
    if (a->known)
        store_groups_of(a->store, a->person.uid, &groups, &a->why);
    return policy_allows(&a->config->allow, a->request->user, &groups);
}

enum words online_record(struct attempt *a, const char *verifier, enum verdict *verdict)
{
    const struct identity *identity = &a->outcome.identity;
    bool allowed = is_allowed(a), recorded = false;
    char gecos[GECOS_MOST + 1], home[PATH_TEXT_MOST + 1];
    struct account account;
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
        .now = a->now,
    };

    gecos_clean(identity->full_name, gecos, sizeof gecos);
    if ((allowed || a->known) && (a->known || a->may_enrol) && fill_account(identity, &account) &&
        fill_template(a->config->home, a->request->user, home, sizeof home))
        recorded = accept_and_publish(a, &acceptance);
    a->known = a->known || recorded;
    if (!allowed) {
        *verdict = VERDICT_FORBIDDEN;
        return WORDS_NOT_ALLOWED;
    }
    /* Somebody known can be named whatever the disk says; a new person must be recorded first. */
    if (recorded || (a->known && a->why.kind == ERROR_SYSTEM)) {
        *verdict = VERDICT_ADMIT;
        return WORDS_NONE;
    }
    *verdict = a->why.kind == ERROR_REFUSED ? VERDICT_FORBIDDEN : VERDICT_FAILED;
    return a->why.kind == ERROR_REFUSED ? WORDS_ELSEWHERE : WORDS_BROKEN;
}
