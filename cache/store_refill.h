/* SPDX-License-Identifier: MIT */
/* From snapshots into an empty store. Private to store_recover. */
#pragma once

#include "cache/snapshot_read.h"
#include "cache/store_internal.h"
#include "cache/store_recover.h"

bool refill_begin(sqlite3 *db, struct error *why);
/*
 * The newest first: what an older one adds does not change what stands already. Whose domain cannot
 * be told: ERROR_CONFIG by the newest; of an older one only the id is kept.
 */
bool refill_from(sqlite3 *db, const struct snapshot *snapshot, bool newest,
                 struct recovered *recovered, struct error *why);
/* After them: the gids by which nss.conf knows groups that nobody may have been seen in. */
bool refill_reserved(sqlite3 *db, struct recovered *recovered, struct error *why);
bool refill_end(sqlite3 *db, struct error *why);
