/* SPDX-License-Identifier: MIT */
#include "platform/device_answer.h"

#include "base/own.h"
#include "base/text.h"
#include "platform/discovery.h"
#include "platform/http.h"
#include "platform/json.h"

/* What a terminal shows as it stands, and a person can type. */
static bool is_typable(const char *text)
{
    size_t length = strlen(text);

    for (size_t i = 0; i < length; i++)
        if (text[i] < ' ' || text[i] > '~')
            return false;
    return length > 0 && text[0] != ' ' && text[length - 1] != ' ';
}

static bool take_user_code(const json_t *object, struct device_code *draft, struct error *why)
{
    const char *code = NULL;

    if (!json_text(object, "user_code", DEVICE_USER_CODE_MOST, &code, why))
        return false;
    return (is_typable(code) && text_copy(draft->user_code, sizeof draft->user_code, code)) ||
           error_set(why, ERROR_MALFORMED, "user_code is not plain text");
}

/* The first version called it `verification_url`. */
static bool take_uri(const json_t *object, struct device_code *draft, struct error *why)
{
    const char *uri = NULL;

    if (!json_text_if_any(object, "verification_url", DEVICE_URI_MOST, &uri, why) ||
        !json_text_if_any(object, "verification_uri", DEVICE_URI_MOST, &uri, why))
        return false;
    return (uri && discovery_url_is_fit(uri) && text_copy(draft->uri, sizeof draft->uri, uri)) ||
           error_set(why, ERROR_MALFORMED, "verification_uri is not a plain https URL");
}

/* It only saves typing: one that is not fit is left out. */
static void take_complete(const json_t *object, struct device_code *draft)
{
    const char *uri = "";

    if (json_text(object, "verification_uri_complete", DEVICE_URI_COMPLETE_MOST, &uri,
                  &(struct error){0}) &&
        discovery_url_is_fit(uri))
        (void)text_copy(draft->uri_complete, sizeof draft->uri_complete, uri);
}

/* 0: it is not there, or nothing that could be waited for. */
static int64_t seconds_of(const json_t *object, const char *name, int64_t most)
{
    const json_t *member = json_object_get(object, name);
    unsigned long long written = 0;
    double number = json_number_value(member);

    if (json_is_string(member) && text_number(json_string_value(member), 1, INT64_MAX, &written))
        number = (double)written;
    if (!(number >= 1))
        return 0;
    return number < (double)most ? (int64_t)number : most;
}

static bool take_times(const json_t *object, int64_t asked_ms, struct device_code *draft,
                       struct error *why)
{
    int64_t lives = seconds_of(object, "expires_in", DEVICE_SECONDS_MOST);
    int64_t interval = seconds_of(object, "interval", DEVICE_INTERVAL_MOST);

    if (lives == 0)
        return error_set(why, ERROR_MALFORMED, "expires_in is not a number of seconds");
    draft->expires_at_ms = asked_ms + lives * 1000;
    draft->interval_seconds = interval ? (unsigned)interval : DEVICE_INTERVAL_SECONDS;
    return true;
}

bool device_answer_read(const char *body, size_t length, int64_t asked_ms,
                        struct device_code *device, struct error *why)
{
    json_auto_t *object = NULL;
    struct device_code draft = {0};
    const char *code = NULL;

    if (!json_read(body, length, HTTP_BODY_MOST, &object, why) ||
        !json_text(object, "device_code", DEVICE_CODE_MOST, &code, why) ||
        !take_user_code(object, &draft, why) || !take_uri(object, &draft, why) ||
        !take_times(object, asked_ms, &draft, why))
        return error_context(why, "device authorization response");
    take_complete(object, &draft);
    draft.code = strdup(code);
    if (!draft.code)
        return error_set(why, ERROR_SYSTEM, "device authorization response: out of memory");
    *device = draft;
    return true;
}
