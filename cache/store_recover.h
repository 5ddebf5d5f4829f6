/* SPDX-License-Identifier: MIT */
/*
 * A new store for one that is lost or damaged, so that no id is given to somebody else: everybody
 * whom the snapshots name keeps id and name. Of accounts they tell nothing: the first account that is
 * accepted under a name, at a sign-in or in an import, claims what was recovered with it. What no
 * snapshot shows (secrets, tokens, refusals, the ids of those who were not shown) is gone.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

struct recovered {
    size_t people, groups;
    size_t bare;             /* ids without a name that is theirs alone: never to be given again */
    uint64_t generations[2]; /* that were used; 0: there was none, or it was damaged */
    char aside[64];          /* where the damaged file is now; empty: it was missing */
    bool new_key;            /* the host key was lost too */
    bool
        maps_groups; /* nss.conf gives local groups away, by ids that its groups may have no more */
};

enum recovery { RECOVERY_FAILED, RECOVERY_NOT_NEEDED, RECOVERY_DONE };

/* Run as the owner of the private folder. The damaged file is kept, under another name. */
enum recovery store_recover(const char *private_folder, const char *public_folder,
                            struct recovered *recovered, struct error *why);
