/* SPDX-License-Identifier: MIT */
/* Whether others could have exchanged a file that is believed. */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

bool only_owner_writes(const struct stat *status);

/*
 * True when each folder above `path`, which belongs to `owner`, can be written by its owner alone;
 * or by others, if it is sticky and what we use in it belongs to root or to the caller. The path is
 * used up.
 */
bool folders_are_closed(char *path, uid_t owner);
