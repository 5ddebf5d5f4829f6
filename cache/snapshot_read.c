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
    if (memcmp(header.magic, SNAPSHOT_MAGIC, sizeof header.magic) != 0 ||
        le64toh(header.size) != size || size > SNAPSHOT_SIZE_MOST || people_at > size ||
        le64toh(header.people_size) > size - people_at || size % SNAPSHOT_LINE != 0 ||
        le64toh(header.people_size) % SNAPSHOT_LINE != 0)
        return false;
    *made = (struct snapshot){
        .bytes = bytes,
        .size = size,
        .domain = le32toh(header.domain),
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

_Static_assert(SNAPSHOT_SUPERSEDED == offsetof(struct snapshot_header, superseded),
               "the word that tells of a newer file");

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
        if (lookup == LOOKUP_FOUND)
            record = group_record_own(&person);
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

typedef uint32_t four __attribute__((vector_size(16)));

/* Which numbers may be given. */
struct limits {
    struct id_window window;
    uint32_t skipped;
};

static bool may_give(const struct limits *limits, uint32_t gid)
{
    return gid >= limits->window.least && gid <= limits->window.most && gid != limits->skipped;
}

static bool may_give_all(const struct limits *limits, const uint32_t *gids, size_t count)
{
    const uint32_t range = limits->window.most - limits->window.least;
    uint32_t refusals[4];
    four refused = {0};
    size_t i = 0;

    for (four next; i + 4 <= count; i += 4) {
        memcpy(&next, gids + i, sizeof next);
        refused |= (four)(next - limits->window.least > range) | (four)(next == limits->skipped);
    }
    memcpy(refusals, &refused, sizeof refusals);
    for (; i < count; i++)
        refusals[0] |= !may_give(limits, gids[i]);
    return !(refusals[0] | refusals[1] | refusals[2] | refusals[3]);
}

static size_t leave_given(const struct limits *limits, uint32_t *gids, size_t count)
{
    size_t left = 0;

    for (size_t i = 0; i < count; i++)
        if (may_give(limits, gids[i]))
            gids[left++] = gids[i];
    return left;
}

/* Copied first, then judged: what is judged is not to change any more. */
size_t snapshot_gids_copy(const struct snapshot_gids *gids, uint32_t skipped, uint32_t *out,
                          size_t most)
{
    const struct limits limits = {.window = id_window(), .skipped = skipped};
    size_t taken = 0, step;

    for (size_t i = 0; i < gids->count && taken < most; i += step) {
        uint32_t *next = out + taken;

        step = gids->count - i < most - taken ? gids->count - i : most - taken;
        bytes_copy(gids->words + i, next, step * sizeof *next);
        for (size_t k = 0; k < step; k++)
            next[k] = le32toh(next[k]);
        taken += may_give_all(&limits, next, step) ? step : leave_given(&limits, next, step);
    }
    return taken;
}
