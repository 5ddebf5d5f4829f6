/* SPDX-License-Identifier: MIT */
#include "cache/store_reserve.h"

#include "cache/store_groups.h"
#include "cache/store_internal.h"
#include "config/paths.h"

#define ROUNDS_MOST 16 /* how often ids may be lost to others before we say so */

OWN_DEFINE(release_local, struct local, local_release);

bool store_window_check(struct store *store, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(store->db,
                      "SELECT count(*), min(id), max(id) FROM (SELECT id FROM id UNION ALL"
                      " SELECT uid FROM person UNION ALL SELECT gid FROM directory_group)",
                      why);
    struct id_window window = id_window();
    int64_t least, most;

    if (!query || store_step(query, why) != STEP_ROW)
        return false;
    least = sqlite3_column_int64(query, 1);
    most = sqlite3_column_int64(query, 2);
    return sqlite3_column_int64(query, 0) == 0 || (least >= window.least && most <= window.most) ||
           error_set(why, ERROR_CONFIG,
                     "ids from %lld to %lld are given already, for good: let id_min and id_max "
                     "enclose them",
                     (long long)least, (long long)most);
}

bool store_window_hold(struct store *store, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    /* A store that cannot be written gives no ids either. */
    if ((store->writable && !transaction_write(&transaction, store, why)) ||
        !store_window_check(store, why))
        return false;
    transaction.db = NULL; /* it ends with the store */
    return true;
}

/* One that was known before has kept its name, which may have become a local one since. */
static bool all_can_be_shown(const struct groups_plan *plan, const struct local *local,
                             struct error *why)
{
    const char *hidden = plan->left_out.count ? plan->left_out.items[0] : NULL;

    for (size_t i = 0; i < plan->count && !hidden; i++)
        if (local_has_name(local, plan->groups[i].name))
            hidden = plan->groups[i].account.object_id;
    return !hidden ||
           error_set(why, ERROR_CONFIG,
                     "the group %.80s of the identity platform cannot be shown on this host: its "
                     "name is taken, or none that a group may have",
                     hidden);
}

static bool bind_all(struct store *store, const struct groups_plan *plan, time_t now, bool *lost,
                     struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    *lost = false;
    if (!transaction_write(&transaction, store, why))
        return false;
    for (size_t i = 0; i < plan->count && !*lost; i++)
        if (!ids_bind(store, ID_GROUP, &plan->groups[i].account, now, &plan->groups[i].choice, lost,
                      why))
            return false;
    return *lost || transaction_commit(&transaction, why);
}

static uint32_t gid_of(const struct groups_plan *plan, const char *object_id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->groups[i].account.object_id, object_id) == 0)
            return plan->groups[i].choice.id;
    return 0;
}

bool store_reserve_groups(struct store *store, const struct account *of,
                          const struct strings *object_ids, time_t now, uint32_t *gids,
                          struct error *why)
{
    OWNED(release_local) struct local *local = NULL;

    if (!local_read(LOCAL_PASSWD, LOCAL_GROUP, &local, why))
        return false;
    store->window_settles = true;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        OWNED(groups_plan_release) struct groups_plan plan = {0};
        bool lost;

        if (!groups_plan(store, local, of, object_ids, &plan, why) ||
            !all_can_be_shown(&plan, local, why) || !bind_all(store, &plan, now, &lost, why))
            return false;
        if (lost)
            continue;
        for (size_t i = 0; i < object_ids->count; i++)
            gids[i] = gid_of(&plan, object_ids->items[i]);
        return true;
    }
    return error_set(why, ERROR_SYSTEM, "others took every id that was chosen");
}
