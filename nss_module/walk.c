/* SPDX-License-Identifier: MIT */
#include "nss_module/walk.h"

#include <sched.h>
#include <unistd.h>

#define TRIES_MOST 10000u

bool walk_enter(struct walk *walk)
{
    int self = (int)getpid();

    for (unsigned i = 0; i < TRIES_MOST; i++) {
        int holder = 0;

        if (atomic_compare_exchange_strong(&walk->holder, &holder, self))
            return true;
        /* The holder stayed behind in the parent; what it was changing cannot be told. */
        if (holder != self && atomic_compare_exchange_strong(&walk->holder, &holder, self)) {
            walk->open = false;
            return true;
        }
        sched_yield();
    }
    return false;
}

void walk_leave(struct walk *walk)
{
    atomic_store(&walk->holder, 0);
}

bool walk_open(struct walk *walk)
{
    if (walk->open)
        return true;
    if (!mapping_open(&walk->mapping))
        return false;
    walk->place = (struct snapshot_walk){0};
    walk->open = true;
    return true;
}

void walk_close(struct walk *walk)
{
    if (walk->open)
        mapping_close(&walk->mapping);
    walk->open = false;
}
