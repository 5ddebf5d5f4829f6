/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot: the only ways into them, the search in its tables, and its
 * records as numbers that have been checked against each other and the size. Nothing else
 * of the readers touches the file. For the files cache/snapshot_*.c only; libc only.
 */
#pragma once

#include "cache/snapshot_format.h"
#include "cache/snapshot_read.h"

/* `at` is a multiple of 4 and inside. Read once, whoever writes to the file meanwhile. */
static inline uint32_t word_at(const struct snapshot *s, size_t at)
{
    return le32toh(
        __atomic_load_n((const uint32_t *)(const void *)(s->bytes + at), __ATOMIC_RELAXED));
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

struct search {
    size_t table;
    uint32_t bucket, key, seen;
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

/* Where the next record with this key is said to be; 0: there is no other. */
static inline size_t search_next(const struct snapshot *s, struct search *search)
{
    while (search->seen < SNAPSHOT_PROBES_MOST * SNAPSHOT_BUCKET) {
        size_t at = search->table + (size_t)search->bucket * SNAPSHOT_LINE +
                    search->seen % SNAPSHOT_BUCKET * sizeof(struct snapshot_entry);
        uint32_t place = word_at(s, at + offsetof(struct snapshot_entry, place));

        if (!place)
            return 0;
        if (++search->seen % SNAPSHOT_BUCKET == 0 && ++search->bucket == s->buckets)
            search->bucket = 0;
        if (word_at(s, at) == search->key)
            return (size_t)place * SNAPSHOT_UNIT;
    }
    return 0;
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
