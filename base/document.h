/* SPDX-License-Identifier: MIT */
/* What is known about a document fetched over HTTP (RFC 9110, RFC 9111), kept with it. */
#pragma once

#include <time.h>

#define DOCUMENT_ETAG_MOST 255u

struct document_facts {
    time_t fetched_at;                 /* last found good by its server */
    unsigned fresh_seconds;            /* from then on */
    time_t forced_at;                  /* last asked for before its time; 0: never */
    char etag[DOCUMENT_ETAG_MOST + 1]; /* as sent, quotes and all; empty: none */
};
