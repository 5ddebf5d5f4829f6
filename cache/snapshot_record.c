/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_record.h"

#include "cache/snapshot_format.h"

/* glibc's memcpy is twenty times slower at some distances above 2 KiB on Zen (glibc bug 30994). */
#define COPY_STEP 1024u

/* `at` is a multiple of 4 and inside. Read once, whoever writes to the file meanwhile. */
static uint32_t word_at(const struct snapshot *s, size_t at)
{
    return le32toh(
        __atomic_load_n((const uint32_t *)(const void *)(s->bytes + at), __ATOMIC_RELAXED));
}

void record_copy(const struct snapshot *s, size_t at, void *out, size_t size)
{
    char *to = out;

    for (size_t step; size; size -= step, at += step, to += step) {
        step = size < COPY_STEP ? size : COPY_STEP;
        memcpy(to, s->bytes + at, step);
    }
    /* From here on only the copy counts; the compiler must not look at the file again. */
    __asm__ volatile("" ::: "memory");
}

bool record_has_text(const struct snapshot *s, size_t at, const char *text, size_t length)
{
    return memcmp(s->bytes + at, text, length) == 0;
}

struct search search_for_name(const struct snapshot *s, const char *name, size_t length)
{
    uint64_t hash = snapshot_hash_name(s->seed, name, length);

    return (struct search){.table = sizeof(struct snapshot_header),
                           .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets),
                           .key = (uint32_t)hash};
}

struct search search_for_id(const struct snapshot *s, uint32_t id)
{
    uint64_t hash = snapshot_hash_id(s->seed, id);

    return (struct search){
        .table = s->ids_at, .bucket = (uint32_t)snapshot_first_bucket(hash, s->buckets), .key = id};
}

size_t search_next(const struct snapshot *s, struct search *search)
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

bool person_record_read(const struct snapshot *s, size_t at, struct person_record *record)
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

bool group_record_read(const struct snapshot *s, size_t at, struct group_record *record)
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

struct group_record group_record_own(const struct person_record *person)
{
    return (struct group_record){
        .own = true, .gid = person->uid, .name = person->name, .text_at = person->text_at};
}

bool group_record_read_any(const struct snapshot *s, size_t at, struct group_record *record)
{
    struct person_record person;

    if (at >= s->groups_at)
        return group_record_read(s, at, record);
    if (!person_record_read(s, at, &person))
        return false;
    *record = group_record_own(&person);
    record->end = person.end;
    return true;
}
