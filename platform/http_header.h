/* SPDX-License-Identifier: MIT */
/*
 * The header lines of an answer that we look at (RFC 9110, 9111; platform.md 4.2, 4.5). Pure.
 * Whatever breaks its format counts as not there.
 */
#pragma once

#include "base/document.h"

#include <stdbool.h>
#include <stddef.h>

#define HTTP_RETRY_AFTER_MOST 3600u /* seconds */

/* Zero before the first line. */
struct http_header {
    char etag[DOCUMENT_ETAG_MOST + 1]; /* as sent, quotes and all; empty: none */
    bool has_max_age;
    unsigned max_age;     /* seconds, of Cache-Control; the least of them */
    unsigned retry_delta; /* seconds, the largest; 0: none */
    time_t retry_date;    /* the latest; 0: none */
    time_t date;          /* the server's; 0: none */
    bool ended;           /* by its empty line; what follows are trailers */
};

/* One line as it came in. A status line begins anew: what came before was an interim answer. */
void http_header_add(struct http_header *header, const char *line, size_t length);

/*
 * Seconds to wait, at least 1 and at most HTTP_RETRY_AFTER_MOST; 0: nothing was asked for. Dates
 * are told by the server's clock, or by ours (`now`) when it does not show its own.
 */
unsigned http_header_retry_after(const struct http_header *header, time_t now);
