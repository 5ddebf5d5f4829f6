/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_check.h"

#include "base/own.h"
#include "cache/snapshot_answer.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_format.h"
#include "cache/snapshot_record.h"

#include <stdarg.h>

struct check {
    const struct snapshot *s;
    struct snapshot_faults *faults;
    bool *is_person; /* by the place: whether a person's record begins there */
    char *space;     /* for one group's answer */
    size_t space_size;
    uint64_t of_people, of_groups; /* memberships */
};

/* `at` is the place of what could be a person's record. */
static bool *is_person_at(const struct check *check, size_t at)
{
    return &check->is_person[(at - check->s->people_at) / SNAPSHOT_UNIT];
}

static void check_release(struct check *check)
{
    free(check->is_person);
    free(check->space);
}

static void __attribute__((format(printf, 3, 4)))
fault(struct check *check, size_t at, const char *format, ...)
{
    char what[160];
    va_list values;

    va_start(values, format);
    vsnprintf(what, sizeof what, format, values);
    va_end(values);
    check->faults->count++;
    if (check->faults->tell)
        check->faults->tell(check->faults->context, at, what);
}

/* Where the first record stands that a search by this name finds; 0: none. */
static size_t place_of_name(const struct snapshot *s, const char *name, size_t length)
{
    struct search search = search_for_name(s, name, length);
    struct group_record record;

    for (size_t at; (at = search_next(s, &search));)
        if (group_record_read_any(s, at, &record) && record.name == length &&
            record_has_text(s, record.text_at, name, length))
            return at;
    return 0;
}

static size_t place_of_id(const struct snapshot *s, uint32_t id)
{
    struct search search = search_for_id(s, id);

    return search_next(s, &search);
}

static void check_found(struct check *check, size_t at, const char *name, uint32_t id)
{
    if (place_of_name(check->s, name, strlen(name)) != at)
        fault(check, at, "%.100s (id %u) is not found by name", name, id);
    if (place_of_id(check->s, id) != at)
        fault(check, at, "%.100s (id %u) is not found by id", name, id);
}

static void check_zeros(struct check *check, size_t from, size_t to)
{
    for (; from < to; from++)
        if (check->s->bytes[from]) {
            fault(check, from, "something stands behind the last record of a part");
            return;
        }
}

/* ---- people ---- */

static struct snapshot_gids gids_of(const struct snapshot *s, const struct person_record *record)
{
    return (struct snapshot_gids){.words =
                                      (const uint32_t *)(const void *)(s->bytes + record->gids_at),
                                  .count = record->gids};
}

static void check_gids(struct check *check, const struct person_record *record, const char *name)
{
    struct snapshot_gids gids = gids_of(check->s, record);

    check->of_people += gids.count;
    for (uint32_t i = 0; i < gids.count; i++) {
        uint32_t gid = snapshot_gid(&gids, i);
        size_t at = gid ? place_of_id(check->s, gid) : 0;
        struct group_record group;

        if (at < check->s->groups_at || !group_record_read(check->s, at, &group) ||
            group.gid != gid)
            fault(check, record->gids_at + i * sizeof gid, "%.100s is in a group that is not there",
                  name);
    }
}

/* False: where the next one begins cannot be known. */
static bool check_person(struct check *check, uint32_t number, size_t at, size_t *end)
{
    char texts[NAME_MOST + 3 * SNAPSHOT_TEXT_MOST + 4];
    struct answer_space space = {.bytes = texts, .size = sizeof texts};
    struct snapshot_person person;
    struct person_record record;

    if (!person_record_read(check->s, at, &record)) {
        fault(check, at, "the record of person %u of %u is broken: the people behind it are lost",
              number, check->s->people);
        return false;
    }
    *end = record.end;
    *is_person_at(check, at) = true;
    if (person_answer(check->s, &record, NULL, &space, &person) != LOOKUP_FOUND) {
        fault(check, at, "person %u (uid %u) has a name, gecos, home or shell that may not be",
              number, record.uid);
        return true;
    }
    check_found(check, at, person.name, person.uid);
    check_gids(check, &record, person.name);
    return true;
}

static void check_people(struct check *check)
{
    size_t at = check->s->people_at;

    for (uint32_t i = 1; i <= check->s->people; i++)
        if (!check_person(check, i, at, &at))
            return;
    check_zeros(check, at, check->s->groups_at);
}

/* ---- groups ---- */

static bool has_gid(const struct snapshot *s, const struct person_record *record, uint32_t gid)
{
    struct snapshot_gids gids = gids_of(s, record);

    for (uint32_t i = 0; i < gids.count; i++)
        if (snapshot_gid(&gids, i) == gid)
            return true;
    return false;
}

/* `place` has given a name that may be. */
static void check_member(struct check *check, size_t at, const struct snapshot_group *group,
                         const char *member, size_t place)
{
    struct person_record record;

    if (!person_record_read(check->s, place, &record) || !*is_person_at(check, place)) {
        fault(check, at, "%.60s has a member who is not there: %.60s", group->name, member);
        return;
    }
    if (!has_gid(check->s, &record, group->gid))
        fault(check, at, "%.60s has a member who does not know it: %.60s", group->name, member);
}

static bool make_space(struct check *check, const struct group_record *record, struct error *why)
{
    const uint64_t size =
        ((uint64_t)record->members + 2) * sizeof(char *) + record->name + 1 + record->members_size;
    char *space;

    if (size <= check->space_size)
        return true;
    space = (size_t)size == size ? realloc(check->space, (size_t)size) : NULL;
    if (!space)
        return error_set(why, ERROR_SYSTEM, "no memory to verify a snapshot");
    check->space = space;
    check->space_size = size;
    return true;
}

static void check_group(struct check *check, uint32_t number, size_t at,
                        const struct group_record *record)
{
    struct answer_space space = {.bytes = check->space, .size = check->space_size};
    struct snapshot_group group;

    if (group_answer(check->s, record, &space, &group) != LOOKUP_FOUND) {
        fault(check, at, "group %u (gid %u) has a name, or a member's name, that may not be",
              number, record->gid);
        return;
    }
    check_found(check, at, group.name, group.gid);
    check->of_groups += record->members;
    for (uint32_t i = 0; i < record->members; i++) {
        size_t place = member_at(check->s, record, i);

        check_member(check, at, &group, group.members[i], place);
        if (i && place <= member_at(check->s, record, i - 1))
            fault(check, at, "%.60s has a member twice or out of order: %.60s", group.name,
                  group.members[i]);
    }
}

static bool check_groups(struct check *check, struct error *why)
{
    size_t at = check->s->groups_at;
    struct group_record record;

    for (uint32_t i = 1; i <= check->s->groups; i++) {
        if (!group_record_read(check->s, at, &record)) {
            fault(check, at,
                  "the record of group %u of %u is broken: the groups behind it are lost", i,
                  check->s->groups);
            return true;
        }
        if (!make_space(check, &record, why))
            return false;
        check_group(check, i, at, &record);
        at = record.end;
    }
    check_zeros(check, at, check->s->size);
    /* Each membership of a group is one of the person, once: equal counts leave none over. */
    if (check->of_people != check->of_groups)
        fault(check, check->s->groups_at, "people are in %ju groups, groups have %ju members",
              (uintmax_t)check->of_people, (uintmax_t)check->of_groups);
    return true;
}

/* ---- tables ---- */

static void check_table(struct check *check, const char *name, size_t from, size_t to)
{
    uint64_t wanted = (uint64_t)check->s->people + check->s->groups, count = 0;

    for (size_t at = from; at < to; at += sizeof(struct snapshot_entry)) {
        struct snapshot_entry entry;

        memcpy(&entry, check->s->bytes + at, sizeof entry);
        count += entry.place != 0;
    }
    if (count != wanted)
        fault(check, from, "the table of %s has %ju entries for %ju records", name,
              (uintmax_t)count, (uintmax_t)wanted);
}

struct snapshot_facts snapshot_facts_of(const struct snapshot *s)
{
    struct snapshot_header header;

    memcpy(&header, s->bytes, sizeof header);
    return (struct snapshot_facts){.generation = le64toh(header.generation),
                                   .size = s->size,
                                   .people = s->people,
                                   .groups = s->groups,
                                   .superseded = snapshot_is_superseded(s)};
}

bool snapshot_check(const struct snapshot *s, struct snapshot_facts *facts,
                    struct snapshot_faults *faults, struct error *why)
{
    OWNED(check_release) struct check check = {.s = s, .faults = faults};

    check.space_size = NAME_MOST + 1 + 4 * sizeof(char *);
    check.space = malloc(check.space_size);
    check.is_person = calloc((s->groups_at - s->people_at) / SNAPSHOT_UNIT + 1, sizeof(bool));
    if (!check.space || !check.is_person)
        return error_set(why, ERROR_SYSTEM, "no memory to verify a snapshot");
    if (!snapshot_file_is_whole(s))
        fault(&check, offsetof(struct snapshot_header, checksum), "the checksum is wrong");
    check_table(&check, "names", sizeof(struct snapshot_header), s->ids_at);
    check_table(&check, "ids", s->ids_at, s->people_at);
    check_people(&check);
    if (!check_groups(&check, why))
        return false;
    *facts = snapshot_facts_of(s);
    facts->memberships = check.of_people;
    return true;
}
