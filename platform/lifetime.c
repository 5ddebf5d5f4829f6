/* SPDX-License-Identifier: MIT */
#include "platform/lifetime.h"

#include "base/text.h"

#define UNTOLD_SECONDS 600  /* without `expires_in` */
#define LONG_SECONDS   7200 /* such a life is renewed in its middle */

/* Fractions are cut off. False: not a number of seconds; `seconds` is untouched. */
static bool read_seconds(const json_t *member, int64_t *seconds)
{
    double number = json_number_value(member);
    unsigned long long written = 0;

    if (json_is_number(member) && number >= 0 && number <= (double)LIFETIME_MOST) {
        *seconds = (int64_t)number;
        return true;
    }
    if (!json_is_string(member) ||
        !text_number(json_string_value(member), 0, LIFETIME_MOST, &written))
        return false;
    *seconds = (int64_t)written;
    return true;
}

struct lifetime lifetime_read(const json_t *response)
{
    const json_t *expires = json_object_get(response, "expires_in");
    int64_t lives = 0, renew = 0, usable;

    if (!expires || json_is_null(expires))
        lives = UNTOLD_SECONDS;
    else if (!read_seconds(expires, &lives))
        lives = 0;
    usable = lives > LIFETIME_EARLY_SECONDS ? lives - LIFETIME_EARLY_SECONDS : 0;
    if (!read_seconds(json_object_get(response, "refresh_in"), &renew) || renew == 0)
        renew = lives >= LONG_SECONDS ? lives / 2 : usable;
    return (struct lifetime){usable, renew < usable ? renew : usable};
}
