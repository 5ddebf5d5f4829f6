/* SPDX-License-Identifier: MIT */
/* The groups of one acceptance: which of them can be Unix groups here, and with which ids. */
#pragma once

#include "base/strings.h"
#include "cache/ids.h"

struct group_plan {
    struct account account; /* the group's */
    char name[NAME_MOST + 1];
    struct id_choice choice;
};

struct groups_plan {
    struct group_plan *groups;
    size_t count;
    struct strings left_out; /* object ids whose names cannot be used */
    bool given;              /* false: memberships stay as they are */
};

/* Chooses names and ids; records nothing. `issuer` and `tenant` are those of `person`. */
bool groups_plan(struct store *store, const struct local *local, const struct account *person,
                 const struct strings *object_ids, struct groups_plan *plan, struct error *why);
void groups_plan_release(struct groups_plan *plan);

/*
 * Within a write transaction: makes groups that are new, and the memberships of `uid` those of
 * the plan. `*lost` as in ids_bind; `*changed` when the snapshot would show a difference.
 */
bool groups_record(struct store *store, struct groups_plan *plan, uint32_t uid, time_t now,
                   bool *lost, bool *changed, struct error *why);

/* ---- one group, for those who do many ---- */

#include "cache/store_internal.h"

/* The name that its object id gives it; false: none that a group may have here. */
bool group_name_choose(const struct local *local, const char *object_id, char name[NAME_MOST + 1]);
/* `*known`: the group has been here before, and keeps the name it got then. */
bool group_name_read(sqlite3 *db, const struct account *account, char name[NAME_MOST + 1],
                     bool *known, struct error *why);
/* `chosen`: ids that are not to be had, because they were chosen a moment ago. */
bool group_id_choose(struct store *store, const struct local *local, struct group_plan *group,
                     const uint32_t *chosen, size_t count, struct error *why);
/* Whether another group of this host has the name, or, for one that is new, a person with a short name. */
bool group_name_is_taken(struct store *store, const struct group_plan *group, bool *taken,
                         struct error *why);
/* Within a write transaction, when its id is bound. One that is there keeps its name. */
bool group_write(sqlite3 *db, const struct group_plan *group, struct error *why);
