/* SPDX-License-Identifier: MIT */
/*
 * The snapshot file as bytes; latchkey-snapshot(5) tells it in words.
 *
 *     header | names table | ids table | people | groups
 *
 * All numbers are little-endian. Each part starts at a multiple of a cache
 * line. Where the parts are follows from the counts, so there is no offset in
 * the header to be forged. A file is never changed once it has its name, but
 * for the word `superseded`.
 */
#pragma once

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define SNAPSHOT_MAGIC       "LATCHKY2"
#define SNAPSHOT_LINE        64u
#define SNAPSHOT_UNIT        8u                  /* places of records are counted in these */
#define SNAPSHOT_SIZE_MOST   (UINT64_C(1) << 35) /* what 32 bits of units can reach */
#define SNAPSHOT_TEXT_MOST   1023u               /* of gecos, home and shell each */
#define SNAPSHOT_PROBES_MOST 32u                 /* buckets that one question may look at */

struct snapshot_header {
    char magic[8];
    uint32_t superseded; /* not 0: a newer file has taken the name. Not in the checksum */
    uint32_t domain;     /* with short names: naming_mark() of whose people they are; else 0 */
    uint64_t generation;
    uint64_t size;     /* of the whole file */
    uint64_t checksum; /* of the whole file, with this field and `superseded` as 0 */
    uint64_t seed;     /* of both hashes */
    uint32_t people;
    uint32_t groups;
    uint64_t people_size; /* bytes of the part; the groups have the rest */
};
_Static_assert(sizeof(struct snapshot_header) == SNAPSHOT_LINE, "the header is one line");

/* Both tables have snapshot_buckets() of these. Filled from the front; the first empty entry ends
 * a search; a full bucket goes on in the next one, after the last in the first. */
struct snapshot_entry {
    uint32_t key;   /* low half of the name's hash, or the id itself */
    uint32_t place; /* of the record, in units from the start of the file; 0: empty */
};
#define SNAPSHOT_BUCKET (SNAPSHOT_LINE / sizeof(struct snapshot_entry))

/* Then: name, gecos, home, shell, each with a NUL; zeros to a multiple of 4; the gids; zeros to a
 * whole unit. The person's own group (gid = uid, same name, no members) is not stored. */
struct snapshot_person_record {
    uint32_t uid;
    uint32_t gids;                     /* how many */
    uint16_t name, gecos, home, shell; /* lengths without the NUL */
};

/* Then: the name with a NUL; zeros to a multiple of 4; the places of the members' records, in the
 * order of the file; zeros to a whole unit. */
struct snapshot_group_record {
    uint32_t gid;
    uint32_t members; /* how many */
    uint32_t
        members_size; /* bytes of all their names with the NULs: the room that an answer takes */
    uint32_t name;    /* length without the NUL */
};

static inline uint64_t snapshot_round_up(uint64_t size, uint64_t unit)
{
    return (size + unit - 1) / unit * unit;
}

/* Half of the entries stay empty, so that nearly every search ends in its first line. */
static inline uint64_t snapshot_buckets(uint64_t records)
{
    return records / (SNAPSHOT_BUCKET / 2) + 1;
}

static inline uint64_t snapshot_mix(uint64_t hash)
{
    hash *= UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 32;
}

static inline uint64_t snapshot_word(const char *bytes)
{
    uint64_t word;

    memcpy(&word, bytes, sizeof word);
    return le64toh(word);
}

/* Eight bytes at a time, the last eight again if the length is no multiple of eight. */
static inline uint64_t snapshot_hash_name(uint64_t seed, const char *name, size_t length)
{
    uint64_t hash = snapshot_mix(seed ^ length), last = 0;

    for (size_t i = 0; i + 8 <= length; i += 8)
        hash = snapshot_mix(hash ^ snapshot_word(name + i));
    if (length >= 8)
        last = snapshot_word(name + length - 8);
    else
        for (size_t i = 0; i < length; i++)
            last = last << 8 | (unsigned char)name[i];
    return snapshot_mix(snapshot_mix(hash ^ last));
}

static inline uint64_t snapshot_hash_id(uint64_t seed, uint32_t id)
{
    return snapshot_mix(snapshot_mix(seed ^ id));
}

/* Where a search starts: the high half of the hash, scaled. */
static inline uint64_t snapshot_first_bucket(uint64_t hash, uint64_t buckets)
{
    return (hash >> 32) * buckets >> 32;
}
