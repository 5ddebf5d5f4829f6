/* SPDX-License-Identifier: MIT */
/*
 * What this host knows of the time of day whatever its clock is set to, so that a clock set back makes
 * nothing younger. Both begin anew with each online sign-in: the platform's certificate and token are
 * good at the time of that, so it is about right.
 */
#pragma once

#include "cache/store.h"

struct times {
    time_t highest;  /* ever shown by the clock; 0: none yet */
    time_t earliest; /* that it can be by now: one shown before, and the time that went by since, as
                        far as the machine was up (cache/boot.h). 0: none yet */
};

bool store_times(struct store *store, struct times *times, struct error *why);
/* The clock shows `now`. Does not wait for others for long: the next one may record it as well. */
bool store_saw_time(struct store *store, time_t now, struct error *why);
/* Only that the machine is up: what it was up so far is not forgotten when it is started anew. */
bool store_keep_time(struct store *store, struct error *why);
/* The clock shows `now` and is right, says somebody who knows. */
bool store_trust_time(struct store *store, time_t now, struct error *why);
