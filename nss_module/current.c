/* SPDX-License-Identifier: MIT */
#include "nss_module/current.h"

#include "nss_module/coarse.h"

#include <stdatomic.h>
#include <string.h>

#define SEATS    8u
#define COUNTERS 8u /* threads are spread over these, so that they share no cache line */

struct counter {
    _Alignas(64) atomic_uint readers;
};

struct seat {
    struct mapping mapping;
    atomic_uint checked_at; /* seconds of the coarse clock */
    atomic_bool claimed;    /* somebody is exchanging the mapping */
    struct counter counters[COUNTERS];
};

/* `current` is the number of a seat plus 1, or 0, in its low bits; above them it counts changes. */
#define SEAT_BITS 8u

static struct {
    atomic_uint current;
    struct seat seats[SEATS];
} here;

static struct seat *seat_of(unsigned current)
{
    unsigned number = current & ((1u << SEAT_BITS) - 1);

    return number ? &here.seats[number - 1] : NULL;
}

static bool make_current(unsigned before, const struct seat *seat)
{
    unsigned number = seat ? (unsigned)(seat - here.seats) + 1 : 0;
    unsigned after = ((before >> SEAT_BITS) + 1) << SEAT_BITS | number;

    return atomic_compare_exchange_strong(&here.current, &before, after);
}

/* Threads differ in where their stacks are. */
static unsigned counter_of_this_thread(void)
{
    uint32_t stack = (uint32_t)((uintptr_t)__builtin_frame_address(0) >> 16);

    return stack * 0x9e3779b1u >> 29;
}
_Static_assert(COUNTERS == 1u << (32 - 29), "the hash yields the number of a counter");

static bool is_fresh(struct seat *seat, unsigned now)
{
    unsigned checked_at;

    if (!seat->mapping.marked && snapshot_is_superseded(&seat->mapping.snapshot))
        return false;
    checked_at = atomic_load_explicit(&seat->checked_at, memory_order_relaxed);
    if (now - checked_at < CHECK_SECONDS ||
        !atomic_compare_exchange_strong(&seat->checked_at, &checked_at, now))
        return true;
    return mapping_has_the_name(&seat->mapping);
}

/* Counts this reader in. False when the seat is no longer what `current` says. */
static bool sit(struct pin *pin, unsigned current)
{
    pin->seat = seat_of(current);
    pin->counter = counter_of_this_thread();
    atomic_fetch_add(&pin->seat->counters[pin->counter].readers, 1);
    if (atomic_load(&here.current) == current) {
        pin->snapshot = &pin->seat->mapping.snapshot;
        return true;
    }
    atomic_fetch_sub(&pin->seat->counters[pin->counter].readers, 1);
    return false;
}

static bool has_readers(struct seat *seat)
{
    for (unsigned i = 0; i < COUNTERS; i++)
        if (atomic_load(&seat->counters[i].readers) != 0)
            return true;
    return false;
}

static bool is_current(const struct seat *seat)
{
    return seat_of(atomic_load(&here.current)) == seat;
}

/*
 * A seat that nobody reads and nobody can come to read: only who has claimed a
 * seat makes it current. The order counts: first not current, then no readers.
 * Who counts himself in later finds that it is not current and leaves.
 */
static struct seat *claim(void)
{
    for (unsigned i = 0; i < SEATS; i++) {
        struct seat *seat = &here.seats[i];

        if (atomic_exchange(&seat->claimed, true))
            continue;
        if (!is_current(seat) && !has_readers(seat))
            return seat;
        atomic_store(&seat->claimed, false);
    }
    return NULL;
}

/* Whether all threads read this very file already. */
static bool is_shared(unsigned current, const struct mapping *fresh)
{
    struct pin pin = {0};
    bool same;

    if (!seat_of(current) || !sit(&pin, current))
        return false;
    same = pin.seat->mapping.device == fresh->device && pin.seat->mapping.inode == fresh->inode;
    current_unpin(&pin);
    return same;
}

/*
 * Who has seen a file must not see an older one afterwards, although that may not be marked yet.
 * So what becomes current, over what others have made current since `before`, must still have
 * the name after that.
 */
static bool replace(unsigned before, const struct seat *seat, const struct mapping *fresh)
{
    while (!make_current(before, seat)) {
        before = atomic_load(&here.current);
        if (is_shared(before, fresh) || !mapping_has_the_name(fresh))
            return false;
    }
    return true;
}

/* Gives the new mapping to all threads if none was faster; to this question in any case. */
static void share(struct pin *pin, unsigned before, const struct mapping *fresh)
{
    struct seat *seat = claim();

    *pin = (struct pin){.own = *fresh};
    pin->snapshot = &pin->own.snapshot;
    if (!seat) {
        replace(before, NULL, fresh); /* the older one is not to be read again */
        return;
    }
    mapping_close(&seat->mapping);
    seat->mapping = *fresh;
    atomic_store(&seat->checked_at, coarse_seconds());
    /* Counted in before anybody can see it, so that it cannot be exchanged before we have read. */
    pin->counter = counter_of_this_thread();
    atomic_fetch_add(&seat->counters[pin->counter].readers, 1);
    if (replace(before, seat, fresh)) {
        pin->seat = seat;
        pin->snapshot = &seat->mapping.snapshot;
        pin->own = (struct mapping){0};
    } else {
        seat->mapping = (struct mapping){0};
        atomic_fetch_sub(&seat->counters[pin->counter].readers, 1);
    }
    atomic_store(&seat->claimed, false);
}

/* Apart from the rest, which is short: this needs room that would be cleared for each question. */
static __attribute__((noinline)) bool pin_fresh(struct pin *pin, unsigned current)
{
    struct mapping fresh;

    if (mapping_open(&fresh)) {
        share(pin, current, &fresh);
        return true;
    }
    if (seat_of(current))
        make_current(current, NULL);
    return false;
}

bool current_pin(struct pin *pin)
{
    unsigned current = atomic_load(&here.current), now = coarse_seconds();
    bool pinned = false;

    if (seat_of(current) && sit(pin, current)) {
        pinned = is_fresh(pin->seat, now);
        if (!pinned)
            current_unpin(pin);
    }
    pinned = pinned || pin_fresh(pin, current);
    pin->now = now;
    return pinned;
}

void current_unpin(struct pin *pin)
{
    if (pin->seat)
        atomic_fetch_sub(&pin->seat->counters[pin->counter].readers, 1);
    else
        mapping_close(&pin->own);
}
