/* SPDX-License-Identifier: MIT */
#include "platform/classify.h"

#include <string.h>

/* What the words say that every provider uses: platform.md 3.2. */
struct word {
    const char *word;
    enum code_class class;
};

static const struct word outages[] = {
    {"temporarily_unavailable", CODE_OUTAGE},
    {"server_error", CODE_OUTAGE},
    {"request_timeout", CODE_OUTAGE},
    {"service_unavailable", CODE_OUTAGE},
    {NULL, CODE_UNKNOWN},
};

static const struct word suberrors[] = {
    {"basic_action", CODE_MORE},
    {"additional_action", CODE_MORE},
    {"device_authentication_failed", CODE_MORE},
    {"consent_required", CODE_SETUP},
    {"user_password_expired", CODE_EXPIRED},
    {"message_only", CODE_POLICY},
    {"bad_token", CODE_TOKEN},
    {"token_expired", CODE_TOKEN},
    {"client_mismatch", CODE_BROKEN},
    {"protection_policy_required", CODE_BROKEN},
    {NULL, CODE_UNKNOWN},
};

static const struct word errors[] = {
    {"interaction_required", CODE_MORE},  {"login_required", CODE_MORE},
    {"consent_required", CODE_SETUP},     {"invalid_client", CODE_BROKEN},
    {"unauthorized_client", CODE_BROKEN}, {"unsupported_grant_type", CODE_BROKEN},
    {"invalid_request", CODE_BROKEN},     {"invalid_scope", CODE_BROKEN},
    {"invalid_resource", CODE_BROKEN},    {"invalid_tenant", CODE_BROKEN},
    {"invalid_instance", CODE_BROKEN},    {NULL, CODE_UNKNOWN},
};

#define REFUSED(refusal)                     \
    {                                        \
        ANSWER_REFUSED, REFUSAL_##refusal, 0 \
    }
#define UNREACHABLE                           \
    {                                         \
        ANSWER_UNREACHABLE, REFUSAL_DENIED, 0 \
    }

/* clang-format off */
static const struct judgement judgements[CODE_CLASSES][GRANTS] = {
    /*                 password grant      refresh grant */
    [CODE_UNKNOWN]  = {REFUSED(DENIED),   REFUSED(DENIED)},
    [CODE_SECRET]   = {REFUSED(SECRET),   REFUSED(TOKEN)},
    [CODE_DENIED]   = {REFUSED(DENIED),   REFUSED(DENIED)},
    [CODE_LOCKED]   = {REFUSED(LOCKED),   REFUSED(LOCKED)},
    [CODE_MORE]     = {REFUSED(MORE),     REFUSED(MORE)},
    [CODE_ACCOUNT]  = {REFUSED(ACCOUNT),  REFUSED(ACCOUNT)},
    [CODE_DISABLED] = {REFUSED(DISABLED), REFUSED(DISABLED)},
    [CODE_POLICY]   = {REFUSED(POLICY),   REFUSED(POLICY)},
    [CODE_EXPIRED]  = {REFUSED(EXPIRED),  REFUSED(EXPIRED)},
    [CODE_TOKEN]    = {REFUSED(DENIED),   REFUSED(TOKEN)},
    [CODE_DEVICE]   = {REFUSED(POLICY),   REFUSED(TOKEN)},
    [CODE_REVOKED]  = {REFUSED(REVOKED),  REFUSED(REVOKED)},
    [CODE_SETUP]    = {REFUSED(SETUP),    REFUSED(SETUP)},
    [CODE_BROKEN]   = {UNREACHABLE,       UNREACHABLE},
    [CODE_OUTAGE]   = {UNREACHABLE,       UNREACHABLE},
};
/* clang-format on */

static enum code_class word_class(const struct word *words, const char *text)
{
    while (words->word && strcmp(words->word, text) != 0)
        words++;
    return words->class;
}

static bool is_refusal(enum code_class class)
{
    return class != CODE_UNKNOWN && class != CODE_BROKEN && class != CODE_OUTAGE;
}

/*
 * The first number that is known counts; but one that only tells of trouble
 * (70002 came first beside 50126 for years) never overrides one that refuses.
 */
static unsigned number_that_counts(const struct oauth_error *error)
{
    unsigned first = 0;

    for (size_t i = 0; i < error->count; i++) {
        enum code_class class = code_class(error->numbers[i]);

        if (is_refusal(class))
            return error->numbers[i];
        if (class != CODE_UNKNOWN && first == 0)
            first = error->numbers[i];
    }
    return first;
}

/* Numbers came, and this table knows none of them: they may say anything but "wrong password". */
static bool only_strange_numbers(const struct oauth_error *error)
{
    for (size_t i = 0; i < error->count; i++)
        if (*code_says(error->numbers[i]))
            return false;
    return error->count > 0;
}

/* A claims challenge is only ever sent with these. */
static bool asks_for_interaction(const struct oauth_error *error)
{
    return error->claims && (strcmp(error->error, "invalid_grant") == 0 ||
                             word_class(errors, error->error) == CODE_MORE);
}

static enum code_class class_by_words(const struct oauth_error *error)
{
    enum code_class class = word_class(suberrors, error->suberror);

    if (class != CODE_UNKNOWN)
        return class;
    if (asks_for_interaction(error))
        return CODE_MORE;
    if (strcmp(error->error, "invalid_grant") == 0)
        /* For a refresh token the table makes both "this token". */
        return only_strange_numbers(error) ? CODE_TOKEN : CODE_SECRET;
    return word_class(errors, error->error);
}

struct judgement classify(enum grant grant, unsigned status, const struct oauth_error *error)
{
    struct judgement judgement = UNREACHABLE;
    unsigned number = number_that_counts(error);

    if ((status == 400 || status == 401 || status == 403) && *error->error &&
        word_class(outages, error->error) != CODE_OUTAGE)
        judgement = judgements[number ? code_class(number) : class_by_words(error)][grant];
    judgement.number = number;
    return judgement;
}
