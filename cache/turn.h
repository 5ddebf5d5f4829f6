/* SPDX-License-Identifier: MIT */
/*
 * One at a time for each person: who redeems a refresh token. A provider that gives a
 * new token at each use takes the use of an old one for theft and revokes them all.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <stdint.h>

/*
 * The turn of `uid`, waited for until the deadline; `*turn` is a descriptor to be closed
 * (close_fd) when done. The kernel ends it with the process. False: ERROR_SYSTEM.
 */
bool turn_take(int folder, uint32_t uid, const struct deadline *deadline, int *turn,
               struct error *why);
