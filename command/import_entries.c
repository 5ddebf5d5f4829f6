/* SPDX-License-Identifier: MIT */
#include "command/import_entries.h"

#include "cache/first_id.h"
#include "cache/snapshot_format.h"

#include <stdlib.h>
#include <sys/random.h>

bool entries_begin(struct entries *entries, struct error *why)
{
    *entries = (struct entries){.count = 0};
    return getrandom(&entries->seed, sizeof entries->seed, 0) == sizeof entries->seed ||
           error_set(why, ERROR_SYSTEM, "no random numbers");
}

void entries_release(struct entries *entries)
{
    free(entries->items);
}

static uint64_t hash_account(uint64_t seed, const struct account *account)
{
    uint64_t hash = snapshot_hash_name(seed, account->issuer, strlen(account->issuer));

    hash = snapshot_hash_name(hash, account->tenant, strlen(account->tenant));
    return snapshot_hash_name(hash, account->object_id, strlen(account->object_id));
}

bool entries_add(struct entries *entries, const struct imported_person *person,
                 const struct entry *place, struct error *why)
{
    struct entry *entry;

    if (entries->count == entries->room) {
        size_t room = entries->room ? entries->room * 2 : 1024;
        struct entry *items = reallocarray(entries->items, room, sizeof *items);

        if (!items)
            return error_set(why, ERROR_SYSTEM, "no memory for so many lines");
        entries->items = items;
        entries->room = room;
    }
    entry = &entries->items[entries->count++];
    *entry = *place;
    entry->account = hash_account(entries->seed, &person->account);
    entry->name = snapshot_hash_name(entries->seed, person->name, strlen(person->name));
    entry->first = first_id("person", person->account.issuer, person->name);
    return true;
}

static int order(uint64_t one, uint64_t other)
{
    return (one > other) - (one < other);
}

static int by_account(const void *one, const void *other)
{
    const struct entry *a = one, *b = other;
    int first = order(a->account, b->account);

    return first ? first : order(a->number, b->number);
}

static int by_name(const void *one, const void *other)
{
    const struct entry *a = one, *b = other;
    int first = order(a->first, b->first), second = order(a->name, b->name);

    return first ? first : second ? second : order(a->number, b->number);
}

typedef bool teller(void *context, const struct entry *entry, const struct error *why);

/* The hashes have a seed that nobody knows, so equal ones are equal texts. */
static bool mark_again(struct entries *entries, bool accounts, teller *tell, void *context)
{
    size_t kept = 0;

    for (size_t i = 1; i < entries->count; i++) {
        struct entry *this = &entries->items[i], *other = &entries->items[kept];
        struct error why;

        if (accounts ? this->account != other->account : this->name != other->name) {
            kept = i;
            continue;
        }
        if (this->again)
            continue;
        this->again = true;
        error_set(&why, ERROR_REFUSED, "line %u has the same %s", other->number,
                  accounts ? "object_id" : "name");
        if (!tell(context, this, &why))
            return false;
    }
    return true;
}

bool entries_sort_out(struct entries *entries, teller *tell, void *context)
{
    if (!entries->count)
        return true;
    qsort(entries->items, entries->count, sizeof *entries->items, by_account);
    if (!mark_again(entries, true, tell, context))
        return false;
    qsort(entries->items, entries->count, sizeof *entries->items, by_name);
    return mark_again(entries, false, tell, context);
}
