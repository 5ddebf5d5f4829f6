/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_record.h"

/*
 * In pieces of a fixed size, the last of which overlaps the one before. Not by memcpy of the whole:
 * glibc's is twenty times slower at some distances above 2 KiB on Zen (glibc bug 30994), and gcc's
 * own takes as long to begin as all of this.
 */
static void copy_short(char *to, const unsigned char *from, size_t size)
{
    uint64_t first, last;

    if (size < sizeof first) {
        for (size_t i = 0; i < size; i++)
            to[i] = (char)from[i];
        return;
    }
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + size - sizeof last, sizeof last);
    memcpy(to, &first, sizeof first);
    memcpy(to + size - sizeof last, &last, sizeof last);
}

void bytes_copy(const void *bytes, void *out, size_t size)
{
    const unsigned char *from = bytes;
    char *to = out;

    if (size < PIECE) {
        copy_short(to, from, size);
    } else {
        for (size_t i = 0; i < size - PIECE; i += PIECE)
            memcpy(to + i, from + i, PIECE);
        memcpy(to + size - PIECE, from + size - PIECE, PIECE);
    }
    /* From here on only the copy counts; the compiler must not look at the file again. */
    __asm__ volatile("" ::: "memory");
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
    end = snapshot_round_up((uint64_t)record->text_at + record->name + 1, sizeof(uint32_t));
    record->members_at = (size_t)end;
    end = snapshot_round_up(end + (uint64_t)record->members * sizeof(uint32_t), SNAPSHOT_UNIT);
    record->end = (size_t)end;
    return end <= s->size && id_is_ours(record->gid) && record->name - 1 < NAME_MOST &&
           record->members_size <= (uint64_t)record->members * (NAME_MOST + 1);
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
