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
    {"device_authentication_failed", CODE_STEP},
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

/* How a device code ends, by the words of RFC 8628 3.5 and Microsoft's own for the same. */
static const struct ending {
    const char *word;
    enum advice advice;
} endings[] = {
    {"access_denied", ADVICE_DECLINED},     {"authorization_declined", ADVICE_DECLINED},
    {"expired_token", ADVICE_LATE},         {"code_expired", ADVICE_LATE},
    {"bad_verification_code", ADVICE_CODE}, {NULL, ADVICE_NONE},
};

/* What each class comes to. */
struct meaning {
    enum answer answer;
    enum refusal refusal;
};

#define REFUSED(refusal)                  \
    {                                     \
        ANSWER_REFUSED, REFUSAL_##refusal \
    }
#define UNREACHABLE                        \
    {                                      \
        ANSWER_UNREACHABLE, REFUSAL_DENIED \
    }

/* clang-format off */
static const struct meaning meanings[CODE_CLASSES][GRANTS] = {
    /*                   password grant        refresh grant         device code */
    [CODE_UNKNOWN]    = {REFUSED(DENIED),      REFUSED(DENIED),      REFUSED(DENIED)},
    [CODE_SECRET]     = {REFUSED(SECRET),      REFUSED(TOKEN),       REFUSED(DENIED)},
    [CODE_DENIED]     = {REFUSED(DENIED),      REFUSED(DENIED),      REFUSED(DENIED)},
    [CODE_LOCKED]     = {REFUSED(LOCKED),      REFUSED(LOCKED),      REFUSED(LOCKED)},
    [CODE_MORE]       = {REFUSED(MORE),        REFUSED(MORE),        REFUSED(MORE)},
    [CODE_STEP]       = {REFUSED(MORE),        REFUSED(TOKEN),       REFUSED(MORE)},
    [CODE_ACCOUNT]    = {REFUSED(ACCOUNT),     REFUSED(ACCOUNT),     REFUSED(ACCOUNT)},
    [CODE_UNASSIGNED] = {REFUSED(UNASSIGNED),  REFUSED(UNASSIGNED),  REFUSED(UNASSIGNED)},
    [CODE_DISABLED]   = {REFUSED(DISABLED),    REFUSED(DISABLED),    REFUSED(DISABLED)},
    [CODE_POLICY]     = {REFUSED(POLICY),      REFUSED(POLICY),      REFUSED(POLICY)},
    [CODE_RISK]       = {REFUSED(RISK),        REFUSED(RISK),        REFUSED(RISK)},
    [CODE_EXPIRED]    = {REFUSED(EXPIRED),     REFUSED(EXPIRED),     REFUSED(EXPIRED)},
    [CODE_TOKEN]      = {REFUSED(DENIED),      REFUSED(TOKEN),       REFUSED(DENIED)},
    [CODE_DOUBT]      = {REFUSED(DENIED),      REFUSED(DOUBT),       REFUSED(DENIED)},
    [CODE_DEVICE]     = {REFUSED(POLICY),      REFUSED(TOKEN),       REFUSED(POLICY)},
    [CODE_REVOKED]    = {REFUSED(REVOKED),     REFUSED(REVOKED),     REFUSED(REVOKED)},
    [CODE_FREQUENCY]  = {REFUSED(FREQUENCY),   REFUSED(FREQUENCY),   REFUSED(FREQUENCY)},
    [CODE_SETUP]      = {REFUSED(SETUP),       REFUSED(SETUP),       REFUSED(SETUP)},
    [CODE_BROKEN]     = {UNREACHABLE,          UNREACHABLE,          UNREACHABLE},
    [CODE_OUTAGE]     = {UNREACHABLE,          UNREACHABLE,          UNREACHABLE},
    [CODE_THROTTLED]  = {UNREACHABLE,          UNREACHABLE,          UNREACHABLE},
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
    return class != CODE_UNKNOWN && meanings[class][GRANT_PASSWORD].answer == ANSWER_REFUSED;
}

/*
 * The first number that is known counts; but one that only tells of trouble
 * (70002 came first beside 50126 for years) never overrides one that refuses.
 */
static const struct code *code_that_counts(const struct codes *codes,
                                           const struct oauth_error *error, unsigned *number)
{
    const struct code *first = NULL;

    for (size_t i = 0; i < error->count; i++) {
        const struct code *code = codes_find(codes, error->numbers[i]);
        bool refuses = code && is_refusal(code->class);

        if (refuses || (!first && code && code->class != CODE_UNKNOWN)) {
            first = code;
            *number = error->numbers[i];
        }
        if (refuses)
            break;
    }
    return first;
}

/* A claims challenge is only ever sent with these. */
static bool asks_for_interaction(const struct oauth_error *error)
{
    return error->claims && (strcmp(error->error, "invalid_grant") == 0 ||
                             word_class(errors, error->error) == CODE_MORE);
}

static enum code_class class_by_words(enum grant grant, const struct oauth_error *error)
{
    enum code_class class = word_class(suberrors, error->suberror);

    if (class != CODE_UNKNOWN)
        return class;
    if (asks_for_interaction(error))
        return CODE_MORE;
    if (strcmp(error->error, "invalid_grant") != 0)
        return word_class(errors, error->error);
    /* A number that says nothing to us may say anything but "wrong password". */
    return grant == GRANT_PASSWORD && error->count == 0 ? CODE_SECRET : CODE_DOUBT;
}

/* What a status, whatever comes with it, and the words for an outage leave to be decided. */
static bool may_refuse(unsigned status, const struct oauth_error *error)
{
    return (status == 400 || status == 401 || status == 403) && *error->error &&
           word_class(outages, error->error) != CODE_OUTAGE;
}

static bool is_throttled(const struct codes *codes, unsigned status,
                         const struct oauth_error *error)
{
    bool throttled = status == 429;

    for (size_t i = 0; i < error->count && *error->error; i++) {
        const struct code *code = codes_find(codes, error->numbers[i]);

        throttled = throttled || (code && code->class == CODE_THROTTLED);
    }
    return throttled;
}

/* A number that refuses comes before one that tells of trouble, but not before the word. */
static bool says_outage(const struct oauth_error *error, const struct code *code)
{
    return *error->error &&
           (word_class(outages, error->error) == CODE_OUTAGE ||
            (code && (code->class == CODE_OUTAGE || code->class == CODE_THROTTLED)));
}

/* What the person may read about it, who reads nothing of the kind about an outage. */
static enum advice advice_for(enum code_class class, const struct code *code)
{
    if (code && code->class == class && code->advice != ADVICE_NONE &&
        (is_refusal(class) || code->advice == ADVICE_CLOCK))
        return code->advice;
    if (class == CODE_BROKEN || class == CODE_SETUP)
        return ADVICE_SETUP;
    return class == CODE_TOKEN ? ADVICE_AGAIN : ADVICE_NONE;
}

static enum advice advice_at_end(const char *word)
{
    const struct ending *ending = endings;

    while (ending->word && strcmp(ending->word, word) != 0)
        ending++;
    return ending->advice;
}

struct judgement classify(const struct codes *codes, enum grant grant, unsigned status,
                          const struct oauth_error *error)
{
    struct judgement judgement = {.answer = ANSWER_UNREACHABLE, .refusal = REFUSAL_DENIED};
    const struct code *code = code_that_counts(codes, error, &judgement.number);
    enum code_class class = CODE_OUTAGE;

    if (may_refuse(status, error))
        class = code ? code->class : class_by_words(grant, error);
    judgement.answer = meanings[class][grant].answer;
    judgement.refusal = meanings[class][grant].refusal;
    judgement.advice = advice_for(class, code);
    if (grant == GRANT_DEVICE && class == CODE_UNKNOWN)
        judgement.advice = advice_at_end(error->error);
    if (judgement.answer == ANSWER_REFUSED)
        return judgement;
    judgement.says_outage = says_outage(error, code);
    judgement.outage =
        judgement.says_outage || status == 408 || status == 429 || (status >= 500 && status < 600);
    judgement.wait_seconds = is_throttled(codes, status, error) ? THROTTLED_SECONDS : 0;
    return judgement;
}
