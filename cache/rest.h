/* SPDX-License-Identifier: MIT */
/*
 * About whom the platform is not to be asked for a minute, as there were too many attempts
 * (platform.md 3.3, 50053): for all processes, and until the next start of the machine at most. A
 * table of one size, so that nobody can fill a disk with names. Where it cannot be kept, or
 * somebody else's entry took the place, the platform is asked once more than it wants; nothing else
 * hangs on it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define REST_SECONDS 60

/* `folder` is an open directory, or -1: then nobody rests. `number` stands for whom; 0: nobody. */
bool rest_holds(int folder, uint64_t number);
void rest_begin(int folder, uint64_t number);
