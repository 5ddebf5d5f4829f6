/* SPDX-License-Identifier: MIT */
/* The platform as this host is configured, with the store as what it remembers of it. */
#pragma once

#include "cache/breakers.h"
#include "config/config.h"
#include "platform/platform.h"

struct codes;
struct talk;

struct link {
    struct breakers memory; /* the store and the runtime folder; borrowed, set by the caller */
    struct talk *talk;      /* who waits for this; NULL: nobody does; borrowed, set by the caller */
    int shared;             /* the private folder, open; borrowed, set by the caller */
    struct codes *codes;    /* its own, as is the platform; released by link_release */
    struct platform *platform;
    bool hurried; /* set by the caller: the time for the network runs */
    bool stuck;   /* the store kept us waiting: what only saves requests is not sought there */
    int64_t kept_at_ms; /* on clock_ms(), the first breaker changed since this was set to 0; or 0 */
};

/*
 * Reads the table of codes and opens the platform; asks nobody. A table of codes that is not fit
 * is reported in the log, and the one that this program was built with is used. The link must not
 * move while it is open. ERROR_CONFIG, ERROR_SYSTEM: nothing is open.
 */
bool link_open(struct link *link, const struct config *config, struct error *why);
void link_release(struct link *link);

/*
 * The turn of `number` (cache/turn.h). All processes look for it in the same place: the runtime
 * folder, which can be written even if the disk cannot; where that gives none, the private folder.
 */
bool link_take_turn(const struct link *link, uint32_t number, const struct deadline *deadline,
                    int *turn, struct error *why);

/*
 * The tables of codes as configured: rows of /etc/latchkey/codes before those of the data folder.
 * NULL only when memory is out.
 */
struct codes *link_codes(void);
/* Their version and the files they come from: "2026-11-22 (/usr/share/latchkey/codes)". */
void link_describe_codes(char *out, size_t size);
