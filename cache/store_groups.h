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
