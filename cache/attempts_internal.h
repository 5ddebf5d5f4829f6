/* SPDX-License-Identifier: MIT */
/*
 * The file behind cache/attempts.h, shared by the files that make it up.
 *
 * A slot of 256 bytes per person, of atomic words that each change as a whole or not at all.
 * A file of another size or with another beginning is not ours and is refused.
 */
#pragma once

#include "cache/attempts.h"

#include <stdatomic.h>
#include <stddef.h>

#define KINDS         (ATTEMPT_REMOTE + 1)
#define SLOTS         4095u
#define LEASE_SECONDS 90   /* what is older than this has lost its holder */
#define WRONG_SECONDS 3600 /* after this, a password that was wrong may be checked once more */
#define DISORDER      60   /* seconds by which two processes may read the time in another order */
/* As many as can be found wrong in WRONG_SECONDS, so that none is forgotten too early. */
#define TAGS_KEPT \
    ((size_t)KINDS * WRONG_CHECKS_MOST * (WRONG_SECONDS / (WRONG_CHECKS_SECONDS + 1) + 1))

/* All times are those of file_time(). */
union word {
    struct bucket {        /* zero is a full one */
        uint32_t since;    /* the time from which the next refill counts */
        uint8_t used;      /* attempts gone, those in flight among them */
        uint8_t in_flight; /* leases neither given back nor spent yet, as far as is known */
        uint16_t leased;   /* low bits of the time of the last lease */
    } bucket;
    struct wrong {
        uint32_t at : 31;  /* when the check of it was reserved; 0: this place is free */
        uint32_t open : 1; /* the platform has not said yet that it is wrong */
        uint32_t tag;
    } wrong;
    struct era {
        uint32_t boot, base;
    } era;
    uint64_t bits;
};

struct slot {
    _Atomic uint32_t uid; /* 0: free, but for slot 0, which is the strangers' */
    uint32_t unused;
    _Atomic uint64_t buckets[KINDS];
    _Atomic uint32_t checks[KINDS][WRONG_CHECKS_MOST]; /* when each of them was used last */
    _Atomic uint64_t wrong[TAGS_KEPT];
    char unused_end[16];
};

struct head {
    char magic[8];
    _Atomic uint64_t era;
    _Atomic uint32_t latest; /* the highest time used */
    char unused[236];
};

struct file {
    struct head head;
    struct slot slots[SLOTS];
};

_Static_assert(sizeof(union word) == 8, "a bucket is one word");
_Static_assert(sizeof(struct slot) == 256 && sizeof(struct head) == 256, "the file's layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words of 64 bits must be atomic between processes");

/* The check that was reserved last: whose, and what it holds until it ends. */
struct check {
    uint32_t uid;
    enum attempt_kind kind;
    _Atomic uint32_t *time; /* NULL: none */
    uint32_t at;
    _Atomic uint64_t *place;
    union word wrong;
};

struct attempts {
    struct file *file;
    _Atomic uint64_t *leased; /* the bucket of the attempt that was taken last, or NULL */
    struct check check;
};

/* Yields the mapped file, made when there was none; NULL and `why` when there can be none. */
struct file *file_map(int folder, struct error *why);
/* Seconds during which the machine was up, never 0: time stands still between boots. */
uint32_t file_time(struct file *file);
/* Where a full neighbourhood makes people share a slot, that is rather too strict. */
struct slot *file_slot(struct file *file, uint32_t uid);
/* Waits until the page of `word` is on the disk. Where that fails, a power cut may undo it. */
void file_sync(struct file *file, const void *word);
/* The check reserved last was made, or its maker gives up: only what is known wrong stays. */
void check_end(struct attempts *attempts);
