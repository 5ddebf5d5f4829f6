/* SPDX-License-Identifier: MIT */
/*
 * Writes the snapshot: the one file that answers all lookups. Give it people
 * and groups in any order, then publish. Memory stays within three times the
 * size of the file. The format is described in latchkey-snapshot(5) and in
 * cache/snapshot_format.h.
 */
#pragma once

#include "base/error.h"
#include "cache/snapshot_read.h"

#include <stddef.h>
#include <stdint.h>

struct snapshot_builder;

bool snapshot_builder_new(struct snapshot_builder **made, struct error *why);
/*
 * How people are called that are added from now on; NAMES_FULL at first. `domain`: naming_mark() of
 * whose short names they are (cache/naming.h), else 0.
 */
void snapshot_builder_names(struct snapshot_builder *builder, enum names names, uint32_t domain);
void snapshot_builder_release(struct snapshot_builder *builder); /* accepts NULL */

/*
 * Ids, names and texts must keep the rules of cache/name.h; else false, ERROR_MALFORMED. A name
 * or an id (people and groups share them) that is used twice is told by snapshot_publish.
 */
bool snapshot_add_group(struct snapshot_builder *builder, uint32_t gid, const char *name,
                        struct error *why);
/* Leaves only gids of groups that have been added, in the same order; how many they are. All of a
 * person at once: what is waited for is memory, which brings several in the time of one. */
size_t snapshot_known_gids(const struct snapshot_builder *builder, uint32_t *gids, size_t count);
/* `gids`: the groups this person is in beside his own; each is to be added before publishing. */
bool snapshot_add_person(struct snapshot_builder *builder, uint32_t uid, const char *name,
                         const char *gecos, const char *home, const char *shell,
                         const uint32_t *gids, size_t count, struct error *why);

/*
 * Puts the new file in the place of `folder`/snapshot, durably, keeping the old one as
 * `folder`/snapshot.previous; readers see the old or the new one and nothing else. One publisher
 * at a time, which the caller sees to.
 * On false the old file is untouched; only when the folder could not be synced after all else was
 * done does the new one stand there already. An old file that belongs to somebody else is replaced
 * but may not be kept, and its readers may need two seconds to notice.
 */
bool snapshot_publish(struct snapshot_builder *builder, const char *folder, struct error *why);
/* The same for the bytes of an older file, which become a new generation; says which one. */
bool snapshot_publish_again(const struct snapshot *older, const char *folder, uint64_t *generation,
                            struct error *why);
