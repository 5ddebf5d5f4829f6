/* SPDX-License-Identifier: MIT */
/*
 * The names of this machine's own groups and users, which nobody of ours may have: sudo and
 * others decide by names, whatever the number, and the list of dangerous names cannot know those
 * that an administrator has chosen. A name with an `@` is never local. And the numbers of these groups,
 * of which nobody of ours is given any.
 *
 * How: for each file the bits of a Bloom filter, shared by all threads and only ever set. A name that it
 * does not hold is not local, and that is known without a system call. For one that it may
 * hold the file is read again, so that a chance hit, or a group that is gone, costs time and
 * nothing else. The filter is filled at the first question, and again when the file has
 * changed, which is looked for every two seconds at most. Nothing waits, nothing is allocated,
 * and a child forked at any moment can go on with what is there.
 */
#pragma once

#include "base/lookup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * FOUND: a group or a person of the snapshot may be shown under this name. ABSENT: LOCAL_GROUP
 * (config/paths.h) has it, or, where people have short names, LOCAL_PASSWD; upper and lower case
 * being the same, as they are to sudo. UNAVAILABLE: such a file cannot be read. Keeps errno.
 */
enum lookup local_names_permit(const char *name);
/* The same; and no group of LOCAL_GROUP has the number, for who has it is in that group. `now`: of
 * the coarse clock (nss_module/coarse.h). */
enum lookup local_names_permit_with(const char *name, uint32_t gid, unsigned now);
/* The number alone, for somebody whose name is a full one. */
enum lookup local_gid_permits(uint32_t gid, unsigned now);
/* FOUND: neither a group of LOCAL_GROUP nor a user of LOCAL_PASSWD has this number. Keeps errno. */
enum lookup local_ids_permit(uint32_t id);
/*
 * FOUND: `gids` holds none any more that a group of LOCAL_GROUP has; `*count` are left. UNAVAILABLE:
 * as above; what `gids` holds is of no use then. Keeps errno.
 */
enum lookup local_gids_leave(uint32_t *gids, size_t *count, unsigned now);
/*
 * Whether LOCAL_GROUP has the local group of mapping `i` of this process's settings, by its name and
 * number both: a number alone may have gone to another group. Call local_gids_leave first, which
 * looks how fresh that is. Keeps errno.
 */
bool local_mapping_stands(size_t i);
