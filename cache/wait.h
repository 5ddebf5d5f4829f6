/* SPDX-License-Identifier: MIT */
/* Waiting for what another process holds: short naps that end with the deadline. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stdint.h>

/* A number that other processes do not share; for spreading them, not for secrets. */
uint32_t wait_jitter(uint32_t below);
/* Sleeps 5 to 20 ms, never beyond the deadline. False, at once, when that has passed. */
bool wait_a_little(const struct deadline *deadline);
