/* SPDX-License-Identifier: MIT */
#include "cache/store_groups.h"

#include "base/text.h"
#include "cache/store_internal.h"

#define GUID_LENGTH 36

static bool is_guid(const char *text)
{
    for (size_t i = 0; i < GUID_LENGTH; i++)
        if (i == 8 || i == 13 || i == 18 || i == 23
                ? text[i] != '-'
                : !strchr("0123456789abcdef", text[i]) || !text[i])
            return false;
    return text[GUID_LENGTH] == '\0';
}

/* The name that a group would have; its object id is all that is known of it. */
bool group_name_choose(const struct local *local, const char *object_id, char name[NAME_MOST + 1])
{
    char folded[OBJECT_ID_MOST + 1];
    int length;

    if (!text_copy(folded, sizeof folded, object_id))
        return false;
    text_fold(folded);
    length = snprintf(name, NAME_MOST + 1, "%s%s", is_guid(folded) ? "group-" : "", folded);
    return length > 0 && length <= NAME_MOST && name_is_group(name) && !name_is_dangerous(name) &&
           !local_has_name(local, name);
}

/* `*known`: the group has been here before, and keeps the name it got then. */
bool group_name_read(sqlite3 *db, const struct account *account, char name[NAME_MOST + 1],
                     bool *known, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(db,
                      "SELECT g.name FROM directory_group g JOIN id i ON i.id = g.gid"
                      " WHERE i.kind = 2 AND i.issuer = ?1 AND i.tenant = ?2 AND i.object_id = ?3",
                      why);
    enum step step;

    if (!query)
        return false;
    if (!bind_account(query, 1, account))
        return store_failed(db, "binding", why);
    step = store_step(query, why);
    if (step == STEP_ROW && !column_copy(query, 0, name, NAME_MOST + 1))
        return store_damaged(why);
    *known = step == STEP_ROW;
    return step != STEP_FAILED;
}

void groups_plan_release(struct groups_plan *plan)
{
    free(plan->groups);
    strings_release(&plan->left_out);
    *plan = (struct groups_plan){0};
}

static bool is_planned(const struct groups_plan *plan, const char *object_id)
{
    for (size_t i = 0; i < plan->count; i++)
        if (strcmp(plan->groups[i].account.object_id, object_id) == 0)
            return true;
    return strings_have(&plan->left_out, object_id);
}

static bool group_leave_out(struct groups_plan *plan, const char *object_id, struct error *why)
{
    return strings_add(&plan->left_out, object_id) ||
           error_set(why, ERROR_SYSTEM, "no memory for a group's name");
}

static bool is_among(const uint32_t *ids, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

bool group_id_choose(struct store *store, const struct local *local, struct group_plan *group,
                     const uint32_t *chosen, size_t count, struct error *why)
{
    enum lookup recovered =
        ids_recovered(store, ID_GROUP, &group->account, group->name, &group->choice, why);

    if (recovered == LOOKUP_FOUND && !is_among(chosen, count, group->choice.id))
        return true;
    return recovered != LOOKUP_UNAVAILABLE &&
           ids_choose(store, local, ID_GROUP, &group->account, group->account.object_id, chosen,
                      count, &group->choice, why);
}

/* `chosen` collects the ids of this plan, so that no two of its groups choose the same. */
static bool group_add(struct store *store, const struct local *local, const char *object_id,
                      struct groups_plan *plan, uint32_t *chosen, struct error *why)
{
    struct group_plan *group = &plan->groups[plan->count];
    bool known = false;

    if (is_planned(plan, object_id))
        return true;
    if (!*object_id || !text_copy(group->account.object_id, OBJECT_ID_MOST + 1, object_id))
        return group_leave_out(plan, object_id, why);
    if (!group_name_read(store->db, &group->account, group->name, &known, why))
        return false;
    if (!known && !group_name_choose(local, object_id, group->name))
        return group_leave_out(plan, object_id, why);
    if (!group_id_choose(store, local, group, chosen, plan->count, why))
        return false;
    chosen[plan->count++] = group->choice.id;
    return true;
}

bool groups_plan(struct store *store, const struct local *local, const struct account *person,
                 const struct strings *object_ids, struct groups_plan *plan, struct error *why)
{
    OWNED(groups_plan_release) struct groups_plan made = {.given = object_ids != NULL};
    OWNED(free_memory) uint32_t *chosen = NULL;
    size_t count = object_ids ? object_ids->count : 0;

    if (count > GROUPS_MOST)
        return error_set(why, ERROR_MALFORMED, "a person in %zu groups; %d are possible", count,
                         GROUPS_MOST);
    made.left_out = STRINGS_WITH_LIMIT(count);
    made.groups = calloc(count + 1, sizeof *made.groups);
    chosen = calloc(count + 1, sizeof *chosen);
    if (!made.groups || !chosen)
        return error_set(why, ERROR_SYSTEM, "no memory");
    for (size_t i = 0; i < count; i++) {
        made.groups[made.count].account = (struct account){0};
        memcpy(made.groups[made.count].account.issuer, person->issuer, sizeof person->issuer);
        memcpy(made.groups[made.count].account.tenant, person->tenant, sizeof person->tenant);
        if (!group_add(store, local, object_ids->items[i], &made, chosen, why))
            return false;
    }
    *plan = made;
    made = (struct groups_plan){0};
    return true;
}

bool group_name_is_taken(struct store *store, const struct group_plan *group, bool *taken,
                         struct error *why)
{
    static const char sql[] =
        "SELECT 1 FROM directory_group WHERE name = ?1 AND gid <> ?2 UNION ALL"
        " SELECT 1 FROM person WHERE name = ?3"
        " AND NOT EXISTS (SELECT 1 FROM directory_group WHERE gid = ?2)";
    OWNED(statement_release) sqlite3_stmt *query = store_prepare(store->db, sql, why);
    bool beside_people = store->naming.names == NAMES_SHORT;
    char person[NAME_MOST + 1];
    enum step step;

    if (!query)
        return false;
    beside_people = beside_people && naming_full(&store->naming, group->name, person);
    if (!bind_text(query, 1, group->name) || !bind_number(query, 2, group->choice.id) ||
        !bind_text(query, 3, beside_people ? person : NULL))
        return store_failed(store->db, "binding", why);
    step = store_step(query, why);
    *taken = step == STEP_ROW;
    return step != STEP_FAILED;
}

bool group_write(sqlite3 *db, const struct group_plan *group, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(
        db, "INSERT INTO directory_group VALUES (?1, ?2) ON CONFLICT (gid) DO NOTHING", why);

    if (!write)
        return false;
    if (!bind_number(write, 1, group->choice.id) || !bind_text(write, 2, group->name))
        return store_failed(db, "binding", why);
    return store_run(write, why);
}

/* Makes the groups of the plan; those whose names turn out to be taken move to `left_out`. */
static bool groups_make(struct store *store, struct groups_plan *plan, time_t now, bool *lost,
                        struct error *why)
{
    size_t kept = 0;
    bool taken = false;

    *lost = false;
    for (size_t i = 0; i < plan->count; i++) {
        struct group_plan *group = &plan->groups[i];

        if (!group_name_is_taken(store, group, &taken, why))
            return false;
        if (taken) {
            if (!group_leave_out(plan, group->account.object_id, why))
                return false;
            continue;
        }
        if (!ids_bind(store, ID_GROUP, &group->account, now, &group->choice, lost, why))
            return false;
        if (*lost)
            return true;
        if (!group_write(store->db, group, why))
            return false;
        plan->groups[kept++] = *group;
    }
    plan->count = kept;
    return true;
}

/* Whether `uid` is in exactly the groups of the plan already. */
static bool memberships_equal(sqlite3 *db, const struct groups_plan *plan, uint32_t uid,
                              bool *equal, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db, "SELECT gid FROM membership WHERE uid = ?1", why);
    size_t count = 0;
    bool same = true;
    enum step step;

    if (!query)
        return false;
    if (!bind_number(query, 1, uid))
        return store_failed(db, "binding", why);
    for (; (step = store_step(query, why)) == STEP_ROW; count++) {
        int64_t gid = sqlite3_column_int64(query, 0);
        size_t i = 0;

        while (i < plan->count && plan->groups[i].choice.id != gid)
            i++;
        same = same && i < plan->count;
    }
    *equal = same && count == plan->count;
    return step == STEP_DONE;
}

static bool memberships_clear(sqlite3 *db, uint32_t uid, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(db, "DELETE FROM membership WHERE uid = ?1", why);

    if (!write)
        return false;
    if (!bind_number(write, 1, uid))
        return store_failed(db, "binding", why);
    return store_run(write, why);
}

static bool memberships_replace(sqlite3 *db, const struct groups_plan *plan, uint32_t uid,
                                struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *write = NULL;

    if (!memberships_clear(db, uid, why))
        return false;
    write = store_prepare(db, "INSERT INTO membership VALUES (?1, ?2)", why);
    if (!write)
        return false;
    for (size_t i = 0; i < plan->count; i++) {
        sqlite3_reset(write);
        if (!bind_number(write, 1, uid) || !bind_number(write, 2, plan->groups[i].choice.id))
            return store_failed(db, "binding", why);
        if (!store_run(write, why))
            return false;
    }
    return true;
}

bool groups_record(struct store *store, struct groups_plan *plan, uint32_t uid, time_t now,
                   bool *lost, bool *changed, struct error *why)
{
    bool equal = false;

    *lost = *changed = false;
    if (!plan->given)
        return true;
    if (!groups_make(store, plan, now, lost, why))
        return false;
    if (*lost)
        return true;
    if (!memberships_equal(store->db, plan, uid, &equal, why))
        return false;
    *changed = !equal;
    return equal || memberships_replace(store->db, plan, uid, why);
}
