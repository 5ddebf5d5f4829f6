/* SPDX-License-Identifier: MIT */
/*
 * How long a kept document may be used, and when it may be asked for again (platform.md 2.3, 4.5).
 * Pure. A clock that was set must neither keep a document for ever nor take it away.
 */
#pragma once

#include "base/document.h"

#include <stdbool.h>

#define DOCUMENT_FRESH_LEAST    (5L * 60)       /* seconds, whatever its server says */
#define DOCUMENT_FRESH_MOST     (24L * 60 * 60) /* and when it says nothing */
#define DOCUMENT_FORCED_SECONDS (5L * 60)       /* between fetches for unknown keys */
#define DOCUMENT_OLDEST_SECONDS (30L * 24 * 60 * 60)

/* One from the future is not. */
bool document_is_fresh(const struct document_facts *facts, time_t now);
/* Older than DOCUMENT_OLDEST_SECONDS it is not, nor from so far in the future. */
bool document_is_usable(const struct document_facts *facts, time_t now);
bool document_was_forced_lately(const struct document_facts *facts, time_t now);
/* Seconds for which it is fresh when its server says `max_age`; -1: it says nothing. */
unsigned document_fresh_for(long max_age);
