#include "cache/snapshot_read.h"

#include "cache/snapshot_format.h"

#include <string.h>

/* glibc's memcpy is twenty times slower at some distances above 2 KiB on Zen (glibc bug 30994). */
#define COPY_STEP 1024u

/* ---- the only three ways into the bytes ---- */

/* `at` is a multiple of 4 and inside. Read once, whoever writes to the file meanwhile. */
static uint32_t word_at(const struct snapshot *s, size_t at)
{
    return le32toh(
        __atomic_load_n((const uint32_t *)(const void *)(s->bytes + at), __ATOMIC_RELAXED));
}

static void copy_out(const struct snapshot *s, size_t at, void *out, size_t size)
{
    char *to = out;

    for (size_t step; size; size -= step, at += step, to += step) {
        step = size < COPY_STEP ? size : COPY_STEP;
        memcpy(to, s->bytes + at, step);
    }
    /* From here on only the copy counts; the compiler must not look at the file again. */
    __asm__ volatile("" ::: "memory");
}

static bool is_text_at(const struct snapshot *s, size_t at, const char *text, size_t length)
{
    return memcmp(s->bytes + at, text, length) == 0;
}

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

/* ---- searching ---- */

struct search {
    size_t table;
    uint32_t bucket, key, seen;
};

static struct search search_for_name(const struct snapshot *s, const char *name, size_t length)
{
    uint64_t hash = snapshot_hash_name(s->seed, name, length);

    return (struct search){.table = sizeof(struct snapshot_header),
                           .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets),
                           .key = (uint32_t)hash};
}

static struct search search_for_id(const struct snapshot *s, uint32_t id)
{
    uint64_t hash = snapshot_hash_id(s->seed, id);

    return (struct search){
        .table = s->ids_at, .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets), .key = id};
}

/* Where the next record with this key is said to be; 0: there is no other. */
static size_t search_next(const struct snapshot *s, struct search *search)
{
    while (search->seen < SNAPSHOT_PROBES_MOST * SNAPSHOT_BUCKET) {
        size_t at = search->table + (size_t)search->bucket * SNAPSHOT_LINE +
                    search->seen % SNAPSHOT_BUCKET * sizeof(struct snapshot_entry);
        uint32_t place = word_at(s, at + offsetof(struct snapshot_entry, place));

        if (!place)
            return 0;
        if (++search->seen % SNAPSHOT_BUCKET == 0 && ++search->bucket == s->buckets)
            search->bucket = 0;
        if (word_at(s, at) == search->key)
            return (size_t)place * SNAPSHOT_UNIT;
    }
    return 0;
}

/* ---- records: numbers that have been checked against each other and the size ---- */

struct person_record {
    uint32_t uid, gids;
    size_t name, gecos, home, shell; /* lengths without the NUL */
    size_t text_at, text_size, gids_at, end;
};

static bool read_person(const struct snapshot *s, size_t at, struct person_record *record)
{
    const size_t head = sizeof(struct snapshot_person_record);
    uint32_t one, two;
    uint64_t end;

    if (at < s->people_at || at > s->groups_at || s->groups_at - at < head)
        return false;
    one = word_at(s, at + offsetof(struct snapshot_person_record, name));
    two = word_at(s, at + offsetof(struct snapshot_person_record, home));
    *record = (struct person_record){.uid = word_at(s, at),
                                     .gids = word_at(s, at + 4),
                                     .name = one & 0xffff,
                                     .gecos = one >> 16,
                                     .home = two & 0xffff,
                                     .shell = two >> 16,
                                     .text_at = at + head};
    record->text_size = record->name + record->gecos + record->home + record->shell + 4;
    record->gids_at = record->text_at + (size_t)snapshot_round_up(record->text_size, 4);
    end = snapshot_round_up((uint64_t)record->gids_at + (uint64_t)record->gids * 4, SNAPSHOT_UNIT);
    record->end = (size_t)end;
    return end <= s->groups_at && id_is_ours(record->uid) && record->name - 1 < NAME_MOST &&
           record->gecos <= SNAPSHOT_TEXT_MOST && record->home <= SNAPSHOT_TEXT_MOST &&
           record->shell <= SNAPSHOT_TEXT_MOST;
}

struct group_record {
    uint32_t gid, members;
    size_t name, members_size; /* the name's length without the NUL */
    size_t text_at, end;
    bool own; /* made from a person's record */
};

static bool read_group(const struct snapshot *s, size_t at, struct group_record *record)
{
    const size_t head = sizeof(struct snapshot_group_record);
    uint64_t end;

    if (at < s->groups_at || at > s->size || s->size - at < head)
        return false;
    *record = (struct group_record){.gid = word_at(s, at),
                                    .members = word_at(s, at + 4),
                                    .members_size = word_at(s, at + 8),
                                    .name = word_at(s, at + 12),
                                    .text_at = at + head};
    end = (uint64_t)record->text_at + record->name + 1 + record->members_size;
    end = snapshot_round_up(end, SNAPSHOT_UNIT);
    record->end = (size_t)end;
    return end <= s->size && id_is_ours(record->gid) && record->name - 1 < NAME_MOST;
}

/* ---- answers: copied, then checked in the copy ---- */

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

static bool person_name_is_good(const char *name, size_t length, const char *asked)
{
    if (asked)
        return memcmp(name, asked, length + 1) == 0;
    return name[length] == '\0' && strlen(name) == length && name_is_person(name);
}

/* `asked`: the name that was asked for, found legal before; NULL when it was something else. */
static enum lookup answer_person(const struct snapshot *s, const struct person_record *record,
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
    copy_out(s, record->text_at, space->bytes, record->text_size);
    if (!person_name_is_good(person.name, record->name, asked) ||
        !field_is_good(person.gecos, record->gecos, false) ||
        !field_is_good(person.home, record->home, true) ||
        !field_is_good(person.shell, record->shell, true))
        return LOOKUP_UNAVAILABLE;
    *found = person;
    return LOOKUP_FOUND;
}

static bool group_name_is_good(const char *name, bool own)
{
    /* sudo and others decide by a group's name, whatever its gid: none may be forged to be `sudo`. */
    return own ? name_is_person(name) : name_is_group(name) && !name_is_dangerous(name);
}

/* Pointers to the members first, then the texts. */
static enum lookup answer_group(const struct snapshot *s, const struct group_record *record,
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
    copy_out(s, record->text_at, name, size);
    if (name[record->name] || strlen(name) != record->name ||
        !group_name_is_good(name, record->own) ||
        !name_split_people(name + record->name + 1, record->members_size, members, record->members))
        return LOOKUP_UNAVAILABLE;
    members[record->members] = NULL;
    *found = (struct snapshot_group){.gid = record->gid, .name = name, .members = members};
    return LOOKUP_FOUND;
}

/* ---- questions ---- */

static struct group_record own_group(const struct person_record *person)
{
    return (struct group_record){
        .own = true, .gid = person->uid, .name = person->name, .text_at = person->text_at};
}

static enum lookup find_person(const struct snapshot *s, const char *name, size_t length,
                               struct person_record *record)
{
    struct search search = search_for_name(s, name, length);

    for (size_t at; (at = search_next(s, &search));) {
        if (at >= s->groups_at)
            continue; /* a group whose name has the same hash */
        if (!read_person(s, at, record))
            return LOOKUP_UNAVAILABLE;
        if (record->name == length && is_text_at(s, record->text_at, name, length))
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
        if (!read_group(s, at, record))
            return LOOKUP_UNAVAILABLE;
        if (record->name == length && is_text_at(s, record->text_at, name, length))
            return LOOKUP_FOUND;
    }
    return LOOKUP_ABSENT;
}

enum lookup snapshot_person_by_name(const struct snapshot *s, const char *name,
                                    struct answer_space *space, struct snapshot_person *found)
{
    struct person_record record;
    enum lookup lookup = find_person(s, name, strlen(name), &record);

    return lookup == LOOKUP_FOUND ? answer_person(s, &record, name, space, found) : lookup;
}

enum lookup snapshot_person_by_uid(const struct snapshot *s, uint32_t uid,
                                   struct answer_space *space, struct snapshot_person *found)
{
    struct search search = search_for_id(s, uid);
    struct person_record record;
    size_t at = search_next(s, &search);

    if (!at || at >= s->groups_at)
        return LOOKUP_ABSENT;
    if (!read_person(s, at, &record) || record.uid != uid)
        return LOOKUP_UNAVAILABLE;
    return answer_person(s, &record, NULL, space, found);
}

enum lookup snapshot_group_by_name(const struct snapshot *s, const char *name,
                                   struct answer_space *space, struct snapshot_group *found)
{
    struct group_record record;
    struct person_record person;
    struct snapshot_group group;
    bool own = strchr(name, '@') != NULL;
    enum lookup lookup = own ? find_person(s, name, strlen(name), &person)
                             : find_group(s, name, strlen(name), &record);

    if (lookup == LOOKUP_FOUND && own)
        record = own_group(&person);
    if (lookup == LOOKUP_FOUND)
        lookup = answer_group(s, &record, space, &group);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (strcmp(group.name, name) != 0)
        return LOOKUP_UNAVAILABLE;
    *found = group;
    return LOOKUP_FOUND;
}

/* The record at `at`, of a person or of a group, as a group. */
static bool read_as_group(const struct snapshot *s, size_t at, struct group_record *record)
{
    struct person_record person;

    if (at >= s->groups_at)
        return read_group(s, at, record);
    if (!read_person(s, at, &person))
        return false;
    *record = own_group(&person);
    record->end = person.end;
    return true;
}

enum lookup snapshot_group_by_gid(const struct snapshot *s, uint32_t gid,
                                  struct answer_space *space, struct snapshot_group *found)
{
    struct search search = search_for_id(s, gid);
    struct group_record record;
    size_t at = search_next(s, &search);

    if (!at)
        return LOOKUP_ABSENT;
    if (!read_as_group(s, at, &record) || record.gid != gid)
        return LOOKUP_UNAVAILABLE;
    return answer_group(s, &record, space, found);
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

enum lookup snapshot_next_person(const struct snapshot *s, struct snapshot_walk *walk,
                                 struct answer_space *space, struct snapshot_person *found)
{
    struct person_record record;
    enum lookup lookup;

    if (walk->index == s->people)
        return LOOKUP_ABSENT;
    if (!read_person(s, walk->index ? walk->at : s->people_at, &record))
        return LOOKUP_UNAVAILABLE;
    lookup = answer_person(s, &record, NULL, space, found);
    if (lookup == LOOKUP_FOUND)
        *walk = (struct snapshot_walk){.at = record.end, .index = walk->index + 1};
    return lookup;
}

enum lookup snapshot_next_group(const struct snapshot *s, struct snapshot_walk *walk,
                                struct answer_space *space, struct snapshot_group *found)
{
    struct group_record record;
    size_t at = walk->index ? walk->at : s->people_at;
    enum lookup lookup;

    if (walk->index == s->people)
        at = s->groups_at; /* behind the padding */
    if (walk->index - s->people == s->groups)
        return LOOKUP_ABSENT;
    if (!read_as_group(s, at, &record))
        return LOOKUP_UNAVAILABLE;
    lookup = answer_group(s, &record, space, found);
    if (lookup == LOOKUP_FOUND)
        *walk = (struct snapshot_walk){.at = record.end, .index = walk->index + 1};
    return lookup;
}
