/* SPDX-License-Identifier: MIT */
/*
 * One at a time: who redeems a person's refresh token (a provider that gives a new token at each
 * use takes the use of an old one for theft and revokes them all), who proves a person's password,
 * who fetches what all need.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <stdint.h>

/* Numbers below this are for things of the whole host; from here on they are uids. */
#define TURN_PEOPLE 1024u

enum turn_taking {
    TURN_UNUSABLE, /* zero: no turns can be taken in this folder */
    TURN_TAKEN,
    TURN_BUSY /* another process has it */
};

/*
 * The turn of `number`, waited for until the deadline (one in the past: only tried); `*turn` is a
 * descriptor to be closed (close_fd) when done. The kernel ends it with the process. Unless
 * TURN_TAKEN, `turn` is untouched and `why` filled (ERROR_SYSTEM).
 */
enum turn_taking turn_take(int folder, uint32_t number, const struct deadline *deadline, int *turn,
                           struct error *why);
