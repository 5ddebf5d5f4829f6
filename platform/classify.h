/* SPDX-License-Identifier: MIT */
/*
 * An outage or a refusal? Decided here for every answer of the token and device endpoints
 * that brought no tokens (platform.md 3.1, 3.2, 4.1; RFC 6749 5.2). Pure: data
 * in, judgement out. Only a well-formed error with status 400, 401 or 403 can
 * be a refusal; whatever is in doubt is an outage. The words of OAuth decide
 * first that it is one; a number only says more exactly what was meant.
 */
#pragma once

#include "platform/codes.h"
#include "platform/platform.h"

#include <stddef.h>

enum grant { GRANT_PASSWORD, GRANT_REFRESH, GRANT_DEVICE, GRANTS };

#define OAUTH_WORD_MOST    63
#define OAUTH_NUMBERS_MOST 8
#define OAUTH_ID_MOST      36
#define THROTTLED_SECONDS  60 /* platform.md 3.3 (50196, 90055), 4.4 */

/* An error body. Texts are cut to what fits and hold no bytes but printable ASCII. */
struct oauth_error {
    char error[OAUTH_WORD_MOST + 1]; /* empty: the body was no well-formed error */
    char suberror[OAUTH_WORD_MOST + 1];
    bool claims;                          /* a claims challenge came with it */
    unsigned numbers[OAUTH_NUMBERS_MOST]; /* as in platform/codes.h */
    size_t count;
    char correlation_id[OAUTH_ID_MOST + 1], trace_id[OAUTH_ID_MOST + 1]; /* for the log */
};

struct judgement {
    enum answer answer; /* never ANSWER_ACCEPTED */
    enum refusal refusal;
    enum advice advice;    /* of the number that counted, or of what the words came to */
    unsigned number;       /* the one that counted; 0: none did */
    unsigned wait_seconds; /* told to wait, where the answer does not say how long; 0: not told */
    bool says_outage;      /* by its words or numbers, whatever its status */
    /*
     * To be counted as a failure of the endpoint: it says so, or status 408, 429 or 5xx. Nothing
     * else is: somebody on the way who dislikes one request (a page with 403, a redirect, 407, a
     * page with 200) would otherwise close the question for all.
     */
    bool outage;
};

struct judgement classify(const struct codes *codes, enum grant grant, unsigned status,
                          const struct oauth_error *error);
