/* SPDX-License-Identifier: MIT */
/*
 * Files of the private folder: made whole or not at all, read only when they
 * are regular, owned by us and closed to everybody else. libc only.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <sys/stat.h>

/* The folder at `path`: ours, 0700, not a link. Yields a descriptor, or -1. */
int private_folder_open(const char *path, struct error *why);
/* Opens `name` without following links. -1 also when it is missing (`errno` is then ENOENT). */
int private_file_open(int folder, const char *name, int flags, struct error *why);
/* Owner, kind and mode are as they must be. */
bool private_file_check(const struct stat *status, const char *name, struct error *why);

/*
 * Makes `name` of `length` bytes that begin with `bytes` (the rest is zero, and
 * allocated), durably. A file with such a rest is meant to be mapped and is written in
 * place even on btrfs (ioctl_iflags(2), FS_NOCOW_FL; no checksums then, and a snapshot of
 * the volume makes each page be copied once more). False with `errno` EEXIST when there is
 * one already, which stays as it is.
 */
bool private_file_create(int folder, const char *name, const void *bytes, size_t count,
                         size_t length, struct error *why);
