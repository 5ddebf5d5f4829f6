/* SPDX-License-Identifier: MIT */
/*
 * The bytes of a snapshot: the only ways into them, the search in its tables, and its
 * records as numbers that have been checked against each other and the size. Nothing else
 * of the readers touches the file. For the files cache/snapshot_*.c only; libc only.
 */
#pragma once

#include "cache/snapshot_read.h"

/* Copies what a record has been found to hold; from then on only the copy counts. */
void record_copy(const struct snapshot *s, size_t at, void *out, size_t size);
bool record_has_text(const struct snapshot *s, size_t at, const char *text, size_t length);

struct search {
    size_t table;
    uint32_t bucket, key, seen;
};
struct search search_for_name(const struct snapshot *s, const char *name, size_t length);
struct search search_for_id(const struct snapshot *s, uint32_t id);
/* Where the next record with this key is said to be; 0: there is no other. */
size_t search_next(const struct snapshot *s, struct search *search);

struct person_record {
    uint32_t uid, gids;
    size_t name, gecos, home, shell; /* lengths without the NUL */
    size_t text_at, text_size, gids_at, end;
};

struct group_record {
    uint32_t gid, members;
    size_t name, members_size; /* the name's length without the NUL */
    size_t text_at, end;
    bool own; /* made from a person's record */
};

/* False: what stands at `at` is no such record. */
bool person_record_read(const struct snapshot *s, size_t at, struct person_record *record);
bool group_record_read(const struct snapshot *s, size_t at, struct group_record *record);
/* Of a person or of a group, as a group. */
bool group_record_read_any(const struct snapshot *s, size_t at, struct group_record *record);
/* The group that each person has, with the same name and number. */
struct group_record group_record_own(const struct person_record *person);
