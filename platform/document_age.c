/* SPDX-License-Identifier: MIT */
#include "platform/document_age.h"

/* Below `most` seconds ago, or ahead; times that are too far apart to be subtracted are not. */
static bool is_within(time_t then, time_t now, time_t most, bool ahead)
{
    time_t age;

    return !__builtin_sub_overflow(now, then, &age) && age < most && age > (ahead ? -most : -1);
}

bool document_is_fresh(const struct document_facts *facts, time_t now)
{
    time_t fresh = facts->fresh_seconds;

    if (fresh < DOCUMENT_FRESH_LEAST)
        fresh = DOCUMENT_FRESH_LEAST;
    if (fresh > DOCUMENT_FRESH_MOST)
        fresh = DOCUMENT_FRESH_MOST;
    return is_within(facts->fetched_at, now, fresh, false);
}

bool document_is_usable(const struct document_facts *facts, time_t now)
{
    return is_within(facts->fetched_at, now, DOCUMENT_OLDEST_SECONDS, true);
}

bool document_was_forced_lately(const struct document_facts *facts, time_t now)
{
    return is_within(facts->forced_at, now, DOCUMENT_FORCED_SECONDS, false);
}

unsigned document_fresh_for(long max_age)
{
    if (max_age < 0 || max_age > DOCUMENT_FRESH_MOST)
        return DOCUMENT_FRESH_MOST;
    return max_age < DOCUMENT_FRESH_LEAST ? DOCUMENT_FRESH_LEAST : (unsigned)max_age;
}
