/* SPDX-License-Identifier: MIT */
#include "base/breaker.h"

/* `now` is cut to whole seconds: one more makes a wait as long as it says. */
#define CUT_SECONDS       1
#define TOLD_JITTER_LEAST 2u
#define TOLD_LONGEST      (CUT_SECONDS + BREAKER_TOLD_MOST + BREAKER_TOLD_MOST / 10)

/*
 * A clock that was set since then must not keep it closed for longer than it was meant; but one
 * that is only put right by a little must not end what the other side has asked for.
 */
static bool holds(const struct breaker *breaker, time_t until, time_t longest, time_t now)
{
    time_t back, left;

    if (__builtin_sub_overflow(breaker->opened_at, now, &back) || back > BREAKER_STEP_MOST ||
        until <= now || __builtin_sub_overflow(until, now, &left))
        return false;
    return left <= longest + (back > 0 ? back : 0);
}

static time_t later(time_t now, time_t seconds)
{
    time_t sum;

    return __builtin_add_overflow(now, seconds, &sum) ? now : sum;
}

time_t breaker_told(const struct breaker *breaker, time_t now)
{
    return holds(breaker, breaker->told_until, TOLD_LONGEST, now) ? breaker->told_until : 0;
}

enum breaker_state breaker_state(const struct breaker *breaker, time_t now)
{
    if (breaker_told(breaker, now) != 0)
        return BREAKER_OPEN;
    if (breaker->failures == 0)
        return BREAKER_CLOSED;
    return holds(breaker, breaker->wait_until, BREAKER_CEILING_SECONDS, now) ? BREAKER_OPEN
                                                                             : BREAKER_DUE;
}

bool breaker_is_outage(const struct breaker *breaker, time_t now)
{
    return breaker_told(breaker, now) != 0 ||
           (breaker->failures >= BREAKER_OUTAGE && !breaker->answering);
}

time_t breaker_next(const struct breaker *breaker)
{
    return breaker->told_until > breaker->wait_until ? breaker->told_until : breaker->wait_until;
}

/* platform.md 4.3, the first failure being number 1. */
static time_t wait_after(uint32_t failures, uint32_t random)
{
    const uint32_t most = BREAKER_CEILING_SECONDS - BREAKER_FLOOR_SECONDS - CUT_SECONDS;
    uint32_t spread = BREAKER_FLOOR_SECONDS;

    for (uint32_t i = 1; i < failures && spread - BREAKER_FLOOR_SECONDS < most; i++)
        spread *= 2;
    spread -= BREAKER_FLOOR_SECONDS;
    if (spread > most)
        spread = most;
    return (time_t)(BREAKER_FLOOR_SECONDS + CUT_SECONDS + random % (spread + 1));
}

/* What was asked for earlier holds, whatever comes later; hosts told alike do not return alike. */
static void tell(struct breaker *breaker, const struct breaker_event *event)
{
    unsigned told = event->told < BREAKER_TOLD_MOST ? event->told : BREAKER_TOLD_MOST;
    unsigned jitter = told / 10 > TOLD_JITTER_LEAST ? told / 10 : TOLD_JITTER_LEAST;
    time_t earlier = breaker_told(breaker, event->now);

    breaker->told_until = earlier;
    if (told > 0) {
        breaker->told_until =
            later(event->now, (time_t)(CUT_SECONDS + told + event->random % (jitter + 1)));
        if (breaker->told_until < earlier)
            breaker->told_until = earlier;
    }
}

/*
 * Those who were asking already when it opened fail together: two of them are an outage, but
 * more of them do not make the wait any longer.
 */
static void count(struct breaker *breaker, time_t now, bool was_open)
{
    if (breaker->failures == 0)
        breaker->since = now;
    if (breaker->failures < BREAKER_OUTAGE || (!was_open && breaker->failures < UINT32_MAX))
        breaker->failures++;
}

static void fail(struct breaker *breaker, const struct breaker_event *event, bool was_open)
{
    time_t earlier = holds(breaker, breaker->wait_until, BREAKER_CEILING_SECONDS, event->now)
                         ? breaker->wait_until
                         : 0;

    count(breaker, event->now, was_open);
    breaker->silent = event->silent;
    breaker->answering = false;
    breaker->wait_until = later(event->now, wait_after(breaker->failures, event->random));
    if (breaker->wait_until < earlier)
        breaker->wait_until = earlier;
    if (event->unhurried)
        breaker->tried_at = event->now;
    breaker->opened_at = event->now;
}

void breaker_change(struct breaker *breaker, const struct breaker_event *event)
{
    bool was_open = breaker_state(breaker, event->now) == BREAKER_OPEN;
    struct breaker served = {0};

    tell(breaker, event);
    switch (event->kind) {
    case BREAKER_SERVED:
        served.told_until = breaker->told_until;
        served.opened_at = served.told_until ? breaker->opened_at : 0;
        *breaker = served;
        break;
    case BREAKER_ANSWERED_PROBE:
        breaker->answering = breaker->failures > 0;
        breaker->wait_until = 0;
        break;
    case BREAKER_FAILED:
        fail(breaker, event, was_open);
        break;
    case BREAKER_TOLD:
        break;
    }
    if (event->told > 0)
        breaker->opened_at = event->now;
}
