/* SPDX-License-Identifier: MIT */
/* What an acceptance must be like to be recorded, whoever brings it. */
#pragma once

#include "cache/local.h"
#include "cache/store_internal.h"

/* Issuer, object id, home, shell, gecos and verifier; ERROR_MALFORMED. */
bool acceptance_check(const struct acceptance *acceptance, struct error *why);
/* The full name by itself, and what it becomes here beside the local files; ERROR_REFUSED. */
bool name_check(const struct naming *naming, const struct local *local, const char *name,
                struct error *why);
/* A short name that a group of ours has too: `%name` in sudoers would mean both. */
enum lookup name_is_a_groups(struct store *store, const char *name, struct error *why);
/*
 * Within a write transaction: the name may be new to the person, but must not be anybody else's,
 * nor, if it is short, a group's; ERROR_REFUSED. `uid` is 0 for somebody new, who is to get `chosen`.
 */
bool name_is_free(struct store *store, const char *name, uint32_t uid, uint32_t chosen,
                  struct error *why);
