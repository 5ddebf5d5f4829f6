/* SPDX-License-Identifier: MIT */
#include "cache/import_groups.h"

#include "base/text.h"
#include "cache/snapshot_format.h"

#define KEY_MOST (ISSUER_MOST + TENANT_MOST + OBJECT_ID_MOST + 3)

static bool no_memory(struct error *why)
{
    return error_set(why, ERROR_SYSTEM, "no memory for groups");
}

bool chosen_add(struct chosen *chosen, uint32_t id, struct error *why)
{
    if (chosen->count == chosen->room) {
        size_t room = chosen->room ? chosen->room * 2 : 256;
        uint32_t *ids = reallocarray(chosen->ids, room, sizeof *ids);

        if (!ids)
            return no_memory(why);
        chosen->ids = ids;
        chosen->room = room;
    }
    chosen->ids[chosen->count++] = id;
    return true;
}

/* The slot that has the key, or the free one where it belongs. Keys are root's, not an enemy's. */
static uint32_t *slot_of(const struct import_groups *groups, const char *key)
{
    size_t mask = groups->slot_count - 1;
    size_t at = snapshot_hash_name(0, key, strlen(key)) & mask;

    while (groups->slots[at] && strcmp(groups->known[groups->slots[at] - 1].key, key) != 0)
        at = (at + 1) & mask;
    return &groups->slots[at];
}

static bool slots_make(struct import_groups *groups, size_t count, struct error *why)
{
    uint32_t *slots = calloc(count, sizeof *slots);

    if (!slots)
        return no_memory(why);
    free(groups->slots);
    groups->slots = slots;
    groups->slot_count = count;
    for (size_t i = 0; i < groups->count; i++)
        *slot_of(groups, groups->known[i].key) = (uint32_t)i + 1;
    return true;
}

static bool make_room(struct import_groups *groups, struct error *why)
{
    if (groups->count == groups->room) {
        size_t room = groups->room ? groups->room * 2 : 256;
        struct known_group *known = reallocarray(groups->known, room, sizeof *known);

        if (!known)
            return no_memory(why);
        groups->known = known;
        groups->room = room;
    }
    return groups->count * 2 < groups->slot_count ||
           slots_make(groups, groups->slot_count ? groups->slot_count * 2 : 1024, why);
}

static struct new_group *new_group(struct import_groups *groups)
{
    if (groups->new_count == groups->new_room) {
        size_t room = groups->new_room ? groups->new_room * 2 : 64;
        struct new_group *new = reallocarray(groups->new, room, sizeof *new);

        if (!new)
            return NULL;
        groups->new = new;
        groups->new_room = room;
    }
    groups->new[groups->new_count] = (struct new_group){.number = (uint32_t)groups->count};
    return &groups->new[groups->new_count];
}

/* Name and gid of one that is asked for the first time; gid 0 when it can have no name. */
static bool plan_new(struct import_groups *groups, struct store *store, const struct local *local,
                     const struct account *account, const struct imported_group *asked,
                     struct chosen *chosen, struct error *why)
{
    struct new_group *new = new_group(groups);
    struct group_plan *plan;
    bool known = false;

    if (!new)
        return no_memory(why);
    plan = &new->plan;
    plan->account = *account;
    if (!group_name_read(store->db, account, plan->name, &known, why))
        return false;
    if (!known && !(asked->name && text_copy(plan->name, sizeof plan->name, asked->name)) &&
        !group_name_choose(local, asked->object_id, plan->name))
        return true;
    if (!group_id_choose(store, local, plan, chosen->ids, chosen->count, why) ||
        !chosen_add(chosen, plan->choice.id, why))
        return false;
    groups->new_count++;
    return true;
}

bool import_group_find(struct import_groups *groups, struct store *store, const struct local *local,
                       const struct account *of, const struct imported_group *asked,
                       struct chosen *chosen, uint32_t *number, struct error *why)
{
    struct account account = *of;
    char key[KEY_MOST + 1];
    uint32_t *slot;

    if (!text_copy(account.object_id, sizeof account.object_id, asked->object_id))
        return error_set(why, ERROR_MALFORMED, "the object id of a group is too long");
    snprintf(key, sizeof key, "%s\n%s\n%s", account.issuer, account.tenant, account.object_id);
    if (!make_room(groups, why))
        return false;
    slot = slot_of(groups, key);
    if (!*slot) {
        if (!plan_new(groups, store, local, &account, asked, chosen, why))
            return false;
        groups->known[groups->count] = (struct known_group){.key = strdup(key)};
        if (!groups->known[groups->count].key)
            return no_memory(why);
        *slot = (uint32_t)++groups->count;
    }
    *number = *slot - 1;
    return true;
}

/* One whose name another has got is called by its object id; if that is taken too, it is left out. */
static bool settle_name(struct group_plan *plan, struct store *store, const struct local *local,
                        bool *usable, struct error *why)
{
    bool taken = false;

    if (!group_name_is_taken(store, plan, &taken, why))
        return false;
    if (taken && group_name_choose(local, plan->account.object_id, plan->name) &&
        !group_name_is_taken(store, plan, &taken, why))
        return false;
    *usable = !taken;
    return true;
}

bool import_groups_bind(struct import_groups *groups, struct store *store,
                        const struct local *local, time_t now, bool *lost, struct error *why)
{
    for (size_t i = 0; i < groups->new_count; i++) {
        struct new_group *new = &groups->new[i];
        bool usable;

        if (!settle_name(&new->plan, store, local, &usable, why))
            return false;
        if (!usable)
            continue;
        if (!ids_bind(store, ID_GROUP, &new->plan.account, now, &new->plan.choice, lost, why))
            return false;
        if (*lost)
            return true;
        if (!group_write(store->db, &new->plan, why))
            return false;
        groups->known[new->number].gid = new->plan.choice.id;
    }
    return true;
}

void import_groups_keep(struct import_groups *groups)
{
    groups->new_count = 0;
}

/* What is known of them is thrown away with all the others: it happens seldom, and is only a cache. */
void import_groups_forget(struct import_groups *groups)
{
    if (groups->new_count)
        import_groups_release(groups);
}

uint32_t import_group_gid(const struct import_groups *groups, uint32_t number)
{
    return groups->known[number].gid;
}

void import_groups_release(struct import_groups *groups)
{
    for (size_t i = 0; i < groups->count; i++)
        free(groups->known[i].key);
    free(groups->known);
    free(groups->new);
    free(groups->slots);
    *groups = (struct import_groups){0};
}
