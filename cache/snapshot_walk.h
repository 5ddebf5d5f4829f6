/* SPDX-License-Identifier: MIT */
/* Everybody in a snapshot, one after the other. libc only. */
#pragma once

#include "cache/snapshot_read.h"

/* A walk over everybody, in the order of the file. Starts zeroed; moves on only with LOOKUP_FOUND. */
struct snapshot_walk {
    size_t at;
    uint32_t index;
};
enum lookup snapshot_next_person(const struct snapshot *snapshot, struct snapshot_walk *walk,
                                 struct answer_space *space, struct snapshot_person *found);
/* People's own groups first, then the others. */
enum lookup snapshot_next_group(const struct snapshot *snapshot, struct snapshot_walk *walk,
                                struct answer_space *space, struct snapshot_group *found);
