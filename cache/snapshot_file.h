/* SPDX-License-Identifier: MIT */
/*
 * The published file as those look at it who publish: mapped for a moment, to see whether
 * it still does its work. Those who ask who somebody is use nss_module.
 */
#pragma once

#include "cache/snapshot_read.h"

/*
 * Maps `name` in the open folder. False, with `mapped` untouched and errno set, when it is
 * not there, not a file that everybody may read and only its owner may write, or not a
 * snapshot by its header. `mapped->names` is as its first person is called. Ends with snapshot_file_unmap.
 */
bool snapshot_file_map(int folder, const char *name, struct snapshot *mapped);
/* The same for a file that was opened like this, for whoever gives rights up before he reads it. */
#define SNAPSHOT_FILE_OPEN (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
bool snapshot_file_map_open(int fd, struct snapshot *mapped);
void snapshot_file_unmap(struct snapshot *mapped); /* accepts a zeroed one */

/* Whether each byte is as it was written. Reads the whole file. */
bool snapshot_file_is_whole(const struct snapshot *mapped);
