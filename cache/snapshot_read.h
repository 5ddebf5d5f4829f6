/* SPDX-License-Identifier: MIT */
/*
 * Reads the bytes of a snapshot. libc only: this is loaded into every process
 * that asks who a user is. Trusts nothing in the file: every place is checked
 * against the size, every answer is copied out once and checked in the copy
 * (window, name rules, no stray bytes, the answer is to the question asked),
 * so that a file which changes meanwhile cannot do more than a forged one.
 * Allocates nothing, makes no system call, remembers nothing.
 *
 * The checksum is not looked at here: that would read the whole file in every
 * process. It is for whoever publishes and verifies.
 */
#pragma once

#include "base/lookup.h"
#include "cache/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One generation. Borrows the bytes: a mapping, or in tests any memory aligned to 8. */
struct snapshot {
    enum names names; /* how people are called in it; whoever reads it for others asks root */
    uint32_t domain;  /* of short names, as naming_mark() has it (cache/naming.h) */
    const unsigned char *bytes;
    size_t size;
    uint64_t seed;
    uint32_t buckets, people, groups;
    size_t ids_at, people_at, groups_at; /* where the parts start; the names table is first */
};

/*
 * False when the header does not fit the size: not a snapshot of this version, or cut. `made->names`
 * is NAMES_FULL, until the caller knows better.
 */
bool snapshot_from_bytes(const void *bytes, size_t size, struct snapshot *made);
/* A newer file has taken this one's place; known without a system call. */
#define SNAPSHOT_SUPERSEDED 8 /* where the word stands that tells */
static inline bool snapshot_is_superseded(const struct snapshot *snapshot)
{
    const void *word = snapshot->bytes + SNAPSHOT_SUPERSEDED;

    return __atomic_load_n((const uint32_t *)word, __ATOMIC_ACQUIRE) != 0;
}

struct snapshot_person {
    uint32_t uid;
    char *name, *gecos, *home, *shell;
};
struct snapshot_group {
    uint32_t gid;
    char *name;
    char **members; /* NULL-terminated */
};

/* Where the texts of an answer go. */
struct answer_space {
    char *bytes;
    size_t size;
    bool too_small; /* set, beside LOOKUP_UNAVAILABLE, when there is an answer but no room */
};

/*
 * LOOKUP_UNAVAILABLE: the file is damaged. `found` is untouched unless LOOKUP_FOUND. A name that is
 * asked for has been found legal by the caller (cache/name.h); the answer has exactly that name.
 */
enum lookup snapshot_person_by_name(const struct snapshot *snapshot, const char *name,
                                    struct answer_space *space, struct snapshot_person *found);
enum lookup snapshot_person_by_uid(const struct snapshot *snapshot, uint32_t uid,
                                   struct answer_space *space, struct snapshot_person *found);
/* A person's name or uid finds the person's own group. */
enum lookup snapshot_group_by_name(const struct snapshot *snapshot, const char *name,
                                   struct answer_space *space, struct snapshot_group *found);
enum lookup snapshot_group_by_gid(const struct snapshot *snapshot, uint32_t gid,
                                  struct answer_space *space, struct snapshot_group *found);

/* Its name alone, into `name`, which holds nothing of use unless LOOKUP_FOUND. */
enum lookup snapshot_group_name(const struct snapshot *snapshot, uint32_t gid,
                                char name[NAME_MOST + 1]);

/* The groups of a person beside the own one. */
struct snapshot_gids {
    const uint32_t *words; /* in the file: read by snapshot_gid only */
    uint32_t count;
};
enum lookup snapshot_gids_of(const struct snapshot *snapshot, const char *name,
                             struct snapshot_gids *found);
/* 0 where the file holds what cannot be a gid of ours. */
uint32_t snapshot_gid(const struct snapshot_gids *gids, uint32_t index);
/* To `out`, which has room for `most`: those that can be gids of ours, without `skipped`. How many. */
size_t snapshot_gids_copy(const struct snapshot_gids *gids, uint32_t skipped, uint32_t *out,
                          size_t most);
