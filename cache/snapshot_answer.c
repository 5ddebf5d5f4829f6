/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_answer.h"

#include "cache/snapshot_record.h"

#include <string.h>

static char *text_of(char **rest, size_t length)
{
    char *text = *rest;

    *rest += length + 1;
    return text;
}

static bool field_is_good(const char *text, size_t length, bool path)
{
    return text[length] == '\0' && name_is_field(text, length) && (!path || text[0] == '/');
}

static bool person_name_is_good(const struct snapshot *s, const char *name, size_t length,
                                const char *asked)
{
    if (asked)
        return memcmp(name, asked, length + 1) == 0;
    if (name[length])
        return false;
    return s->names == NAMES_SHORT ? strlen(name) == length && name_is_short(name)
                                   : name_is_person_of(name, length);
}

enum lookup person_answer(const struct snapshot *s, const struct person_record *record,
                          const char *asked, struct answer_space *space,
                          struct snapshot_person *found)
{
    struct snapshot_person person = {.uid = record->uid};
    char *rest = space->bytes;

    if (space->size < record->text_size) {
        space->too_small = true;
        return LOOKUP_UNAVAILABLE;
    }
    person.name = text_of(&rest, record->name);
    person.gecos = text_of(&rest, record->gecos);
    person.home = text_of(&rest, record->home);
    person.shell = text_of(&rest, record->shell);
    record_copy(s, record->text_at, space->bytes, record->text_size);
    if (!person_name_is_good(s, person.name, record->name, asked) ||
        !field_is_good(person.gecos, record->gecos, false) ||
        !field_is_good(person.home, record->home, true) ||
        !field_is_good(person.shell, record->shell, true))
        return LOOKUP_UNAVAILABLE;
    *found = person;
    return LOOKUP_FOUND;
}

static bool is_group_name(const struct snapshot *s, const char *name,
                          const struct group_record *record)
{
    if (name[record->name] || strlen(name) != record->name)
        return false;
    /* sudo and others decide by a group's name, whatever its gid: none may be forged to be `sudo`. */
    return record->own ? name_fits(name, s->names)
                       : name_is_group(name) && !name_is_dangerous(name);
}

#define AHEAD 32u /* members whose records are called for before it is their turn */

/* A record's head, and its name, which often ends in the next line. */
static inline void call_for(const unsigned char *record)
{
    __builtin_prefetch(record);
    __builtin_prefetch(record + SNAPSHOT_LINE);
}

/* Their names, one behind the other, which fill what was said of them. */
static bool copy_members(const struct snapshot *s, const struct group_record *record, char *to)
{
    const struct id_window window = id_window();
    size_t left = record->members_size;

    for (uint32_t i = 0; i < record->members; i++) {
        struct person_record person;

        if (record->members - i > AHEAD)
            call_for(s->bytes + member_at(s, record, i + AHEAD));
        if (!person_record_read_in(s, window, member_at(s, record, i), &person) ||
            person.name >= left)
            return false;
        record_copy(s, person.text_at, to, person.name + 1);
        to += person.name + 1;
        left -= person.name + 1;
    }
    return left == 0;
}

/* Pointers to the members first, then the texts. */
enum lookup group_answer(const struct snapshot *s, const struct group_record *record,
                         struct answer_space *space, struct snapshot_group *found)
{
    size_t pad = -(uintptr_t)space->bytes % _Alignof(char *);
    uint64_t pointers = ((uint64_t)record->members + 1) * sizeof(char *);
    size_t size = record->name + 1 + record->members_size;
    char **members, *name;

    if (space->size < pad || space->size - pad < pointers + size) {
        space->too_small = true;
        return LOOKUP_UNAVAILABLE;
    }
    members = (char **)(void *)(space->bytes + pad);
    name = space->bytes + pad + pointers;
    record_copy(s, record->text_at, name, record->name + 1);
    if (!is_group_name(s, name, record) || !copy_members(s, record, name + record->name + 1) ||
        !name_split_people(name + record->name + 1, record->members_size, members, record->members,
                           s->names))
        return LOOKUP_UNAVAILABLE;
    members[record->members] = NULL;
    *found = (struct snapshot_group){.gid = record->gid, .name = name, .members = members};
    return LOOKUP_FOUND;
}

enum lookup group_name_answer(const struct snapshot *s, const struct group_record *record,
                              char name[NAME_MOST + 1])
{
    record_copy(s, record->text_at, name, record->name + 1);
    return is_group_name(s, name, record) ? LOOKUP_FOUND : LOOKUP_UNAVAILABLE;
}
