/* SPDX-License-Identifier: MIT */
#include "platform/token.h"
#include "base/own.h"
#include "base/text.h"
#include "platform/claim.h"
#include "platform/json.h"
#include "platform/tenant.h"

#define ISSUED_SECONDS_MOST 3600 /* age of a token that comes in answer to a request */

typedef bool check(const json_t *claims, const struct expected *expected, struct identity *draft,
                   struct error *why);

static bool within(const char *text, char least, char most)
{
    for (; *text; text++)
        if (*text < least || *text > most)
            return false;
    return true;
}

static bool check_issuer(const json_t *claims, const struct expected *expected,
                         struct identity *draft, struct error *why)
{
    return claim_is(claims, "iss", expected->issuer, why) &&
           (text_copy(draft->issuer, sizeof draft->issuer, expected->issuer) ||
            claim_untrusted(why, "iss is too long"));
}

static bool audience_holds(const json_t *list, const char *client_id, struct error *why)
{
    const json_t *member;
    bool found = false;
    size_t i;

    json_array_foreach(list, i, member)
    {
        if (!json_is_string(member))
            return claim_untrusted(why, "aud holds something that is no text");
        found = found || strcmp(json_string_value(member), client_id) == 0;
    }
    return found || claim_untrusted(why, "aud does not hold our client id");
}

/* OIDC Core 3.1.3.7, points 3 to 5. */
static bool check_audience(const json_t *claims, const struct expected *expected,
                           struct identity *draft, struct error *why)
{
    const json_t *audience = json_object_get(claims, "aud");

    (void)draft;
    if (!json_is_array(audience))
        return claim_is(claims, "aud", expected->client_id, why) &&
               claim_is_if_any(claims, "azp", expected->client_id, why);
    if (!audience_holds(audience, expected->client_id, why))
        return false;
    if (json_array_size(audience) > 1)
        return claim_is(claims, "azp", expected->client_id, why);
    return claim_is_if_any(claims, "azp", expected->client_id, why);
}

static bool check_times(const json_t *claims, const struct expected *expected,
                        struct identity *draft, struct error *why)
{
    int64_t now = expected->now, skew = expected->skew_seconds;
    int64_t expires, issued, begins = 0;

    (void)draft;
    if (!json_number(claims, "exp", 1, JSON_INTEGER_MOST, &expires, why) ||
        !json_number(claims, "iat", 1, JSON_INTEGER_MOST, &issued, why) ||
        !json_number_if_any(claims, "nbf", 0, JSON_INTEGER_MOST, &begins, why))
        return false;
    if (expires <= now - skew)
        return claim_untrusted(why, "the token has expired");
    if (issued > now + skew || begins > now + skew)
        return claim_untrusted(why, "the token is from the future: check the clock of this host");
    /* Every grant makes a new token, which Entra dates 5 minutes back: an old one was kept by somebody. */
    if (issued < now - skew - ISSUED_SECONDS_MOST)
        return claim_untrusted(why, "the token was issued too long ago for an answer");
    return issued < expires || claim_untrusted(why, "the token ends before it was issued");
}

static bool check_nonce(const json_t *claims, const struct expected *expected,
                        struct identity *draft, struct error *why)
{
    (void)draft;
    if (expected->nonce)
        return claim_is(claims, "nonce", expected->nonce, why);
    return !json_object_get(claims, "nonce") ||
           claim_untrusted(why, "a nonce that we did not send");
}

static bool check_person(const json_t *claims, const struct expected *expected,
                         struct identity *draft, struct error *why)
{
    const char *person;

    (void)expected;
    if (!json_text(claims, "sub", IDENTITY_TEXT_MOST, &person, why) ||
        !json_text_if_any(claims, "oid", IDENTITY_TEXT_MOST, &person, why))
        return false;
    if (!within(person, ' ', '~'))
        return claim_untrusted(why, "the object id is not printable ASCII");
    return text_copy(draft->object_id, sizeof draft->object_id, person) ||
           claim_untrusted(why, "the object id is too long");
}

/* Folding stays within ASCII, so letters that fold to ASCII elsewhere cannot pass for it. */
static bool check_name(const json_t *claims, const struct expected *expected,
                       struct identity *draft, struct error *why)
{
    const char *name;

    if (!json_text(claims, expected->name_claim, IDENTITY_TEXT_MOST, &name, why))
        return false;
    if (!within(name, '!', '~') || !text_equal_folded(name, expected->name))
        return claim_untrusted(why, "the token is of somebody else than was asked for");
    if (!text_copy(draft->name, sizeof draft->name, name))
        return claim_untrusted(why, "the name is too long");
    text_fold(draft->name);
    return true;
}

static bool read_full_name(const json_t *claims, const struct expected *expected,
                           struct identity *draft, struct error *why)
{
    const char *name = json_string_value(json_object_get(claims, "name"));

    (void)expected;
    (void)why;
    if (name && !text_copy(draft->full_name, sizeof draft->full_name, name))
        draft->full_name[0] = '\0';
    return true;
}

/* Whether the claim is a list of groups that we can take, and all of them. */
static bool groups_usable(const json_t *claims, const char *claim)
{
    const json_t *list = json_object_get(claims, claim), *group;
    const json_t *elsewhere = json_object_get(claims, "_claim_names");
    size_t i;

    if (!json_is_array(list) || json_array_size(list) > IDENTITY_GROUPS_MOST ||
        json_object_get(elsewhere, claim) || json_is_true(json_object_get(claims, "hasgroups")))
        return false;
    json_array_foreach(list, i, group)
    {
        size_t length = json_string_length(group);

        if (length == 0 || length > IDENTITY_TEXT_MOST)
            return false;
    }
    return true;
}

/* A claim that cannot be taken counts as missing: groups are then learned elsewhere, or kept. */
static bool read_groups(const json_t *claims, const struct expected *expected,
                        struct identity *draft, struct error *why)
{
    const char *claim = expected->groups_claim;
    const json_t *group;
    size_t i;

    if (!claim || !*claim || !groups_usable(claims, claim))
        return true;
    draft->has_groups = true;
    json_array_foreach(json_object_get(claims, claim), i, group)
    {
        const char *text = json_string_value(group);

        if (!strings_have(&draft->groups, text) && !strings_add(&draft->groups, text))
            return error_set(why, ERROR_SYSTEM, "out of memory");
    }
    return true;
}

static bool claims_pass(const char *payload, size_t length, const struct expected *expected,
                        struct identity *identity, struct error *why)
{
    static check *const checks[] = {check_issuer,      check_audience, check_times,  tenant_check,
                                    tenant_check_home, check_nonce,    check_person, check_name,
                                    read_full_name,    read_groups};
    OWNED(identity_release)
    struct identity draft = {.groups = STRINGS_WITH_LIMIT(IDENTITY_GROUPS_MOST)};
    json_auto_t *claims = NULL;
    bool good = json_read(payload, length, TOKEN_TEXT_MOST, &claims, why);

    for (size_t i = 0; good && i < sizeof checks / sizeof checks[0]; i++)
        good = checks[i](claims, expected, &draft, why);
    if (!good)
        return error_context(why, "ID token");
    *identity = draft;
    draft = (struct identity){0};
    return true;
}

/* RFC 8725 3.11: a token of another sort must not pass for an ID token. */
static bool is_id_token(const json_t *header, struct error *why)
{
    const char *type = "JWT";

    if (!json_text_if_any(header, "typ", IDENTITY_TEXT_MOST, &type, why))
        return false;
    return text_equal_folded(type, "JWT") || claim_untrusted(why, "its typ is not JWT");
}

/* Nothing is wrong with the token; but is it of somebody whom it may be of? */
static enum signature person_fits(const struct identity *identity, const struct expected *expected,
                                  struct error *why)
{
    if (expected->object_id && strcmp(identity->object_id, expected->object_id) != 0) {
        claim_untrusted(why, "ID token: of another person by this name");
        return SIGNATURE_OTHER;
    }
    if (identity->guest && !expected->guests) {
        claim_untrusted(why, "ID token: a guest of this tenant");
        return SIGNATURE_GUEST;
    }
    return SIGNATURE_GOOD;
}

enum signature token_verify(const char *compact, size_t length, const struct keys *keys,
                            unsigned algorithms, const struct expected *expected,
                            struct identity *identity, struct error *why)
{
    OWNED(signed_message_release) struct signed_message message = {0};
    OWNED(identity_release) struct identity draft = {0};
    enum signature result = signature_check(compact, length, keys, algorithms, &message, why);

    if (result != SIGNATURE_GOOD)
        return result;
    if (!is_id_token(message.header, why) ||
        !claims_pass(message.payload.bytes, message.payload.length, expected, &draft, why) ||
        !tenant_key_fits(message.key, expected, &draft, why)) {
        if (why->kind == ERROR_MALFORMED)
            why->kind = ERROR_UNTRUSTED;
        return SIGNATURE_BAD;
    }
    result = person_fits(&draft, expected, why);
    if (result == SIGNATURE_GOOD) {
        *identity = draft;
        draft = (struct identity){0};
    }
    return result;
}

enum signature token_signature(const char *compact, size_t length, const struct keys *keys,
                               unsigned algorithms, struct buffer *payload, struct error *why)
{
    OWNED(signed_message_release) struct signed_message message = {0};
    enum signature result = signature_check(compact, length, keys, algorithms, &message, why);

    if (result != SIGNATURE_GOOD)
        return result;
    *payload = message.payload;
    message.payload = (struct buffer){0};
    return SIGNATURE_GOOD;
}
