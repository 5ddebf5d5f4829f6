/* SPDX-License-Identifier: MIT */
/* Everybody who is remembered, without what is secret. */
#pragma once

#include "cache/store.h"

struct exported_group {
    char object_id[OBJECT_ID_MOST + 1];
    char name[NAME_MOST + 1]; /* empty: it is no Unix group here */
};

struct exported_person {
    char name[NAME_MOST + 1], gecos[GECOS_MOST + 1];
    char home[PATH_TEXT_MOST + 1], shell[PATH_TEXT_MOST + 1];
    struct account account;
    const struct exported_group *groups;
    size_t group_count;
};

struct store_export;
bool store_export_begin(struct store *store, struct store_export **begun, struct error *why);
void store_export_release(struct store_export *export); /* accepts NULL */

/*
 * The next person by uid. No lock is held between two calls, so each person is as of his own moment.
 * Who was recovered from a snapshot and has not been claimed is left out: his account is not known.
 * `groups` has room for GROUPS_MOST.
 */
enum lookup store_export_next(struct store_export *export, struct exported_group *groups,
                              struct exported_person *person, struct error *why);
/* How many are left out. */
bool store_export_unclaimed(struct store_export *export, size_t *count, struct error *why);
