/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_answer.h"

#include "cache/name_kinds.h"

#include <string.h>

/* Out of the file, where it is read once: what is judged and what is given are the same bytes. */
static inline piece piece_copy(const unsigned char *from, char *to)
{
    const piece p = piece_of_file(from);

    memcpy(to, &p, sizeof p);
    return p;
}

/* Whether a whole stretch can be read, and written where `left` bytes are left. */
static inline bool stretch_fits(const struct snapshot *s, size_t at, size_t left)
{
    return left >= STRETCH && s->size - at >= STRETCH;
}

/* Of people who are called by short names, of very long ones, and at the end of file or space. */
static __attribute__((noinline)) bool copy_odd_name(const struct snapshot *s, size_t at,
                                                    size_t length, char *to)
{
    record_copy(s, at, to, length + 1);
    if (to[length])
        return false;
    return s->names == NAMES_SHORT ? strlen(to) == length && name_is_group(to)
                                   : name_is_person_of(to, length);
}

/*
 * A person's name, of which `left` bytes have room with what follows it. Of short names the spelling
 * alone is judged.
 */
static bool copy_name(const struct snapshot *s, size_t at, size_t length, char *to, size_t left)
{
    const unsigned char *from = s->bytes + at;
    struct kinds kinds = {0};

    if (length >= STRETCH || !stretch_fits(s, at, left) || s->names != NAMES_FULL)
        return copy_odd_name(s, at, length, to);
    /* Three pieces always, for most names end in one of them: to guess in which takes longer. */
    kinds_add(&kinds, piece_copy(from, to), 0);
    kinds_add(&kinds, piece_copy(from + PIECE, to + PIECE), PIECE);
    kinds_add(&kinds, piece_copy(from + 2 * PIECE, to + 2 * PIECE), 2 * PIECE);
    if (length >= 3 * PIECE)
        kinds_add(&kinds, piece_copy(from + 3 * PIECE, to + 3 * PIECE), 3 * PIECE);
    return !to[length] && kinds_are_person(&kinds, length, *to);
}

static bool field_is_good(const char *text, size_t length)
{
    return !text[length] && name_is_field(text, length);
}

static __attribute__((noinline)) bool copy_odd_fields(const struct snapshot *s,
                                                      const struct person_record *record, size_t at,
                                                      size_t size,
                                                      const struct snapshot_person *person)
{
    record_copy(s, at, person->gecos, size);
    return field_is_good(person->gecos, record->gecos) &&
           field_is_good(person->home, record->home) && field_is_good(person->shell, record->shell);
}

static inline uint64_t copy_and_find_bad(const unsigned char *from, char *to)
{
    return bits_of(bad_in(piece_copy(from, to)));
}

/* Gecos, home and shell, `size` bytes; `left` bytes have room. */
static inline bool copy_fields(const struct snapshot *s, const struct person_record *record,
                               size_t size, const struct snapshot_person *person, size_t left)
{
    const size_t at = record->text_at + record->name + 1;
    const unsigned char *from = s->bytes + at;
    char *to = person->gecos;
    uint64_t bad, ends = UINT64_C(1) << (size - 1) % STRETCH;

    if (size > STRETCH || !stretch_fits(s, at, left))
        return copy_odd_fields(s, record, at, size, person);
    bad = copy_and_find_bad(from, to) | copy_and_find_bad(from + 16, to + 16) << 16 |
          copy_and_find_bad(from + 32, to + 32) << 32 | copy_and_find_bad(from + 48, to + 48) << 48;
    /* Nothing bad is in them but the three NULs. */
    ends |= UINT64_C(1) << record->gecos | UINT64_C(1) << (record->gecos + 1 + record->home);
    return (bad & UINT64_MAX >> (STRETCH - size)) == ends &&
           !(person->gecos[record->gecos] | person->home[record->home] |
             person->shell[record->shell]);
}

enum lookup person_answer(const struct snapshot *s, const struct person_record *record,
                          const char *asked, struct answer_space *space,
                          struct snapshot_person *found)
{
    const size_t fields = record->text_size - record->name - 1;
    struct snapshot_person person = {.uid = record->uid, .name = space->bytes};

    if (space->size < record->text_size) {
        space->too_small = true;
        return LOOKUP_UNAVAILABLE;
    }
    person.gecos = person.name + record->name + 1;
    person.home = person.gecos + record->gecos + 1;
    person.shell = person.home + record->home + 1;
    if (asked)
        bytes_copy(asked, person.name, record->name + 1);
    else if (!copy_name(s, record->text_at, record->name, person.name, space->size) ||
             (s->names == NAMES_SHORT && name_is_dangerous(person.name)))
        return LOOKUP_UNAVAILABLE;
    if (!copy_fields(s, record, fields, &person, space->size - record->name - 1) ||
        *person.home != '/' || *person.shell != '/')
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

/* The domain of a name that has been judged, from its `@` to its NUL, as two pieces which overlap. */
struct judged_domain {
    piece first, last;
    size_t size;
};
#define NO_DOMAIN (NAME_MOST + 1) /* as a size: no name has room for it */

static struct judged_domain domain_of(const char *name, size_t length)
{
    const char *text = strchrnul(name, '@');
    const size_t size = (size_t)(name + length + 1 - text);

    if (size < PIECE || size > 2 * PIECE)
        return (struct judged_domain){.size = NO_DOMAIN};
    return (struct judged_domain){piece_at(text), piece_at(text + size - PIECE), size};
}

/* Gives the judged domain if the file has the same. */
static inline bool copy_domain(const struct judged_domain *domain, const unsigned char *from,
                               char *to)
{
    const size_t last = domain->size - PIECE;
    const char *text = (const char *)from;

    memcpy(to, &domain->first, PIECE);
    memcpy(to + last, &domain->last, PIECE);
    return bits_of((piece_at(text) == domain->first) & (piece_at(text + last) == domain->last)) ==
           0xffff;
}

/* As copy_name. The members of a group have one domain, mostly, which need not be judged again. */
static inline bool copy_member(const struct snapshot *s, size_t at, size_t length, char *to,
                               size_t left, struct judged_domain *domain)
{
    const size_t local = length + 1 - domain->size;
    const unsigned char *from = s->bytes + at;
    uint64_t legal;

    if (local - 1 < 2 * PIECE && stretch_fits(s, at, left)) {
        legal = bits_of(local_in(piece_copy(from, to))) |
                bits_of(local_in(piece_copy(from + PIECE, to + PIECE))) << PIECE;
        if (copy_domain(domain, from + local, to + local) &&
            !(~legal & ((UINT64_C(1) << local) - 1)))
            return begins_name(*to);
    }
    if (!copy_name(s, at, length, to, left))
        return false;
    *domain = domain_of(to, length);
    return true;
}

/* Their names, one behind the other, which fill what was said of them, and where each begins.
 * `room`: for these at the least. */
static bool copy_members(const struct snapshot *s, const struct group_record *record, char *to,
                         size_t room, char **members)
{
    const struct id_window window = id_window();
    struct judged_domain domain = {.size = NO_DOMAIN};
    size_t left = record->members_size;
    const size_t more = room - left;

    for (uint32_t i = 0; i < AHEAD && i < record->members; i++)
        record_call(s, member_at(s, record, i));
    for (uint32_t i = 0; i < record->members; i++) {
        struct person_record person;

        if (record->members - i > AHEAD)
            record_call(s, member_at(s, record, i + AHEAD));
        if (!person_record_read_in(s, window, member_at(s, record, i), &person) ||
            person.name >= left ||
            !copy_member(s, person.text_at, person.name, to, left + more, &domain))
            return false;
        members[i] = to;
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
    uint64_t size = (uint64_t)record->name + 1 + record->members_size;
    char **members, *name;

    if (space->size < pad || space->size - pad < pointers + size) {
        space->too_small = true;
        return LOOKUP_UNAVAILABLE;
    }
    members = (char **)(void *)(space->bytes + pad);
    name = space->bytes + pad + pointers;
    record_copy(s, record->text_at, name, record->name + 1);
    if (!is_group_name(s, name, record) ||
        !copy_members(s, record, name + record->name + 1,
                      space->size - pad - pointers - record->name - 1, members))
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
