/* SPDX-License-Identifier: MIT */
/* The way back to the snapshot before this one. */
#pragma once

#include "cache/snapshot_check.h"

#define SNAPSHOT_NAME     "snapshot"
#define SNAPSHOT_PREVIOUS "snapshot.previous"

struct rollback {
    struct snapshot_facts previous; /* what has been brought back */
    uint64_t generation;            /* as this one */
};

/*
 * Makes the previous file's content a new generation; the one that it takes the place of becomes the
 * previous one. LOOKUP_ABSENT, with `why`: there is none, or it is damaged; nothing was changed. The
 * store is not asked, so its next publication brings back what it holds.
 */
enum lookup snapshot_rollback(const char *private_folder, const char *public_folder,
                              struct rollback *done, struct error *why);
