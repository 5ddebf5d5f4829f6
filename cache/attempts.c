/* SPDX-License-Identifier: MIT */
#include "base/own.h"
#include "cache/attempts_internal.h"
#include "cache/wait.h"

#include <sys/mman.h>

#define SYNC_FROM 3 /* attempts gone, from which on each further one is made durable first */

OWN_DEFINE(attempts_release, struct attempts, attempts_close);

bool attempts_open(int folder, struct attempts **opened, struct error *why)
{
    OWNED(attempts_release) struct attempts *attempts = calloc(1, sizeof *attempts);

    if (!attempts)
        return error_set(why, ERROR_SYSTEM, "no memory");
    attempts->file = file_map(folder, why);
    if (!attempts->file)
        return false;
    *opened = OWN_TAKE(attempts);
    return true;
}

/* The bucket as it is now: refilled for the time that went by. */
static struct bucket refilled(struct bucket bucket, uint32_t now)
{
    uint32_t gained;

    if (now < bucket.since) {
        if (bucket.since - now > DISORDER)
            bucket.since = now; /* never backwards by more than this within one era */
        return bucket;
    }
    gained = (now - bucket.since) / ATTEMPTS_REFILL_SECONDS;
    bucket.since = gained < bucket.used ? bucket.since + gained * ATTEMPTS_REFILL_SECONDS : now;
    bucket.used = gained < bucket.used ? (uint8_t)(bucket.used - gained) : 0;
    if ((uint16_t)(now - bucket.leased) > LEASE_SECONDS)
        bucket.in_flight = 0;
    return bucket;
}

enum take { TAKE_EMPTY, TAKE_WAIT, TAKE_DONE };

static enum take take_once(struct file *file, _Atomic uint64_t *place, unsigned *used)
{
    union word old = {.bits = atomic_load(place)}, next;
    bool empty;

    do {
        /* Read after the bucket, so that it cannot seem to be older than the bucket. */
        uint32_t now = file_time(file);

        next.bucket = refilled(old.bucket, now);
        empty = next.bucket.used >= ATTEMPTS_MOST;
        if (!empty) {
            next.bucket.used++;
            if (next.bucket.in_flight < UINT8_MAX)
                next.bucket.in_flight++;
            next.bucket.leased = (uint16_t)now;
        }
        /* An empty one is written as well: a time that lay ahead must not be met again. */
    } while (next.bits != old.bits && !atomic_compare_exchange_weak(place, &old.bits, next.bits));
    *used = next.bucket.used;
    return !empty ? TAKE_DONE : next.bucket.in_flight ? TAKE_WAIT : TAKE_EMPTY;
}

/* The lease is over; a good one also un-uses its attempt. */
static void lease_end(struct attempts *attempts, bool good)
{
    union word old, next;

    if (!attempts->leased)
        return;
    old.bits = atomic_load(attempts->leased);
    do {
        next = old;
        if (good && next.bucket.used)
            next.bucket.used--;
        if (next.bucket.in_flight)
            next.bucket.in_flight--;
    } while (!atomic_compare_exchange_weak(attempts->leased, &old.bits, next.bits));
    if (!good)
        file_sync(attempts->file, attempts->leased);
    attempts->leased = NULL;
}

bool attempts_take(struct attempts *attempts, uint32_t uid, enum attempt_kind kind,
                   const struct deadline *deadline, struct error *why)
{
    _Atomic uint64_t *place = &file_slot(attempts->file, uid)->buckets[kind];
    unsigned used;

    lease_end(attempts, false);
    for (;;) {
        switch (take_once(attempts->file, place, &used)) {
        case TAKE_DONE:
            attempts->leased = place;
            if (used >= SYNC_FROM)
                file_sync(attempts->file, place);
            return true;
        case TAKE_WAIT:
            if (wait_a_little(deadline))
                continue;
            return error_set(why, ERROR_REFUSED, "every attempt left is in use");
        default:
            return error_set(why, ERROR_REFUSED, "no attempt is left for now");
        }
    }
}

void attempts_give_back(struct attempts *attempts)
{
    lease_end(attempts, true);
}

void attempts_close(struct attempts *attempts)
{
    if (!attempts)
        return;
    if (attempts->file) {
        check_end(attempts);
        lease_end(attempts, false);
        munmap(attempts->file, sizeof *attempts->file);
    }
    free(attempts);
}
