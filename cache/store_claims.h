/* SPDX-License-Identifier: MIT */
/* The groups that the platform says a person is in, as it says it: what `allow` is judged by. */
#pragma once

#include "cache/store.h"

/* Within a write transaction: makes them exactly `object_ids`. Writes nothing when they are. */
bool claims_record(struct store *store, uint32_t uid, const struct strings *object_ids,
                   struct error *why);
