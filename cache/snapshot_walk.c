/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_walk.h"

#include "cache/snapshot_answer.h"

enum lookup snapshot_next_person(const struct snapshot *s, struct snapshot_walk *walk,
                                 struct answer_space *space, struct snapshot_person *found)
{
    struct person_record record;
    enum lookup lookup;

    if (walk->index == s->people)
        return LOOKUP_ABSENT;
    if (!person_record_read(s, walk->index ? walk->at : s->people_at, &record))
        return LOOKUP_UNAVAILABLE;
    lookup = person_answer(s, &record, NULL, space, found);
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
    if (!group_record_read_any(s, at, &record))
        return LOOKUP_UNAVAILABLE;
    lookup = group_answer(s, &record, space, found);
    if (lookup == LOOKUP_FOUND)
        *walk = (struct snapshot_walk){.at = record.end, .index = walk->index + 1};
    return lookup;
}
