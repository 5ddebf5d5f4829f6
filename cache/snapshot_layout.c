/* SPDX-License-Identifier: MIT */
/*
 * From what a builder was given to the bytes of the file. People's records are
 * ready when they were added; here come the groups with their members, and the
 * two tables.
 */
#include "base/own.h"
#include "cache/snapshot_build.h"
#include "cache/snapshot_checksum.h"

#include <sys/mman.h>

/* ---- walking over the people's records, which we have written ourselves ---- */

bool next_person(const struct snapshot_builder *builder, struct built_person *person)
{
    struct snapshot_person_record record;
    size_t at = person->next, texts;

    if (at == builder->people.size)
        return false;
    memcpy(&record, builder->people.bytes + at, sizeof record);
    texts = (size_t)le16toh(record.name) + le16toh(record.gecos) + le16toh(record.home) +
            le16toh(record.shell) + 4;
    *person = (struct built_person){.number = person->number + 1,
                                    .uid = le32toh(record.uid),
                                    .gids = le32toh(record.gids),
                                    .name = le16toh(record.name),
                                    .at = at,
                                    .gids_at = at + sizeof record + snapshot_round_up(texts, 4)};
    person->next = snapshot_round_up(person->gids_at + (size_t)person->gids * 4, SNAPSHOT_UNIT);
    return true;
}

const char *name_of(const struct snapshot_builder *builder, const struct built_person *person)
{
    return (const char *)builder->people.bytes + person->at + sizeof(struct snapshot_person_record);
}

static uint32_t gid_of(const struct snapshot_builder *builder, const struct built_person *person,
                       uint32_t i)
{
    uint32_t gid;

    memcpy(&gid, builder->people.bytes + person->gids_at + (size_t)i * 4, sizeof gid);
    return le32toh(gid);
}

#define HUGE_PAGE (UINT64_C(2) << 20)

/* In large pages where there are some: else most of the time goes into finding the pages. */
void *large_alloc(size_t size)
{
    void *bytes;

    if (size < 2 * HUGE_PAGE)
        return malloc(size);
    bytes = aligned_alloc(HUGE_PAGE, snapshot_round_up(size, HUGE_PAGE));
    if (bytes)
        madvise(bytes, snapshot_round_up(size, HUGE_PAGE), MADV_HUGEPAGE);
    return bytes;
}

/* ---- groups ---- */

/* What is found out of a group; small, as it is asked for in no order. */
struct tally {
    uint32_t members;
    uint32_t last_person; /* number of the last person found to be in it, from 1 */
    uint64_t members_size;
    uint64_t next; /* where the next member goes, in the image's groups */
};

/* What making the groups needs besides. */
struct tallies {
    struct tally *of_groups;
    uint32_t *numbers; /* of the group of each membership, from 1, in the order of people */
};

static void tallies_release(struct tallies *tallies)
{
    free(tallies->of_groups);
    free(tallies->numbers);
}

static bool count_members(const struct snapshot_builder *builder, const struct tallies *tallies,
                          struct error *why)
{
    uint32_t *numbers = tallies->numbers;

    for (struct built_person person = {0}; next_person(builder, &person);) {
        for (uint32_t i = 0; i < person.gids; i++) {
            uint32_t gid = gid_of(builder, &person, i);
            uint32_t number = gid_index_find(&builder->gids, gid);
            struct tally *group = number ? &tallies->of_groups[number - 1] : NULL;

            if (!group || group->last_person == person.number)
                return error_set(why, ERROR_MALFORMED, "snapshot: uid %u is in gid %u %s",
                                 person.uid, gid, group ? "twice" : "which is no group");
            group->last_person = person.number;
            group->members++;
            group->members_size += (uint64_t)person.name + 1;
            *numbers++ = number;
        }
    }
    return true;
}

/* Gives each group its place; the size of all of them, or 0 when one is beyond the format. */
static uint64_t place_groups(const struct snapshot_builder *builder, struct tally *tallies)
{
    struct built_group *groups = groups_of(builder);
    uint64_t at = 0;

    for (uint32_t i = 0; i < builder->group_count; i++) {
        groups[i].at = at;
        tallies[i].next = snapshot_round_up(
            at + sizeof(struct snapshot_group_record) + groups[i].name + 1, sizeof(uint32_t));
        if (tallies[i].members_size > UINT32_MAX)
            return 0;
        at = snapshot_round_up(tallies[i].next + tallies[i].members * sizeof(uint32_t),
                               SNAPSHOT_UNIT);
    }
    return at;
}

static void write_heads(const struct snapshot_builder *builder, const struct tally *tallies,
                        unsigned char *out)
{
    const struct built_group *groups = groups_of(builder);

    for (uint32_t i = 0; i < builder->group_count; i++) {
        struct snapshot_group_record record = {htole32(groups[i].gid), htole32(tallies[i].members),
                                               htole32((uint32_t)tallies[i].members_size),
                                               htole32(groups[i].name)};

        memcpy(out + groups[i].at, &record, sizeof record);
        memcpy(out + groups[i].at + sizeof record, builder->group_names.bytes + groups[i].name_at,
               groups[i].name);
    }
}

static void write_members(const struct snapshot_builder *builder, const struct tallies *tallies,
                          unsigned char *out)
{
    const uint32_t *numbers = tallies->numbers;
    uint64_t people_at = people_part_at(builder);

    for (struct built_person person = {0}; next_person(builder, &person);) {
        uint32_t place = htole32((uint32_t)((people_at + person.at) / SNAPSHOT_UNIT));

        for (uint32_t i = 0; i < person.gids; i++) {
            struct tally *group = &tallies->of_groups[*numbers++ - 1];

            memcpy(out + group->next, &place, sizeof place);
            group->next += sizeof place;
        }
    }
}

static bool lay_out_groups(const struct snapshot_builder *builder, const struct tallies *tallies,
                           struct image *image, struct error *why)
{
    uint64_t size;

    if (!count_members(builder, tallies, why))
        return false;
    size = snapshot_round_up(place_groups(builder, tallies->of_groups), SNAPSHOT_LINE);
    if ((size == 0) != (builder->group_count == 0) || size > SNAPSHOT_SIZE_MOST)
        return error_set(why, ERROR_SYSTEM, "snapshot: the groups are too large for the format");
    image->groups = large_alloc(size + 1);
    if (!image->groups)
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    memset(image->groups, 0, size);
    image->groups_size = size;
    write_heads(builder, tallies->of_groups, image->groups);
    write_members(builder, tallies, image->groups);
    return true;
}

static bool make_groups(const struct snapshot_builder *builder, struct image *image,
                        struct error *why)
{
    OWNED(tallies_release)
    struct tallies tallies = {
        .of_groups = calloc((size_t)builder->group_count + 1, sizeof(struct tally)),
        .numbers = reallocarray(NULL, builder->memberships + 1, sizeof(uint32_t))};

    if (!tallies.of_groups || !tallies.numbers)
        return error_set(why, ERROR_SYSTEM, "no memory for a snapshot");
    return lay_out_groups(builder, &tallies, image, why);
}

/* ---- the whole ---- */

void image_seal(struct image *image)
{
    struct checksum checksum = checksum_start();

    image->header.checksum = 0;
    checksum_add(&checksum, &image->header, sizeof image->header);
    checksum_add(&checksum, image->tables, image->tables_size);
    checksum_add(&checksum, image->people, image->people_size);
    checksum_add(&checksum, image->groups, image->groups_size);
    image->header.checksum = htole64(checksum_end(&checksum));
}

bool image_make(struct snapshot_builder *builder, uint64_t generation, struct image *made,
                struct error *why)
{
    struct image image = {.people = builder->people.bytes,
                          .people_size = snapshot_round_up(builder->people.size, SNAPSHOT_LINE)};
    uint64_t size, seed;

    if (!make_groups(builder, &image, why) || !tables_make(builder, &image, &seed, why)) {
        image_release(&image);
        return false;
    }
    size = sizeof image.header + image.tables_size + image.people_size + image.groups_size;
    image.header = (struct snapshot_header){.domain = htole32(builder->domain),
                                            .generation = htole64(generation),
                                            .size = htole64(size),
                                            .seed = htole64(seed),
                                            .people = htole32(builder->people_count),
                                            .groups = htole32(builder->group_count),
                                            .people_size = htole64(image.people_size)};
    memcpy(image.header.magic, SNAPSHOT_MAGIC, sizeof image.header.magic);
    image_seal(&image);
    *made = image;
    return true;
}

void image_release(struct image *image)
{
    free(image->tables);
    free(image->groups);
    *image = (struct image){0};
}
