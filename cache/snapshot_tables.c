/* SPDX-License-Identifier: MIT */
/* The two tables of a snapshot: from a name and from an id to the place of a record. */
#include "base/own.h"
#include "cache/snapshot_build.h"

#include <sys/random.h>

#define SEEDS_MOST 16 /* so often an unlucky seed is exchanged */

struct tables {
    const struct snapshot_builder *builder;
    const struct image *image;
    uint64_t seed, buckets;
    struct snapshot_entry *names, *ids;
    uint64_t people_at, groups_at;
};

enum insertion { INSERTED, INSERTED_BEFORE, NO_ROOM };

static const char *name_at(const struct tables *tables, uint64_t place)
{
    uint64_t at = place * SNAPSHOT_UNIT;
    const unsigned char *record = at < tables->groups_at
                                      ? tables->image->people + (at - tables->people_at)
                                      : tables->image->groups + (at - tables->groups_at);

    return (const char *)record + sizeof(struct snapshot_person_record);
}
_Static_assert(sizeof(struct snapshot_person_record) == sizeof(struct snapshot_group_record),
               "the names of both stand at the same distance");

/* `name` is NULL in the ids table, where equal keys are equal ids. */
static enum insertion insert(const struct tables *tables, struct snapshot_entry *table,
                             uint64_t hash, struct snapshot_entry added, const char *name)
{
    uint64_t entries = tables->buckets * SNAPSHOT_BUCKET;
    uint64_t i = snapshot_first_bucket(hash, tables->buckets) * SNAPSHOT_BUCKET;

    for (uint32_t tries = 0; tries < SNAPSHOT_PROBES_MOST * SNAPSHOT_BUCKET; tries++) {
        if (!table[i].place) {
            table[i] = (struct snapshot_entry){htole32(added.key), htole32(added.place)};
            return INSERTED;
        }
        if (le32toh(table[i].key) == added.key &&
            (!name || strcmp(name_at(tables, le32toh(table[i].place)), name) == 0))
            return INSERTED_BEFORE;
        if (++i == entries)
            i = 0;
    }
    return NO_ROOM;
}

/* *lucky is set to false when this seed makes too long a search. */
static bool insert_record(const struct tables *tables, uint32_t id, const char *name, size_t length,
                          uint64_t at, bool *lucky, struct error *why)
{
    uint64_t by_name = snapshot_hash_name(tables->seed, name, length);
    uint64_t by_id = snapshot_hash_id(tables->seed, id);
    uint32_t place = (uint32_t)(at / SNAPSHOT_UNIT);
    enum insertion names = insert(tables, tables->names, by_name,
                                  (struct snapshot_entry){(uint32_t)by_name, place}, name);
    enum insertion ids =
        insert(tables, tables->ids, by_id, (struct snapshot_entry){id, place}, NULL);

    if (ids == INSERTED_BEFORE)
        return error_set(why, ERROR_MALFORMED, "snapshot: id %u is used twice", id);
    if (names == INSERTED_BEFORE)
        return error_set(why, ERROR_MALFORMED, "snapshot: the name of id %u is used twice", id);
    *lucky &= names == INSERTED && ids == INSERTED;
    return true;
}

static bool fill(const struct tables *tables, bool *lucky, struct error *why)
{
    const struct snapshot_builder *builder = tables->builder;

    *lucky = true;
    for (struct built_person person = {0}; *lucky && next_person(builder, &person);)
        if (!insert_record(tables, person.uid, name_of(builder, &person), person.name,
                           tables->people_at + person.at, lucky, why))
            return false;
    for (uint32_t i = 0; *lucky && i < builder->group_count; i++) {
        const struct built_group *group = &groups_of(builder)[i];

        if (!insert_record(tables, group->gid,
                           (const char *)builder->group_names.bytes + group->name_at, group->name,
                           tables->groups_at + group->at, lucky, why))
            return false;
    }
    return true;
}

static bool fill_with_some_seed(struct tables *tables, size_t size, struct error *why)
{
    bool lucky = false;

    for (unsigned i = 0; i < SEEDS_MOST && !lucky; i++) {
        if (getrandom(&tables->seed, sizeof tables->seed, 0) != sizeof tables->seed)
            return error_set(why, ERROR_SYSTEM, "no random numbers for a snapshot");
        memset(tables->names, 0, size);
        if (!fill(tables, &lucky, why))
            return false;
    }
    return lucky || error_set(why, ERROR_SYSTEM, "snapshot: no seed spreads these names");
}

bool tables_make(struct snapshot_builder *builder, struct image *image, uint64_t *seed,
                 struct error *why)
{
    struct tables tables = {.builder = builder, .image = image};
    OWNED(free_memory) unsigned char *bytes = NULL;
    size_t size;

    tables.buckets = snapshot_buckets((uint64_t)builder->people_count + builder->group_count);
    size = 2 * tables.buckets * SNAPSHOT_LINE;
    tables.people_at = people_part_at(builder);
    tables.groups_at = tables.people_at + image->people_size;
    if (tables.groups_at + image->groups_size > SNAPSHOT_SIZE_MOST)
        return error_set(why, ERROR_SYSTEM, "snapshot: too large for the format");
    bytes = large_alloc(size);
    if (!bytes)
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    tables.names = (struct snapshot_entry *)(void *)bytes;
    tables.ids = tables.names + tables.buckets * SNAPSHOT_BUCKET;
    if (!fill_with_some_seed(&tables, size, why))
        return false;
    image->tables = OWN_TAKE(bytes);
    image->tables_size = size;
    *seed = tables.seed;
    return true;
}
