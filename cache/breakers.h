/* SPDX-License-Identifier: MIT */
/*
 * The breakers of this host (base/breaker.h), by name, shared by all processes: in the store, or
 * in the runtime folder when the store cannot be written. While one of them says "outage" there is
 * a file `outage` in the runtime folder; a systemd path unit watches it.
 */
#pragma once

#include "base/breaker.h"
#include "cache/store.h"

struct breakers {
    struct store *store; /* borrowed */
    int runtime;         /* the folder, open, borrowed; -1: there is none */
    bool without_store;  /* it is not touched any more: only what is noted from now on counts */
    int64_t waited_ms;   /* for a store that others kept busy; set to 0 */
};
#define BREAKERS_WAIT_MS 300 /* how long all calls with one struct breakers together wait so */

#define BREAKERS_OUTAGE_FILE "outage"

/* What cannot be read is a breaker that is closed. */
void breakers_read(struct breakers *breakers, const char *name, struct breaker *breaker);
/*
 * In one step, whatever others do at the same time. What neither store nor runtime folder has
 * taken is lost: false.
 */
bool breakers_change(struct breakers *breakers, const char *name, const struct breaker_event *event,
                     struct error *why);
/*
 * Makes the file `outage` be there or not, as the breakers say at this time. Every change does
 * this itself; for what happens without one: the end of a wait that was asked for, a start of the
 * machine (the runtime folder is empty then), a process that was killed before it got to it.
 */
void breakers_show_outage(const struct breakers *breakers, time_t now);
