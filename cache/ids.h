/* SPDX-License-Identifier: MIT */
/*
 * Which id an account gets. One space for people and groups, since a person's
 * own group has his uid: the first choice by hash (cache/first_id.h), then upwards
 * past every id that was ever given here, is in the local files, or is known to
 * another source of nsswitch.conf. Bound for good to (issuer, tenant, object id).
 */
#pragma once

#include "base/error.h"
#include "cache/local.h"
#include "cache/person.h"

#include <stddef.h>
#include <time.h>

enum id_kind { ID_NONE, ID_PERSON, ID_GROUP }; /* stored: append only */

struct id_choice {
    uint32_t id;
    bool bound;     /* is the account's already; else only free, so far as was known */
    bool recovered; /* waits for an account of its name */
};

struct store;

/*
 * Looks, takes nothing, and holds no lock, because other sources may be slow. Refuses people as
 * cache/newcomer.h says. `label` is the name of a person, the object id of a group. `avoid`: chosen a moment ago, not yet bound.
 */
bool ids_choose(struct store *store, const struct local *local, enum id_kind kind,
                const struct account *account, const char *label, const uint32_t *avoid,
                size_t avoid_count, struct id_choice *choice, struct error *why);

/*
 * The id that a store which is lost had given to `name`, if no account has claimed it and this
 * account has none; to be asked before ids_choose.
 */
enum lookup ids_recovered(struct store *store, enum id_kind kind, const struct account *account,
                          const char *name, struct id_choice *choice, struct error *why);

/*
 * Within a write transaction. `*lost`: somebody took the id since; choose again. ERROR_SYSTEM also
 * when another window of ids has been put in force meanwhile.
 */
bool ids_bind(struct store *store, enum id_kind kind, const struct account *account, time_t now,
              const struct id_choice *choice, bool *lost, struct error *why);
