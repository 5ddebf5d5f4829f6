/* SPDX-License-Identifier: MIT */
/*
 * The snapshot file, found trustworthy and mapped.
 *
 * Trust: the file is regular, no symbolic link, and writable by its owner
 * alone; so is each folder above it. A folder that others may write is accepted
 * only if it is sticky and what we use in it belongs to root or to the caller,
 * for there anybody could have put a file first. Owners are not asked for
 * otherwise, because they look different in user namespaces: whoever owns the
 * folders is trusted with this, and root gave them away.
 *
 * The descriptor is closed at once. A file cut short under the mapping would
 * end the process with SIGBUS; only its owner could do that.
 */
#pragma once

#include "cache/snapshot_read.h"

#include <sys/types.h>

struct mapping {
    struct snapshot snapshot;
    dev_t device;
    ino_t inode; /* not given out again while we map it */
    /* Superseded already when mapped, although it has the name: an older file that was put back.
     * The word tells nothing then. */
    bool marked;
};

/* False, with `made` untouched, when there is no file to be trusted. Keeps errno. */
bool mapping_open(struct mapping *made);
void mapping_close(struct mapping *mapping);
/* Whether the path still leads to this file. One system call. Keeps errno. */
bool mapping_has_the_name(const struct mapping *mapping);
