/* SPDX-License-Identifier: MIT */
/*
 * A Bloom filter that threads share without a lock, for its bits are only ever set: what it does
 * not hold was never put in, and what it seems to hold may not have been.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define BLOOM_BITS 65536u /* 2000 names leave one chance hit in 6000 questions */
#define WORD_BITS  32u

struct bloom {
    atomic_uint words[BLOOM_BITS / WORD_BITS];
};

static inline uint64_t mix(uint64_t hash, uint64_t value)
{
    hash = (hash ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

/* Four bits, one for each 16 bits of the hash. */
static inline void bloom_add(struct bloom *bloom, uint64_t hash)
{
    for (unsigned i = 0; i < 4; i++, hash >>= 16)
        atomic_fetch_or_explicit(&bloom->words[(hash & 0xffff) / WORD_BITS], 1u << hash % WORD_BITS,
                                 memory_order_relaxed);
}

static inline bool bloom_may_have(struct bloom *bloom, uint64_t hash)
{
    for (unsigned i = 0; i < 4; i++, hash >>= 16) {
        unsigned long long word =
            atomic_load_explicit(&bloom->words[(hash & 0xffff) / WORD_BITS], memory_order_relaxed);

        if (!(word >> hash % WORD_BITS & 1))
            return false;
    }
    return true;
}
