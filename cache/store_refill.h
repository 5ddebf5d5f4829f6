/* SPDX-License-Identifier: MIT */
/* From snapshots into an empty store. Private to store_recover. */
#pragma once

#include "cache/snapshot_read.h"
#include "cache/store_internal.h"
#include "cache/store_recover.h"

bool refill_begin(sqlite3 *db, struct error *why);
/* The newest first: what an older one adds does not change what stands already. */
bool refill_from(sqlite3 *db, const struct snapshot *snapshot, struct recovered *recovered,
                 struct error *why);
bool refill_end(sqlite3 *db, struct error *why);
