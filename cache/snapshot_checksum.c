/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_checksum.h"

#include "cache/snapshot_format.h"

struct checksum checksum_start(void)
{
    return (struct checksum){.lanes = {1, 2, 3, 4}};
}

void checksum_add(struct checksum *checksum, const void *bytes, size_t size)
{
    struct checksum sum = *checksum; /* kept in registers */
    const char *from = bytes;

    for (size_t i = 0; i < size; i += CHECKSUM_STEP)
        for (size_t lane = 0; lane < 4; lane++)
            sum.lanes[lane] = snapshot_mix(sum.lanes[lane] ^ snapshot_word(from + i + lane * 8));
    sum.size += size;
    *checksum = sum;
}

uint64_t checksum_end(const struct checksum *checksum)
{
    uint64_t hash = snapshot_mix(checksum->size);

    for (size_t lane = 0; lane < 4; lane++)
        hash = snapshot_mix(hash ^ checksum->lanes[lane]);
    return hash;
}
