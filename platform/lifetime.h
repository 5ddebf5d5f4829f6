/* SPDX-License-Identifier: MIT */
/*
 * How long an access token may be used, and when to ask for another one: from the numbers that
 * come with it alone (RFC 6749 5.1; platform.md 2.6, CA-6 to CA-8, DA-5). The token itself is
 * nobody's business but of the service it is for, and `ext_expires_in` is for no sign-in.
 */
#pragma once

#include <jansson.h>
#include <stdint.h>

#define LIFETIME_EARLY_SECONDS 300 /* it counts as expired so long before it is */
#define LIFETIME_MOST          (INT64_C(10) * 365 * 86400) /* more is no lifetime, but a mistake */

struct lifetime {
    int64_t usable_seconds; /* from the answer on, LIFETIME_EARLY_SECONDS less than it lives */
    int64_t renew_seconds;  /* after which another one is due; at most usable_seconds */
};

/*
 * Of a token response. Numbers may be texts. Without `expires_in` it is short; with one that is
 * not a number of seconds, nobody can tell, and the token is not usable at all.
 */
struct lifetime lifetime_read(const json_t *response);
