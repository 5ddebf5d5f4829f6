/* SPDX-License-Identifier: MIT */
/* What an entry point tells glibc: the one place that knows its words. */
#pragma once

#include "cache/snapshot_read.h"

#include <errno.h>
#include <nss.h>

/*
 * TRYAGAIN with ERANGE makes glibc call again with a larger buffer; it is said for nothing else,
 * or glibc would never stop.
 */
static inline enum nss_status answer(enum lookup lookup, const struct answer_space *space,
                                     int *error)
{
    if (lookup == LOOKUP_FOUND)
        return NSS_STATUS_SUCCESS;
    if (lookup == LOOKUP_UNAVAILABLE && space && space->too_small) {
        *error = ERANGE;
        return NSS_STATUS_TRYAGAIN;
    }
    *error = ENOENT;
    return lookup == LOOKUP_ABSENT ? NSS_STATUS_NOTFOUND : NSS_STATUS_UNAVAIL;
}
