/* SPDX-License-Identifier: MIT */
/* Asks a snapshot everything, and judges each answer: whatever the bytes are, it is legal. */
#pragma once

#include "tests/snapshot_model.h"

static inline void judge_text(const char *text)
{
    assert_true(is_in_room(text) && memchr(text, 0, (size_t)(room + sizeof room - text)));
}

static inline void judge_person(const struct snapshot_person *p)
{
    const char *const fields[] = {p->gecos, p->home, p->shell};

    judge_text(p->name);
    assert_true(id_is_ours(p->uid) && name_is_person(p->name));
    for (size_t i = 0; i < 3; i++) {
        judge_text(fields[i]);
        assert_true(name_is_field(fields[i], strlen(fields[i])));
    }
    assert_true(p->home[0] == '/' && p->shell[0] == '/');
}

static inline void judge_group(const struct snapshot_group *g)
{
    judge_text(g->name);
    assert_true(id_is_ours(g->gid));
    assert_true(name_is_person(g->name) || (name_is_group(g->name) && !name_is_dangerous(g->name)));
    assert_true(is_in_room(g->members) && (uintptr_t)g->members % sizeof(char *) == 0);
    for (char **member = g->members; *member; member++) {
        judge_text(*member);
        assert_true(name_is_person(*member));
    }
}

static inline void ask_name(const struct snapshot *s, const char *name)
{
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;
    struct snapshot_gids gids;

    if (snapshot_person_by_name(s, name, &here, &person) == LOOKUP_FOUND) {
        judge_person(&person);
        assert_string_equal(person.name, name);
    }
    if (snapshot_group_by_name(s, name, &here, &group) == LOOKUP_FOUND) {
        judge_group(&group);
        assert_string_equal(group.name, name);
    }
    if (snapshot_gids_of(s, name, &gids) == LOOKUP_FOUND)
        for (uint32_t i = 0; i < gids.count; i++)
            assert_true(snapshot_gid(&gids, i) == 0 || id_is_ours(snapshot_gid(&gids, i)));
}

static inline void ask_id(const struct snapshot *s, uint32_t id)
{
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;

    if (snapshot_person_by_uid(s, id, &here, &person) == LOOKUP_FOUND) {
        judge_person(&person);
        assert_int_equal(person.uid, id);
    }
    if (snapshot_group_by_gid(s, id, &here, &group) == LOOKUP_FOUND) {
        judge_group(&group);
        assert_int_equal(group.gid, id);
    }
}

static inline void ask_for_all(const struct snapshot *s)
{
    struct snapshot_walk walk = {0};
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;

    while (snapshot_next_person(s, &walk, &here, &person) == LOOKUP_FOUND)
        judge_person(&person);
    walk = (struct snapshot_walk){0};
    while (snapshot_next_group(s, &walk, &here, &group) == LOOKUP_FOUND)
        judge_group(&group);
}

static size_t interrogated, believed;

static inline void interrogate(const unsigned char *bytes, size_t size)
{
    static const uint32_t others[] = {0, 1, 999, 65534, ID_LEAST - 1, ID_MOST + 1, UINT32_MAX};
    struct snapshot s;

    interrogated++;
    if (!snapshot_from_bytes(bytes, size, &s))
        return;
    believed++;
    for (uint32_t i = 0; i < model.people_count; i++) {
        ask_name(&s, model.people[i].name);
        ask_id(&s, model.people[i].uid);
    }
    for (uint32_t i = 0; i < model.groups_count; i++) {
        ask_name(&s, model.groups[i]);
        ask_id(&s, GID(i));
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ask_id(&s, others[i]);
    ask_name(&s, "root");
    ask_name(&s, "sudo");
    ask_for_all(&s);
}
