/* SPDX-License-Identifier: MIT */
#include "cache/first_id.h"

#include "cache/id_window.h"

#include <stddef.h>

#define FNV_START 0xcbf29ce484222325ULL
#define FNV_PRIME 0x100000001b3ULL

/* The text and its NUL, which keeps "ab", "c" and "a", "bc" apart. */
static uint64_t fnv_add(uint64_t hash, const char *text)
{
    do
        hash = (hash ^ (unsigned char)*text) * FNV_PRIME;
    while (*text++);
    return hash;
}

static uint64_t finalised(uint64_t hash)
{
    hash = (hash ^ (hash >> 33)) * 0xff51afd7ed558ccdULL;
    hash = (hash ^ (hash >> 33)) * 0xc4ceb9fe1a85ec53ULL;
    return hash ^ (hash >> 33);
}

uint32_t first_id(const char *kind, const char *issuer, const char *label)
{
    uint64_t hash = fnv_add(fnv_add(fnv_add(FNV_START, kind), issuer), label);
    struct id_window window = id_window();

    return window.least + (uint32_t)(finalised(hash) % ((uint64_t)window.most - window.least + 1));
}

uint32_t next_id(uint32_t id)
{
    struct id_window window = id_window();

    return id >= window.least && id < window.most ? id + 1 : window.least;
}
