/* SPDX-License-Identifier: MIT */
/*
 * The groups of an import: each is looked up, or gets name and gid, once, however many people are in
 * it. Private to the import. Starts zeroed; a number stands for a group.
 */
#pragma once

#include "cache/store_groups.h"
#include "cache/store_import.h"

/* Ids that were chosen a moment ago and are not bound yet. */
struct chosen {
    uint32_t *ids;
    size_t count, room;
};
bool chosen_add(struct chosen *chosen, uint32_t id, struct error *why);

struct known_group {
    char *key;    /* issuer, tenant, object id */
    uint32_t gid; /* 0: cannot be a Unix group here */
};

struct new_group {
    struct group_plan plan;
    uint32_t number;
};

struct import_groups {
    struct known_group *known;
    struct new_group *new; /* those of the batch that is under way */
    uint32_t *slots;       /* numbers from 1 by hash of the key */
    size_t count, room, slot_count, new_count, new_room;
};

/* Its number, known or planned. `of`: issuer and tenant. */
bool import_group_find(struct import_groups *groups, struct store *store, const struct local *local,
                       const struct account *of, const struct imported_group *asked,
                       struct chosen *chosen, uint32_t *number, struct error *why);
/* Within a write transaction: makes the new ones. */
bool import_groups_bind(struct import_groups *groups, struct store *store,
                        const struct local *local, time_t now, bool *lost, struct error *why);
void import_groups_keep(struct import_groups *groups);   /* the transaction was committed */
void import_groups_forget(struct import_groups *groups); /* the new ones, if it was not */
uint32_t import_group_gid(const struct import_groups *groups, uint32_t number);
void import_groups_release(struct import_groups *groups);
