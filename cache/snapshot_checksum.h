/* SPDX-License-Identifier: MIT */
/*
 * The snapshot's checksum: four lanes of 64-bit words. Each step can be undone
 * for a given word, so a change within one word is always noticed; it is
 * against damage, not against forgers. Described in latchkey-snapshot(5).
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define CHECKSUM_STEP 32u /* bytes */

struct checksum {
    uint64_t lanes[4];
    uint64_t size;
};

struct checksum checksum_start(void);
/* `size` is a multiple of CHECKSUM_STEP; pieces may be cut anywhere between steps. */
void checksum_add(struct checksum *checksum, const void *bytes, size_t size);
uint64_t checksum_end(const struct checksum *checksum);
