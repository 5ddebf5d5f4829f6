/* SPDX-License-Identifier: MIT */
#include "platform/grant.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/http.h"
#include "platform/json.h"
#include "platform/token.h"

#include <ctype.h>

#define OAUTH_TEXT_MOST 4096 /* bytes of any text of an error body that we look at */

void form_release(struct form *form)
{
    if (form->bytes)
        explicit_bzero(form->bytes, form->length);
    free(form->bytes);
    *form = (struct form){0};
}

static bool put(struct form *form, const char *bytes, size_t length)
{
    if (length > FORM_MOST - form->length)
        return false;
    memcpy(form->bytes + form->length, bytes, length);
    form->length += length;
    return true;
}

static bool put_encoded(struct form *form, const char *text)
{
    static const char plain[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    static const char digits[] = "0123456789ABCDEF";

    for (; *text; text++) {
        unsigned char byte = (unsigned char)*text;
        char escaped[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        bool fits = strchr(plain, byte) ? put(form, text, 1) : put(form, escaped, 3);

        if (!fits)
            return false;
    }
    return true;
}

bool form_add(struct form *form, const char *name, const char *value, struct error *why)
{
    size_t before = form->length;

    if (!form->bytes)
        form->bytes = malloc(FORM_MOST);
    if (!form->bytes)
        return error_set(why, ERROR_SYSTEM, "request form: out of memory");
    if ((before == 0 || put(form, "&", 1)) && put_encoded(form, name) && put(form, "=", 1) &&
        put_encoded(form, value))
        return true;
    explicit_bzero(form->bytes + before, form->length - before);
    form->length = before;
    return error_set(why, ERROR_SYSTEM, "request form: too long");
}

void tokens_release(struct tokens *tokens)
{
    free_secret(&tokens->id_token);
    free_secret(&tokens->refresh_token);
    free_secret(&tokens->access_token);
    *tokens = (struct tokens){0};
}

static bool copy_texts(struct tokens *draft, const char *id, const char *refresh,
                       const char *access)
{
    draft->id_token = strdup(id);
    draft->refresh_token = refresh ? strdup(refresh) : NULL;
    draft->access_token = access ? strdup(access) : NULL;
    return draft->id_token && !draft->refresh_token == !refresh && !draft->access_token == !access;
}

bool tokens_read(const char *body, size_t length, struct tokens *tokens, struct error *why)
{
    OWNED(tokens_release) struct tokens draft = {0};
    json_auto_t *object = NULL;
    const char *access = NULL;
    const char *id = NULL;
    const char *refresh = NULL;

    if (!json_read(body, length, HTTP_BODY_MOST, &object, why) ||
        !json_text(object, "access_token", HTTP_BODY_MOST, &access, why) ||
        !json_text(object, "id_token", TOKEN_TEXT_MOST, &id, why) ||
        !json_text_if_any(object, "refresh_token", GRANT_REFRESH_TOKEN_MOST, &refresh, why))
        return error_context(why, "token response");
    if (strlen(access) > GRANT_ACCESS_TOKEN_MOST)
        access = NULL;
    draft.access = lifetime_read(object);
    if (!copy_texts(&draft, id, refresh, access))
        return error_set(why, ERROR_SYSTEM, "token response: out of memory");
    *tokens = draft;
    draft = (struct tokens){0};
    return true;
}

/* What fits, with anything unusual made harmless: these words end up in the log. */
static void take_word(const json_t *object, const char *name, char out[static OAUTH_WORD_MOST + 1])
{
    struct error ignored;
    const char *text = "";

    (void)json_text(object, name, OAUTH_TEXT_MOST, &text, &ignored);
    snprintf(out, OAUTH_WORD_MOST + 1, "%s", text);
    text_printable(out);
}

static void take_id(const json_t *object, const char *name, char out[static OAUTH_ID_MOST + 1])
{
    struct error ignored;
    const char *text = "";

    if (json_text(object, name, OAUTH_ID_MOST, &text, &ignored) &&
        text[strspn(text, "0123456789abcdefABCDEF-")] == '\0')
        snprintf(out, OAUTH_ID_MOST + 1, "%s", text);
}

/* Those of B2C are told apart by CODE_B2C: `base`. */
static void add_number(struct oauth_error *error, unsigned long long number, unsigned base)
{
    if (number > 0 && number < CODE_B2C && error->count < OAUTH_NUMBERS_MOST)
        error->numbers[error->count++] = (unsigned)number + base;
}

/* The digits that `text` starts with; 0: none, or more than any code has. */
static unsigned long long take_digits(const char **text)
{
    unsigned long long number = 0;

    for (; isdigit((unsigned char)**text); (*text)++)
        if (number < CODE_B2C)
            number = number * 10 + (unsigned)(**text - '0');
    return number < CODE_B2C ? number : 0;
}

/* "AADSTS50126: …", "AADB2C90225: …": where `error_codes` is missing or says nothing. */
static void take_described_number(const json_t *object, struct oauth_error *error)
{
    static const struct {
        const char *prefix;
        unsigned base;
    } kinds[] = {{"AADSTS", 0}, {"AADB2C", CODE_B2C}};
    const char *text = json_string_value(json_object_get(object, "error_description"));

    for (size_t i = 0; text && i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].prefix);

        if (strncmp(text, kinds[i].prefix, length) != 0)
            continue;
        text += length;
        add_number(error, take_digits(&text), kinds[i].base);
        return;
    }
}

/* "[50076,50074]" and "50126": lists that became a text on their way. */
static void take_written_numbers(const char *text, struct oauth_error *error)
{
    static const char between[] = "[], \t";
    const char *end;

    if (text[strspn(text, "[], \t0123456789")])
        return;
    for (text += strspn(text, between); *text; text = end + strspn(end, between)) {
        end = text;
        add_number(error, take_digits(&end), 0);
    }
}

static void take_number(const json_t *number, struct oauth_error *error)
{
    if (json_is_string(number))
        take_written_numbers(json_string_value(number), error);
    else if (json_integer_value(number) > 0)
        add_number(error, (unsigned long long)json_integer_value(number), 0);
}

static void take_numbers(const json_t *object, struct oauth_error *error)
{
    const json_t *numbers = json_object_get(object, "error_codes");

    take_number(numbers, error);
    for (size_t i = 0; i < json_array_size(numbers); i++)
        take_number(json_array_get(numbers, i), error);
    if (error->count == 0)
        take_described_number(object, error);
}

void oauth_error_read(const char *body, size_t length, struct oauth_error *error)
{
    json_auto_t *object = NULL;
    const json_t *claims;
    struct error ignored;

    *error = (struct oauth_error){0};
    if (!json_read(body, length, HTTP_BODY_MOST, &object, &ignored))
        return;
    take_word(object, "error", error->error);
    take_word(object, "suberror", error->suberror);
    take_id(object, "correlation_id", error->correlation_id);
    take_id(object, "trace_id", error->trace_id);
    take_numbers(object, error);
    claims = json_object_get(object, "claims");
    error->claims = json_string_length(claims) > 0 || json_object_size(claims) > 0;
}

/* It comes as a text with JSON in it (platform.md 2.11); a plain object means the same. */
void oauth_claims_read(const char *body, size_t length, char **claims)
{
    json_auto_t *object = NULL;
    json_auto_t *challenge = NULL;
    const json_t *member;
    struct error ignored;

    *claims = NULL;
    if (!json_read(body, length, HTTP_BODY_MOST, &object, &ignored))
        return;
    member = json_object_get(object, "claims");
    if (json_is_object(member))
        challenge = json_incref(json_object_get(object, "claims"));
    else if (!json_is_string(member) ||
             !json_read(json_string_value(member), json_string_length(member), OAUTH_CLAIMS_MOST,
                        &challenge, &ignored))
        return;
    *claims = json_dumps(challenge, JSON_COMPACT);
    if (*claims && strlen(*claims) > OAUTH_CLAIMS_MOST) {
        free(*claims);
        *claims = NULL;
    }
}

static void tell(struct error *why, const char *before, const char *text)
{
    size_t used = strlen(why->text);

    if (*text)
        snprintf(why->text + used, sizeof why->text - used, "%s%s", before, text);
}

void oauth_error_tell(const struct codes *codes, unsigned status, const struct oauth_error *error,
                      unsigned number, struct error *why)
{
    char name[CODE_NAME_MOST + 1];
    const struct code *code;

    if (number == 0 && error->count > 0)
        number = error->numbers[0];
    code = codes_find(codes, number);
    code_name(number, name);
    snprintf(why->text, sizeof why->text, "HTTP %u", status);
    tell(why, " ", *error->error ? error->error : "without an OAuth error");
    tell(why, "/", error->suberror);
    tell(why, " ", name);
    tell(why, ": ", code ? code->says : "");
    tell(why, ", correlation_id=", error->correlation_id);
    tell(why, ", trace_id=", error->trace_id);
}
