/* SPDX-License-Identifier: MIT */
/*
 * Whether a snapshot is what a publisher writes: its checksum; each record legal, in its place
 * and found by name and by id; each membership told alike by the person and by the group;
 * nothing between them. For whoever publishes and verifies: it reads all of the file.
 */
#pragma once

#include "base/error.h"
#include "cache/snapshot_read.h"

struct snapshot_facts {
    uint64_t generation, size, memberships;
    uint32_t people, groups;
    bool superseded;
};

/* Who is told of what is wrong, and at which byte of the file it begins. */
struct snapshot_faults {
    void (*tell)(void *context, size_t at, const char *what); /* NULL: nobody */
    void *context;
    size_t count; /* so many were found */
};

/* False only when memory is out: a damaged file is told by `faults`. */
bool snapshot_check(const struct snapshot *snapshot, struct snapshot_facts *facts,
                    struct snapshot_faults *faults, struct error *why);
/* Only what the header says. */
struct snapshot_facts snapshot_facts_of(const struct snapshot *snapshot);
