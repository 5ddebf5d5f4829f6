/* SPDX-License-Identifier: MIT */
/* The snapshot: what is written is what is read. */
#include "tests/snapshot_model.h"

static void expect_person(const struct snapshot_person *got, const struct model_person *wanted)
{
    assert_int_equal(got->uid, wanted->uid);
    assert_string_equal(got->name, wanted->name);
    assert_string_equal(got->gecos, wanted->gecos);
    assert_string_equal(got->home, wanted->home);
    assert_string_equal(got->shell, wanted->shell);
}

static void expect_own_group(const struct snapshot *s, const struct model_person *p)
{
    struct answer_space here = space();
    struct snapshot_group group;

    assert_int_equal(snapshot_group_by_name(s, p->name, &here, &group), LOOKUP_FOUND);
    assert_int_equal(group.gid, p->uid);
    assert_int_equal(snapshot_group_by_gid(s, p->uid, &here, &group), LOOKUP_FOUND);
    assert_string_equal(group.name, p->name);
    assert_null(group.members[0]);
}

static void expect_people(const struct snapshot *s)
{
    for (uint32_t i = 0; i < model.people_count; i++) {
        const struct model_person *p = &model.people[i];
        struct answer_space here = space();
        struct snapshot_person person;
        struct snapshot_gids gids;

        assert_int_equal(snapshot_person_by_name(s, p->name, &here, &person), LOOKUP_FOUND);
        expect_person(&person, p);
        assert_int_equal(snapshot_person_by_uid(s, p->uid, &here, &person), LOOKUP_FOUND);
        expect_person(&person, p);
        expect_own_group(s, p);
        assert_int_equal(snapshot_gids_of(s, p->name, &gids), LOOKUP_FOUND);
        assert_int_equal(gids.count, p->count);
        for (uint32_t k = 0; k < gids.count; k++)
            assert_int_equal(snapshot_gid(&gids, k), p->gids[k]);
    }
}

static bool is_in(const struct model_person *person, uint32_t gid)
{
    for (size_t i = 0; i < person->count; i++)
        if (person->gids[i] == gid)
            return true;
    return false;
}

static void expect_group(const struct snapshot_group *group, uint32_t i)
{
    size_t member = 0;

    assert_int_equal(group->gid, GID(i));
    assert_string_equal(group->name, model.groups[i]);
    for (uint32_t k = 0; k < model.people_count; k++)
        if (is_in(&model.people[k], GID(i)))
            assert_string_equal(group->members[member++], model.people[k].name);
    assert_null(group->members[member]);
}

static void expect_groups(const struct snapshot *s)
{
    for (uint32_t i = 0; i < model.groups_count; i++) {
        struct answer_space here = space();
        struct snapshot_group group;

        assert_int_equal(snapshot_group_by_name(s, model.groups[i], &here, &group), LOOKUP_FOUND);
        expect_group(&group, i);
        assert_int_equal(snapshot_group_by_gid(s, GID(i), &here, &group), LOOKUP_FOUND);
        expect_group(&group, i);
    }
}

static void expect_walk(const struct snapshot *s)
{
    struct snapshot_walk walk = {0};
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;

    for (uint32_t i = 0; i < model.people_count; i++) {
        assert_int_equal(snapshot_next_person(s, &walk, &here, &person), LOOKUP_FOUND);
        expect_person(&person, &model.people[i]);
    }
    assert_int_equal(snapshot_next_person(s, &walk, &here, &person), LOOKUP_ABSENT);
    walk = (struct snapshot_walk){0};
    for (uint32_t i = 0; i < model.people_count; i++) {
        assert_int_equal(snapshot_next_group(s, &walk, &here, &group), LOOKUP_FOUND);
        assert_string_equal(group.name, model.people[i].name);
    }
    for (uint32_t i = 0; i < model.groups_count; i++) {
        assert_int_equal(snapshot_next_group(s, &walk, &here, &group), LOOKUP_FOUND);
        expect_group(&group, i);
    }
    assert_int_equal(snapshot_next_group(s, &walk, &here, &group), LOOKUP_ABSENT);
}

static void expect_absent(const struct snapshot *s, const char *name, uint32_t id)
{
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;
    struct snapshot_gids gids;

    assert_int_equal(snapshot_person_by_name(s, name, &here, &person), LOOKUP_ABSENT);
    assert_int_equal(snapshot_person_by_uid(s, id, &here, &person), LOOKUP_ABSENT);
    assert_int_equal(snapshot_group_by_name(s, name, &here, &group), LOOKUP_ABSENT);
    assert_int_equal(snapshot_group_by_gid(s, id, &here, &group), LOOKUP_ABSENT);
    assert_int_equal(snapshot_gids_of(s, name, &gids), LOOKUP_ABSENT);
}

static void what_was_written_is_found(void **state)
{
    static const uint32_t sizes[][2] = {{0, 0}, {1, 0},   {0, 1},    {1, 1},     {2, 2},
                                        {3, 9}, {17, 40}, {300, 12}, {3000, 40}, {50, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct file file = model_file(sizes[i][0], sizes[i][1]);
        struct snapshot s;

        assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
        assert_false(snapshot_is_superseded(&s));
        expect_people(&s);
        expect_groups(&s);
        expect_walk(&s);
        expect_absent(&s, "nobody@contoso.example", ID_LEAST);
        expect_absent(&s, "nogroup", ID_LEAST + 1);
        expect_absent(&s, "", 0);
        free(file.bytes);
    }
}

static void a_person_is_not_a_group_nor_the_other_way_round(void **state)
{
    struct file file = model_file(3, 3);
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_gids gids;
    struct snapshot s;

    (void)state;
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    assert_int_equal(snapshot_person_by_name(&s, model.groups[1], &here, &person), LOOKUP_ABSENT);
    assert_int_equal(snapshot_person_by_uid(&s, GID(1), &here, &person), LOOKUP_ABSENT);
    assert_int_equal(snapshot_gids_of(&s, model.groups[1], &gids), LOOKUP_ABSENT);
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_was_written_is_found, empty_folder),
        cmocka_unit_test_setup(a_person_is_not_a_group_nor_the_other_way_round, empty_folder),
    };

    return check_done("snapshot", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("snapshot", tests, make_folder, remove_folder));
}
