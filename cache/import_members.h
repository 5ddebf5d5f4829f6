/* SPDX-License-Identifier: MIT */
/* Who is in which group, for an import. Private to it. */
#pragma once

#include "cache/store_internal.h"

struct import_members {
    sqlite3_stmt *gids, *join, *leave;
};

bool import_members_begin(struct import_members *members, sqlite3 *db, struct error *why);
void import_members_release(struct import_members *members);
/*
 * Within a write transaction: `uid` is in exactly these groups; sorts `gids`. `*changed` is set when
 * she was not before.
 */
bool import_members_record(struct import_members *members, uint32_t uid, uint32_t *gids,
                           size_t count, bool *changed, struct error *why);
