/* SPDX-License-Identifier: MIT */
#include "platform/claim.h"
#include "platform/identity.h"
#include "platform/json.h"

#include <string.h>

bool claim_is(const json_t *claims, const char *name, const char *wanted, struct error *why)
{
    const char *text;

    if (!json_text(claims, name, IDENTITY_TEXT_MOST, &text, why))
        return false;
    return strcmp(text, wanted) == 0 ||
           error_set(why, ERROR_UNTRUSTED, "%s is not the one expected", name);
}

bool claim_is_if_any(const json_t *claims, const char *name, const char *wanted, struct error *why)
{
    return !json_object_get(claims, name) || claim_is(claims, name, wanted, why);
}

bool claim_untrusted(struct error *why, const char *text)
{
    return error_set(why, ERROR_UNTRUSTED, "%s", text);
}
