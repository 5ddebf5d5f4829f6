/* SPDX-License-Identifier: MIT */
/* What is kept of the lines of an import between the two times that they are read. */
#pragma once

#include "cache/store_import.h"

/* A line that was found good. */
struct entry {
    uint64_t at, account, name; /* where it is; hashes */
    uint32_t length, number, first;
    bool again; /* another line is about the same person */
};

struct entries {
    struct entry *items;
    size_t count, room;
    uint64_t seed; /* of the hashes */
};

bool entries_begin(struct entries *entries, struct error *why);
void entries_release(struct entries *entries);
/* `place` says where the line is. */
bool entries_add(struct entries *entries, const struct imported_person *person,
                 const struct entry *place, struct error *why);
/*
 * Marks each but the first line about an account, or with a name, and tells of it; then puts all in the
 * order of the ids that people will have. False when `tell` was.
 */
bool entries_sort_out(struct entries *entries,
                      bool (*tell)(void *context, const struct entry *entry,
                                   const struct error *why),
                      void *context);
