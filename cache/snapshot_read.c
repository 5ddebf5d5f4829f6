/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_read.h"

#include "cache/snapshot_answer.h"
#include "cache/snapshot_format.h"

#include <string.h>

bool snapshot_from_bytes(const void *bytes, size_t size, struct snapshot *made)
{
    struct snapshot_header header;
    uint64_t buckets, people_at;

    if (size < sizeof header)
        return false;
    memcpy(&header, bytes, sizeof header);
    buckets = snapshot_buckets((uint64_t)le32toh(header.people) + le32toh(header.groups));
    people_at = sizeof header + 2 * buckets * SNAPSHOT_LINE;
    if (memcmp(header.magic, SNAPSHOT_MAGIC, sizeof header.magic) != 0 || header.zero != 0 ||
        le64toh(header.size) != size || size > SNAPSHOT_SIZE_MOST || people_at > size ||
        le64toh(header.people_size) > size - people_at || size % SNAPSHOT_LINE != 0 ||
        le64toh(header.people_size) % SNAPSHOT_LINE != 0)
        return false;
    *made = (struct snapshot){
        .bytes = bytes,
        .size = size,
        .seed = le64toh(header.seed),
        .buckets = (uint32_t)buckets,
        .people = le32toh(header.people),
        .groups = le32toh(header.groups),
        .ids_at = (size_t)(sizeof header + buckets * SNAPSHOT_LINE),
        .people_at = (size_t)people_at,
        .groups_at = (size_t)(people_at + le64toh(header.people_size)),
    };
    return true;
}

bool snapshot_is_superseded(const struct snapshot *snapshot)
{
    const unsigned char *word = snapshot->bytes + offsetof(struct snapshot_header, superseded);

    return __atomic_load_n((const uint32_t *)(const void *)word, __ATOMIC_ACQUIRE) != 0;
}

static enum lookup find_person(const struct snapshot *s, const char *name, size_t length,
                               struct person_record *record)
{
    struct search search = search_for_name(s, name, length);

    for (size_t at; (at = search_next(s, &search));) {
        if (at >= s->groups_at)
            continue; /* a group whose name has the same hash */
        if (!person_record_read(s, at, record))
            return LOOKUP_UNAVAILABLE;
        if (record->name == length && record_has_text(s, record->text_at, name, length))
            return LOOKUP_FOUND;
    }
    return LOOKUP_ABSENT;
}

static enum lookup find_group(const struct snapshot *s, const char *name, size_t length,
                              struct group_record *record)
{
    struct search search = search_for_name(s, name, length);

    for (size_t at; (at = search_next(s, &search));) {
        if (at < s->groups_at)
            continue;
        if (!group_record_read(s, at, record))
            return LOOKUP_UNAVAILABLE;
        if (record->name == length && record_has_text(s, record->text_at, name, length))
            return LOOKUP_FOUND;
    }
    return LOOKUP_ABSENT;
}

enum lookup snapshot_person_by_name(const struct snapshot *s, const char *name,
                                    struct answer_space *space, struct snapshot_person *found)
{
    struct person_record record;
    enum lookup lookup = find_person(s, name, strlen(name), &record);

    return lookup == LOOKUP_FOUND ? person_answer(s, &record, name, space, found) : lookup;
}

enum lookup snapshot_person_by_uid(const struct snapshot *s, uint32_t uid,
                                   struct answer_space *space, struct snapshot_person *found)
{
    struct search search = search_for_id(s, uid);
    struct person_record record;
    size_t at = search_next(s, &search);

    if (!at || at >= s->groups_at)
        return LOOKUP_ABSENT;
    if (!person_record_read(s, at, &record) || record.uid != uid)
        return LOOKUP_UNAVAILABLE;
    return person_answer(s, &record, NULL, space, found);
}

enum lookup snapshot_group_by_name(const struct snapshot *s, const char *name,
                                   struct answer_space *space, struct snapshot_group *found)
{
    struct group_record record;
    struct person_record person;
    struct snapshot_group group;
    enum lookup lookup = LOOKUP_ABSENT;

    if (!strchr(name, '@'))
        lookup = find_group(s, name, strlen(name), &record);
    if (lookup == LOOKUP_ABSENT && name_fits(name, s->names)) {
        lookup = find_person(s, name, strlen(name), &person);
        record = lookup == LOOKUP_FOUND ? group_record_own(&person) : record;
    }
    if (lookup == LOOKUP_FOUND)
        lookup = group_answer(s, &record, space, &group);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (strcmp(group.name, name) != 0)
        return LOOKUP_UNAVAILABLE;
    *found = group;
    return LOOKUP_FOUND;
}

enum lookup snapshot_group_by_gid(const struct snapshot *s, uint32_t gid,
                                  struct answer_space *space, struct snapshot_group *found)
{
    struct search search = search_for_id(s, gid);
    struct group_record record;
    size_t at = search_next(s, &search);

    if (!at)
        return LOOKUP_ABSENT;
    if (!group_record_read_any(s, at, &record) || record.gid != gid)
        return LOOKUP_UNAVAILABLE;
    return group_answer(s, &record, space, found);
}

enum lookup snapshot_group_name(const struct snapshot *s, uint32_t gid, char name[NAME_MOST + 1])
{
    struct search search = search_for_id(s, gid);
    struct group_record record;
    size_t at = search_next(s, &search);

    if (!at)
        return LOOKUP_ABSENT;
    if (!group_record_read_any(s, at, &record) || record.gid != gid)
        return LOOKUP_UNAVAILABLE;
    return group_name_answer(s, &record, name);
}

enum lookup snapshot_gids_of(const struct snapshot *s, const char *name,
                             struct snapshot_gids *found)
{
    struct person_record record;
    enum lookup lookup = find_person(s, name, strlen(name), &record);

    if (lookup == LOOKUP_FOUND)
        *found = (struct snapshot_gids){
            .words = (const uint32_t *)(const void *)(s->bytes + record.gids_at),
            .count = record.gids};
    return lookup;
}

uint32_t snapshot_gid(const struct snapshot_gids *gids, uint32_t index)
{
    uint32_t gid = le32toh(__atomic_load_n(&gids->words[index], __ATOMIC_RELAXED));

    return id_is_ours(gid) ? gid : 0;
}
