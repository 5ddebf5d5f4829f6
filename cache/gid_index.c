/* SPDX-License-Identifier: MIT */
#include "cache/gid_index.h"

#include <stdlib.h>

#define SLOTS_LEAST 512u

static void put(const struct gid_index *index, struct gid_slot added)
{
    size_t i = snapshot_hash_id(0, added.gid) & index->mask;

    while (index->slots[i].number && index->slots[i].gid != added.gid)
        i = (i + 1) & index->mask;
    if (!index->slots[i].number)
        index->slots[i] = added;
}

static bool grow(struct gid_index *index)
{
    size_t before = index->slots ? index->mask + 1 : 0, slots = before ? before * 2 : SLOTS_LEAST;
    struct gid_index larger = {.mask = slots - 1, .count = index->count};

    larger.slots = calloc(slots, sizeof *larger.slots);
    if (!larger.slots)
        return false;
    for (size_t i = 0; i < before; i++)
        if (index->slots[i].number)
            put(&larger, index->slots[i]);
    free(index->slots);
    *index = larger;
    return true;
}

bool gid_index_add(struct gid_index *index, uint32_t gid)
{
    if ((!index->slots || index->count >= index->mask / 2) && !grow(index))
        return false;
    put(index, (struct gid_slot){gid, ++index->count});
    return true;
}

void gid_index_release(struct gid_index *index)
{
    free(index->slots);
    *index = (struct gid_index){0};
}
