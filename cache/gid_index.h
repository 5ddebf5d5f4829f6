/* SPDX-License-Identifier: MIT */
/* From a gid to the number of the group that has it. Only for cache/snapshot_*.c. */
#pragma once

#include "cache/snapshot_format.h"

#include <stdbool.h>

struct gid_slot {
    uint32_t gid, number; /* of the group, from 1; 0: the slot is free */
};

/* Open addressing; at least half of the slots are free. Starts zeroed. */
struct gid_index {
    struct gid_slot *slots;
    size_t mask; /* one less than the slots, a power of two */
    uint32_t count;
};

/* The next number; of two groups with one gid the first is found. False when memory is out. */
bool gid_index_add(struct gid_index *index, uint32_t gid);
void gid_index_release(struct gid_index *index);

/* 0: there is no such group. Asked for each membership, several times. */
static inline uint32_t gid_index_find(const struct gid_index *index, uint32_t gid)
{
    if (!index->slots)
        return 0;
    for (size_t i = snapshot_hash_id(0, gid);; i++) {
        const struct gid_slot *slot = &index->slots[i & index->mask];

        if (slot->gid == gid || !slot->number)
            return slot->number;
    }
}
