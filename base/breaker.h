/* SPDX-License-Identifier: MIT */
/*
 * A circuit breaker: whether something that failed lately may be asked again. Pure, and plain
 * data that can be kept and shared. Times of day are compared with a time that the caller gives;
 * one that lies further in the future than any wait can be is taken for none.
 *
 * After a failure nothing is asked for 5 s and a random while more, which grows with each
 * failure that follows (platform.md 4.3); what the other side asked for (Retry-After) holds
 * from its first answer on. When the wait is over one may try at a time; two failures in a
 * row are an outage.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define BREAKER_FLOOR_SECONDS 5
#define BREAKER_CEILING_SECONDS \
    40 /* of a wait; lower than platform.md's, so that an end is seen within a minute */
#define BREAKER_TOLD_MOST 3600 /* seconds of a Retry-After that are believed */
#define BREAKER_OUTAGE    2    /* failures in a row */
#define BREAKER_STEP_MOST 60   /* seconds that a clock is put back without meaning anything */

/* Zero: all is well. */
struct breaker {
    uint32_t failures; /* in a row */
    bool silent;       /* in the last one nothing could be sent, so it is of the host as a whole */
    bool answering;    /* a probe was answered since the last failure */
    time_t since;      /* the first failure of the row */
    time_t wait_until; /* backing off: nothing is asked before */
    time_t told_until; /* asked to wait until then; 0: was not */
    time_t tried_at;   /* the last try that had time enough; 0: none */
    time_t opened_at;  /* the last event that made it wait: before that, the clock was set back */
};

enum breaker_state {
    BREAKER_OPEN,  /* zero: not to be asked now */
    BREAKER_DUE,   /* one at a time may try */
    BREAKER_CLOSED /* may be asked */
};

/*
 * `now` is to be read after the breaker was: an earlier time says that the clock was set back. By
 * more than BREAKER_STEP_MOST ends all waits.
 */
enum breaker_state breaker_state(const struct breaker *breaker, time_t now);
/* Until when the other side asked to be left alone; 0: it does not any more. */
time_t breaker_told(const struct breaker *breaker, time_t now);
/* Two failures in a row and no answer since, or told to wait. */
bool breaker_is_outage(const struct breaker *breaker, time_t now);
/* When it may be asked next; only for BREAKER_OPEN. */
time_t breaker_next(const struct breaker *breaker);

/* What has happened. */
struct breaker_event {
    time_t now;
    enum { BREAKER_SERVED, BREAKER_ANSWERED_PROBE, BREAKER_FAILED, BREAKER_TOLD } kind;
    unsigned told;   /* seconds of the Retry-After that came with it, 0: none */
    uint32_t random; /* any number; spreads the tries of many hosts */
    bool silent;     /* of a failure, see struct breaker */
    bool unhurried;  /* of a failure: the try had time enough */
};
/*
 * Served makes it zero, but for a Retry-After that is in force: that ends by time alone. An
 * answered probe ends the wait and the outage; the next failure waits as long as it would have.
 * To be told to wait, and nothing else, is no failure.
 */
void breaker_change(struct breaker *breaker, const struct breaker_event *event);
