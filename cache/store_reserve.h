/* SPDX-License-Identifier: MIT */
/* Gids for groups of the directory that nobody may have been seen in yet. */
#pragma once

#include "cache/store.h"

/*
 * Whether every id that was ever given lies in the window of this process (cache/id_window.h);
 * else ERROR_CONFIG with those that must.
 */
bool store_window_check(struct store *store, struct error *why);
/*
 * The same; and if so nobody can write to the store until it is closed, while root puts the window in
 * force. Nothing else may be done with the store.
 */
bool store_window_hold(struct store *store, struct error *why);

/*
 * For whoever puts the window of this process in force afterwards. gids[i] for object_ids->items[i]: as a sign-in would give it, bound for good. `of` says issuer and
 * tenant. ERROR_CONFIG: a group cannot be shown on this host, so nobody would be seen in it.
 */
bool store_reserve_groups(struct store *store, const struct account *of,
                          const struct strings *object_ids, time_t now, uint32_t *gids,
                          struct error *why);
