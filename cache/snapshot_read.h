/*
 * Reads the snapshot. libc only: this is loaded into every process that asks
 * who a user is. Trusts nothing in the file. Thread-safe, fork-safe, no locks
 * another process could hold, no allocation; a warm question makes no system
 * call. Fields are copied out once and checked in the copy.
 */
#pragma once

#include "base/lookup.h"
#include "cache/name.h"

#include <stddef.h>
#include <stdint.h>

struct snapshot; /* one mapped generation; reference-counted, shared by the threads of a process */

/* The current generation of the file at `path`, or NULL: absent, damaged or not trustworthy. */
struct snapshot *snapshot_acquire(const char *path);
void snapshot_release(struct snapshot *snapshot); /* accepts NULL */

/* Where the texts of an entry stand: copied into the caller's buffer, NUL-terminated. */
struct snapshot_person {
    uint32_t uid;
    const char *name, *gecos, *home, *shell;
};
struct snapshot_group {
    uint32_t gid;
    const char *name;
    char **members; /* NULL-terminated, in the buffer too */
};

/* Found, absent, or unavailable (damaged). Too small a buffer is told by `*too_small`. */
struct answer_space {
    char *bytes;
    size_t size;
    bool too_small;
};

enum lookup snapshot_person_by_name(struct snapshot *snapshot, const char *name,
                                    struct answer_space *space, struct snapshot_person *found);
enum lookup snapshot_person_by_uid(struct snapshot *snapshot, uint32_t uid,
                                   struct answer_space *space, struct snapshot_person *found);
enum lookup snapshot_group_by_name(struct snapshot *snapshot, const char *name,
                                   struct answer_space *space, struct snapshot_group *found);
enum lookup snapshot_group_by_gid(struct snapshot *snapshot, uint32_t gid,
                                  struct answer_space *space, struct snapshot_group *found);
