/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot: the only ways into them, the search in its tables, and its
 * records as numbers that have been checked against each other and the size. Nothing else
 * of the readers touches the file. For the files cache/snapshot_*.c only; libc only.
 */
#pragma once

#include "cache/name_kinds.h"
#include "cache/snapshot_format.h"
#include "cache/snapshot_read.h"

/* `at` is a multiple of 4 and inside. Read once, whoever writes to the file meanwhile. */
static inline uint32_t word_at(const struct snapshot *s, size_t at)
{
    return le32toh(
        __atomic_load_n((const uint32_t *)(const void *)(s->bytes + at), __ATOMIC_RELAXED));
}

/* Read once, in the same way. */
static inline piece piece_of_file(const unsigned char *bytes)
{
    typedef piece piece_of_others __attribute__((aligned(1), may_alias));

    return *(const volatile piece_of_others *)(const volatile void *)bytes;
}

/* From the file. Once this is done only the copy counts. */
void bytes_copy(const void *bytes, void *out, size_t size);

/* Copies what a record has been found to hold. */
static inline void record_copy(const struct snapshot *s, size_t at, void *out, size_t size)
{
    bytes_copy(s->bytes + at, out, size);
}

static inline bool record_has_text(const struct snapshot *s, size_t at, const char *text,
                                   size_t length)
{
    return memcmp(s->bytes + at, text, length) == 0;
}

/* Has the memory bring a record, up to the name, while others go on. */
static inline void record_call(const struct snapshot *s, size_t at)
{
    __builtin_prefetch(s->bytes + at);
    __builtin_prefetch(s->bytes + at + SNAPSHOT_LINE);
}

struct search {
    size_t table;
    uint32_t bucket, key, seen; /* `seen`: so many buckets */
    bool ended;
    size_t at;        /* of the last bucket that was looked at */
    uint64_t matches; /* its entries still to be tried: of eight bits each, the lowest */
};

static inline struct search search_for_name(const struct snapshot *s, const char *name,
                                            size_t length)
{
    uint64_t hash = snapshot_hash_name(s->seed, name, length);

    return (struct search){.table = sizeof(struct snapshot_header),
                           .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets),
                           .key = (uint32_t)hash};
}

static inline struct search search_for_id(const struct snapshot *s, uint32_t id)
{
    uint64_t hash = snapshot_hash_id(s->seed, id);

    return (struct search){
        .table = s->ids_at, .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets), .key = id};
}

typedef uint32_t two_entries __attribute__((vector_size(PIECE)));

static inline uint64_t search_piece(const struct snapshot *s, size_t at, two_entries wanted)
{
    return bits_of((piece)((two_entries)piece_of_file(s->bytes + at) == wanted));
}

/* All entries at once, for which of them is the one cannot be guessed. */
static inline void search_bucket(const struct snapshot *s, struct search *search)
{
    const two_entries wanted = {htole32(search->key), 0, htole32(search->key), 0};
    const size_t at = search->table + (size_t)search->bucket * SNAPSHOT_LINE;
    uint64_t equal = search_piece(s, at, wanted) | search_piece(s, at + 16, wanted) << 16 |
                     search_piece(s, at + 32, wanted) << 32 |
                     search_piece(s, at + 48, wanted) << 48;
    uint64_t empty;

    search->at = at;
    empty = equal & UINT64_C(0x1010101010101010);
    search->matches = equal & UINT64_C(0x0101010101010101) & ((empty & -empty) - 1);
    search->ended = empty != 0;
    search->seen++;
    if (++search->bucket == s->buckets)
        search->bucket = 0;
}

/* Where the next record with this key is said to be; 0: there is no other. */
static inline size_t search_next(const struct snapshot *s, struct search *search)
{
    size_t entry, at;

    while (!search->matches) {
        if (search->ended || search->seen == SNAPSHOT_PROBES_MOST)
            return 0;
        search_bucket(s, search);
    }
    entry = search->at + (size_t)__builtin_ctzll(search->matches);
    search->matches &= search->matches - 1;
    at = (size_t)word_at(s, entry + offsetof(struct snapshot_entry, place)) * SNAPSHOT_UNIT;
    record_call(s, at);
    __builtin_prefetch(s->bytes + at + (size_t)2 * SNAPSHOT_LINE);
    return at;
}

struct person_record {
    uint32_t uid, gids;
    size_t name, gecos, home, shell; /* lengths without the NUL */
    size_t text_at, text_size, gids_at, end;
};

struct group_record {
    uint32_t gid, members;
    size_t name, members_size; /* the name's length without the NUL */
    size_t text_at, members_at, end;
    bool own; /* made from a person's record */
};

static inline bool window_has(struct id_window window, uint32_t id)
{
    return id >= window.least && id <= window.most;
}

/* False: what stands at `at` is no such record. `window`: the one in force. */
static inline bool person_record_read_in(const struct snapshot *s, struct id_window window,
                                         size_t at, struct person_record *record)
{
    const size_t head = sizeof(struct snapshot_person_record);
    uint32_t one, two;
    uint64_t end;

    if (at < s->people_at || at > s->groups_at || s->groups_at - at < head)
        return false;
    one = word_at(s, at + offsetof(struct snapshot_person_record, name));
    two = word_at(s, at + offsetof(struct snapshot_person_record, home));
    *record = (struct person_record){.uid = word_at(s, at),
                                     .gids = word_at(s, at + 4),
                                     .name = one & 0xffff,
                                     .gecos = one >> 16,
                                     .home = two & 0xffff,
                                     .shell = two >> 16,
                                     .text_at = at + head};
    record->text_size = record->name + record->gecos + record->home + record->shell + 4;
    record->gids_at = record->text_at + (size_t)snapshot_round_up(record->text_size, 4);
    end = snapshot_round_up((uint64_t)record->gids_at + (uint64_t)record->gids * 4, SNAPSHOT_UNIT);
    record->end = (size_t)end;
    return end <= s->groups_at && window_has(window, record->uid) && record->name - 1 < NAME_MOST &&
           record->gecos <= SNAPSHOT_TEXT_MOST && record->home <= SNAPSHOT_TEXT_MOST &&
           record->shell <= SNAPSHOT_TEXT_MOST;
}

static inline bool person_record_read(const struct snapshot *s, size_t at,
                                      struct person_record *record)
{
    return person_record_read_in(s, id_window(), at, record);
}

/* The same of a group. */
bool group_record_read(const struct snapshot *s, size_t at, struct group_record *record);
/* Where the record of this member is said to be; `index` is less than record->members. */
static inline size_t member_at(const struct snapshot *s, const struct group_record *record,
                               uint32_t index)
{
    return (size_t)word_at(s, record->members_at + (size_t)index * sizeof(uint32_t)) *
           SNAPSHOT_UNIT;
}

/* Of a person or of a group, as a group. */
bool group_record_read_any(const struct snapshot *s, size_t at, struct group_record *record);
/* The group that each person has, with the same name and number. */
struct group_record group_record_own(const struct person_record *person);
