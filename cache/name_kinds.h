/* SPDX-License-Identifier: MIT */
/*
 * Which bytes of a text are what: 16 bytes at a time, then one bit for each, so that a name or a
 * field of passwd(5) is judged by a few operations on one word. What is judged are bytes that the
 * caller holds already. Only for cache/name.c and cache/snapshot_*.c; libc only.
 */
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define PIECE   ((size_t)16)
#define STRETCH 64u /* bytes that one word has bits for */

typedef signed char piece __attribute__((vector_size(PIECE)));

static inline piece piece_at(const char *bytes)
{
    piece p;

    memcpy(&p, bytes, sizeof p);
    return p;
}

/* One bit of each byte, which is 0 or -1. */
static inline uint64_t bits_of(piece truth)
{
#ifdef __SSE2__
    typedef char plain_piece __attribute__((vector_size(PIECE)));

    return (unsigned)__builtin_ia32_pmovmskb128((plain_piece)truth);
#else
    uint64_t half[2];

    memcpy(half, &truth, sizeof half);
    for (size_t i = 0; i < 2; i++)
        half[i] =
            (le64toh(half[i]) & UINT64_C(0x0101010101010101)) * UINT64_C(0x0102040810204080) >> 56;
    return half[0] | half[1] << 8;
#endif
}

/* Moved up until its last byte is the greatest there is, a range needs one comparison. */
static inline piece in_range(piece p, signed char least, signed char most)
{
    typedef unsigned char plain_piece __attribute__((vector_size(PIECE)));

    return (piece)((plain_piece)p + (unsigned char)(INT8_MAX - most)) >
           (signed char)(INT8_MAX - (most - least) - 1);
}

/* Which bytes of a person's name are what; `plain`: a letter or a digit. */
struct kinds {
    uint64_t plain, line, dot, at, legal;
};

static inline __attribute__((always_inline)) void kinds_add(struct kinds *kinds, piece p,
                                                            size_t place)
{
    const piece plain = in_range(p, 'a', 'z') | in_range(p, '0', '9');
    const piece line = p == '_', dot = p == '.', at = p == '@', hyphen = p == '-';

    kinds->plain |= bits_of(plain) << place;
    kinds->line |= bits_of(line) << place;
    kinds->dot |= bits_of(dot) << place;
    kinds->at |= bits_of(at) << place;
    kinds->legal |= bits_of(plain | line | dot | at | hyphen) << place;
}

/* The bytes that may stand before the `@` of a name. */
static inline piece local_in(piece p)
{
    return in_range(p, 'a', 'z') | in_range(p, '0', '9') | (p == '_') | (p == '.') | (p == '-');
}

static inline bool begins_name(char first)
{
    return (first >= 'a' && first <= 'z') || first == '_';
}

/* Whether the first `length` bytes, less than STRETCH, are a person's name; `first` is the first. */
static inline bool kinds_are_person(const struct kinds *kinds, size_t length, char first)
{
    uint64_t inside = (UINT64_C(1) << length) - 1, at = kinds->at & inside;
    uint64_t domain = inside & ~(at | (at - 1)), dots = kinds->dot & domain;
    uint64_t plain = kinds->plain & inside;
    /* Each label begins behind the `@` or a dot, and ends before a dot or where the name does. */
    uint64_t faults = (inside & ~kinds->legal) | (at & (at - 1)) | (domain & kinds->line) |
                      ((at | dots) << 1 & ~plain) | ((dots | (inside + 1)) & ~(plain << 1));

    return !faults && at && dots && begins_name(first);
}

/* The bytes that no field may have: control bytes, among them the NUL that ends it, and `:`. */
static inline piece bad_in(piece p)
{
    return in_range(p, 0, 0x1f) | (p == ':') | (p == 0x7f);
}
