/* SPDX-License-Identifier: MIT */
/* All memberships of the store at once, by uid, as people come. Only for cache/store_publish.c. */
#pragma once

#include "cache/store_internal.h"

struct membership {
    uint32_t uid, gid;
};

struct memberships {
    struct membership *all;
    size_t count, room;
    size_t next; /* the first that has not been taken */
    bool damaged;
};

/* `read` starts zeroed. False when a row breaks the rules or the order, which would hide others. */
bool memberships_read(sqlite3 *db, struct memberships *read, struct error *why);
void memberships_release(struct memberships *memberships);
