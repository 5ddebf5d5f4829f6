/* SPDX-License-Identifier: MIT */
/* What a builder holds, and the image that is made of it. Only for cache/snapshot_*.c. */
#pragma once

#include "base/error.h"
#include "cache/gid_index.h"
#include "cache/name.h"
#include "cache/snapshot_format.h"

/* Bytes at the end of which one can write. Zeros follow up to the next line. */
struct growing {
    unsigned char *bytes;
    size_t size, room;
};

struct built_group {
    uint32_t gid, name; /* the name's length */
    size_t name_at;     /* in the builder's group_names */
    uint64_t at;        /* of the record, in the image's groups */
};

struct snapshot_builder {
    enum names names;
    uint32_t domain;
    struct growing people; /* records as they will stand in the file */
    uint32_t people_count;
    size_t memberships;
    struct growing group_names;
    struct growing groups; /* of struct built_group */
    uint32_t group_count;
    struct gid_index gids; /* of the groups */
};

/* The file in pieces, each a whole number of lines. */
struct image {
    struct snapshot_header header; /* as it will be written, the checksum too */
    unsigned char *tables;
    unsigned char *people; /* borrowed from the builder */
    unsigned char *groups;
    size_t tables_size, people_size, groups_size;
};

/* Fails when a name or id is used twice, or a person is in a group that was not added. */
bool image_make(struct snapshot_builder *builder, uint64_t generation, struct image *made,
                struct error *why);
void image_release(struct image *image);
/* Makes the checksum right, the last thing that is done to a header. */
void image_seal(struct image *image);

/* One person's record, as far as laying out needs it. Starts zeroed. */
struct built_person {
    uint32_t number; /* from 1 */
    uint32_t uid, gids;
    uint32_t name; /* the name's length */
    size_t at, gids_at, next;
};
bool next_person(const struct snapshot_builder *builder, struct built_person *person);
const char *name_of(const struct snapshot_builder *builder, const struct built_person *person);

/* Makes the tables of an image whose people and groups are ready, for a seed that it chooses. */
bool tables_make(struct snapshot_builder *builder, struct image *image, uint64_t *seed,
                 struct error *why);

/* Where the people start in the file. */
static inline uint64_t people_part_at(const struct snapshot_builder *builder)
{
    uint64_t records = (uint64_t)builder->people_count + builder->group_count;

    return sizeof(struct snapshot_header) + 2 * snapshot_buckets(records) * SNAPSHOT_LINE;
}

/* Uninitialised, for what is filled in no order; for free(). */
void *large_alloc(size_t size);

static inline struct built_group *groups_of(const struct snapshot_builder *builder)
{
    return (struct built_group *)(void *)builder->groups.bytes;
}

/* Room for `size` more bytes, zeroed, at the end; NULL when memory is out. */
void *growing_add(struct growing *growing, size_t size);
