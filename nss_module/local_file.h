/* SPDX-License-Identifier: MIT */
/* A file of this machine's users or groups, read whole, and whether it has changed since. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/*
 * Gives the bytes of the file to `take`, piece by piece. `stamp`, never 0, is of before the reading,
 * so that a change meanwhile is seen at the next check. False, with `stamp` untouched: it cannot be
 * read, or is no file of at most 64 MiB. Allocates nothing; changes errno.
 */
bool local_file_read(const char *path, void (*take)(void *reader, const char *bytes, size_t size),
                     void *reader, unsigned *stamp);
/* Whether it is another file than that with this stamp, or cannot be looked at. */
bool local_file_has_changed(const char *path, unsigned stamp);
