/* SPDX-License-Identifier: MIT */
/* A snapshot whose tables and sizes are right, and which says what it may not. */
#include "tests/snapshot_judge.h"

#include "cache/snapshot_format.h"

static void replace_text(struct file *file, const char *from, const char *to)
{
    unsigned char *at = memmem(file->bytes, file->size, from, strlen(from));

    assert_non_null(at);
    assert_int_equal(strlen(from), strlen(to));
    for (; at; at = memmem(file->bytes, file->size, from, strlen(from)))
        memcpy(at, to, strlen(to)); /* NOLINT(bugprone-not-null-terminated-result): amid a text */
}

/* Every search finds this entry first. */
static void enter_everywhere(struct file *file, bool ids, uint32_t key, uint32_t place)
{
    struct snapshot_entry entry = {htole32(key), htole32(place)};
    uint64_t buckets = snapshot_buckets(model.people_count + model.groups_count);

    for (uint64_t i = 0; i < buckets; i++)
        memcpy(file->bytes + sizeof(struct snapshot_header) +
                   (i + (ids ? buckets : 0)) * SNAPSHOT_LINE,
               &entry, sizeof entry);
}

static uint32_t first_record(bool group)
{
    uint64_t people_at =
        SNAPSHOT_LINE * (1 + 2 * snapshot_buckets(model.people_count + model.groups_count));
    struct file file = read_file("snapshot");
    struct snapshot_header header;

    memcpy(&header, file.bytes, sizeof header);
    free(file.bytes);
    return (uint32_t)((people_at + (group ? le64toh(header.people_size) : 0)) / SNAPSHOT_UNIT);
}

static void a_forged_id_is_not_believed(void **state)
{
    static const uint32_t forged[] = {0,           1,         33, 999, 1000, 65534, ID_LEAST - 1,
                                      ID_MOST + 1, UINT32_MAX};

    (void)state;
    for (int group = 0; group < 2; group++) {
        struct file file = model_file(1, 1);
        uint32_t place = first_record(group);

        for (size_t i = 0; i < sizeof forged / sizeof forged[0]; i++) {
            struct answer_space here = space();
            struct snapshot_person person;
            struct snapshot_group found;
            struct snapshot s;

            enter_everywhere(&file, true, forged[i], place);
            memcpy(file.bytes + (size_t)place * SNAPSHOT_UNIT, &(uint32_t){htole32(forged[i])}, 4);
            assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
            assert_int_not_equal(snapshot_person_by_uid(&s, forged[i], &here, &person),
                                 LOOKUP_FOUND);
            assert_int_not_equal(snapshot_group_by_gid(&s, forged[i], &here, &found), LOOKUP_FOUND);
            interrogate(file.bytes, file.size);
        }
        free(file.bytes);
    }
}

static void an_answer_to_another_question_is_not_given(void **state)
{
    struct file file = model_file(2, 1);
    struct answer_space here = space();
    struct snapshot_person person;
    struct snapshot_group group;
    struct snapshot s;

    (void)state;
    enter_everywhere(&file, true, model.people[1].uid, first_record(false));
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    assert_int_equal(snapshot_person_by_uid(&s, model.people[1].uid, &here, &person),
                     LOOKUP_UNAVAILABLE);
    assert_int_equal(snapshot_group_by_gid(&s, model.people[1].uid, &here, &group),
                     LOOKUP_UNAVAILABLE);
    free(file.bytes);
}

static void forged_texts_are_not_repeated(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {{"root@contoso.example", "root_contoso.example"},
                {"root@contoso.example", "root\0contoso.example"},
                {"root@contoso.example", "root:contoso.example"},
                {"root@contoso.example", "ROOT@contoso.example"},
                {"Gecos", "Ge:os"},
                {"Gecos", "Ge\nos"},
                {"Gecos", "Ge\x1bos"},
                {"Gecos", "Geco\x7f"},
                {"/home/r", "home//r"},
                {"/home/r", "/home\nr"},
                {"/bin/sh", "bin//sh"},
                {"/bin/sh", "/bin:sh"}};

    (void)state;
    model = (struct model){.people = {{.uid = ID_LEAST,
                                       .name = "root@contoso.example",
                                       .gecos = "Gecos",
                                       .home = "/home/r",
                                       .shell = "/bin/sh"}},
                           .people_count = 1};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_space here = space();
        struct snapshot_person person;
        struct snapshot s;
        struct file file;

        publish_model();
        file = read_file("snapshot");
        assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
        assert_int_equal(snapshot_person_by_uid(&s, ID_LEAST, &here, &person), LOOKUP_FOUND);
        memcpy(memmem(file.bytes, file.size, rows[i].from, strlen(rows[i].from)), rows[i].to,
               strlen(rows[i].from));
        assert_int_equal(snapshot_person_by_uid(&s, ID_LEAST, &here, &person), LOOKUP_UNAVAILABLE);
        assert_int_not_equal(snapshot_person_by_name(&s, rows[i].from, &here, &person),
                             LOOKUP_FOUND);
        free(file.bytes);
    }
}

static void forged_groups_have_no_power(void **state)
{
    static const struct {
        const char *from, *to;
    } rows[] = {{"xudo", "sudo"},
                {"xudo", "ROOT"},
                {"xudo", "x:do"},
                {"xudo", "a@b."},
                {"ada@b.example", "root_b.exampl"},
                {"ada@b.example", "ada,b.example"}};

    (void)state;
    model = (struct model){.people = {{.uid = ID_LEAST,
                                       .name = "ada@b.example",
                                       .home = "/",
                                       .shell = "/",
                                       .gids = {GID(0)},
                                       .count = 1}},
                           .people_count = 1,
                           .groups_count = 1,
                           .groups = {"xudo"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct answer_space here = space();
        struct snapshot_group group;
        struct snapshot s;
        struct file file;

        publish_model();
        file = read_file("snapshot");
        replace_text(&file, rows[i].from, rows[i].to);
        assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
        assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &group), LOOKUP_UNAVAILABLE);
        enter_everywhere(&file, false,
                         (uint32_t)snapshot_hash_name(s.seed, rows[i].to, strlen(rows[i].to)),
                         first_record(true));
        assert_int_not_equal(snapshot_group_by_name(&s, rows[i].to, &here, &group), LOOKUP_FOUND);
        free(file.bytes);
    }
}

/* Everything that could stand in the place of a member, and what is said of all of them. */
static void members_that_are_none_are_not_told(void **state)
{
    struct file file = model_file(3, 1);
    size_t group = (size_t)first_record(true) * SNAPSHOT_UNIT;
    size_t members = group + sizeof(struct snapshot_group_record) +
                     snapshot_round_up(strlen(model.groups[0]) + 1, sizeof(uint32_t));
    uint32_t count, good, place, told = 0;
    struct answer_space here = space();
    struct snapshot_group found;
    struct snapshot s;

    (void)state;
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    memcpy(&count, file.bytes + group + offsetof(struct snapshot_group_record, members), 4);
    assert_true(le32toh(count) > 0);
    memcpy(&good, file.bytes + members, 4);
    for (place = 0; place < file.size / SNAPSHOT_UNIT + 9; place++) {
        memcpy(file.bytes + members, &(uint32_t){htole32(place)}, 4);
        told += snapshot_group_by_gid(&s, GID(0), &here, &found) == LOOKUP_FOUND;
        interrogate(file.bytes, file.size);
    }
    assert_in_range(told, 1, 3); /* people whose names are as long */
    for (int bit = 31; bit >= 0; bit--) {
        memcpy(file.bytes + members, &(uint32_t){htole32(UINT32_C(0xffffffff) << bit)}, 4);
        assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &found), LOOKUP_UNAVAILABLE);
    }
    memcpy(file.bytes + members, &good, 4);
    assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &found), LOOKUP_FOUND);
    free(file.bytes);
}

static void a_member_outside_the_window_is_not_told(void **state)
{
    static const uint32_t uids[] = {0, 1000, 65534, ID_LEAST - 1, ID_MOST + 1, UINT32_MAX};
    struct file file = model_file(1, 1);
    struct answer_space here = space();
    struct snapshot_group found;
    struct snapshot s;

    (void)state;
    model.people[0].count = 1;
    model.people[0].gids[0] = GID(0);
    publish_model();
    free(file.bytes);
    file = read_file("snapshot");
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &found), LOOKUP_FOUND);
    for (size_t i = 0; i < sizeof uids / sizeof uids[0]; i++) {
        memcpy(file.bytes + (size_t)first_record(false) * SNAPSHOT_UNIT,
               &(uint32_t){htole32(uids[i])}, 4);
        assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &found), LOOKUP_UNAVAILABLE);
    }
    free(file.bytes);
}

/* How many there are, and how long their names are all together, are no reason to read or ask for more. */
static void wrong_sizes_of_members_are_found_out(void **state)
{
    struct file file = model_file(3, 1);
    size_t group = (size_t)first_record(true) * SNAPSHOT_UNIT;
    const size_t fields[] = {offsetof(struct snapshot_group_record, members),
                             offsetof(struct snapshot_group_record, members_size)};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        unsigned char *field = file.bytes + group + fields[i];
        uint32_t good, bad;

        memcpy(&good, field, 4);
        for (int64_t more = -70; more <= 70; more++) {
            struct answer_space here = space();
            struct snapshot_group found;
            struct snapshot s;

            bad = htole32((uint32_t)(le32toh(good) + more));
            memcpy(field, &bad, 4);
            assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
            assert_int_equal(snapshot_group_by_gid(&s, GID(0), &here, &found),
                             more ? LOOKUP_UNAVAILABLE : LOOKUP_FOUND);
            assert_false(here.too_small);
        }
        for (int bit = 10; bit < 32; bit++) {
            struct answer_space none = {.bytes = NULL};
            struct snapshot_group found;
            struct snapshot s;

            bad = htole32(UINT32_C(1) << bit);
            memcpy(field, &bad, 4);
            assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
            assert_int_equal(snapshot_group_by_gid(&s, GID(0), &none, &found), LOOKUP_UNAVAILABLE);
            assert_false(none.too_small);
        }
        memcpy(field, &good, 4);
    }
    free(file.bytes);
}

static void gids_outside_the_window_are_left_out(void **state)
{
    struct file file;
    struct snapshot_gids gids;
    struct snapshot s;

    (void)state;
    fill_model(1, 2);
    model.people[0].count = 2;
    model.people[0].gids[0] = GID(0);
    model.people[0].gids[1] = GID(1);
    publish_model();
    file = read_file("snapshot");
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    assert_int_equal(snapshot_gids_of(&s, model.people[0].name, &gids), LOOKUP_FOUND);
    memcpy(memmem(file.bytes, file.size, &(uint32_t[]){htole32(GID(0)), htole32(GID(1))}, 8),
           &(uint32_t){htole32(27)}, 4);
    assert_int_equal(snapshot_gid(&gids, 0), 0);
    assert_int_equal(snapshot_gid(&gids, 1), GID(1));
    free(file.bytes);
}

static void every_size_of_room_is_kept(void **state)
{
    struct file file = model_file(20, 3);
    struct snapshot s;

    (void)state;
    assert_true(snapshot_from_bytes(file.bytes, file.size, &s));
    for (size_t size = 0; size < 2048; size++) {
        char *exact = malloc(size ? size : 1);
        struct answer_space here = {.bytes = exact, .size = size};
        struct snapshot_person person;
        struct snapshot_group group;

        assert_true(snapshot_person_by_uid(&s, ID_MOST, &here, &person) == LOOKUP_FOUND ||
                    here.too_small);
        here.too_small = false;
        assert_true(snapshot_group_by_gid(&s, GID(0), &here, &group) == LOOKUP_FOUND ||
                    here.too_small);
        free(exact);
    }
    free(file.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_forged_id_is_not_believed, empty_folder),
        cmocka_unit_test_setup(an_answer_to_another_question_is_not_given, empty_folder),
        cmocka_unit_test_setup(forged_texts_are_not_repeated, empty_folder),
        cmocka_unit_test_setup(forged_groups_have_no_power, empty_folder),
        cmocka_unit_test_setup(members_that_are_none_are_not_told, empty_folder),
        cmocka_unit_test_setup(a_member_outside_the_window_is_not_told, empty_folder),
        cmocka_unit_test_setup(wrong_sizes_of_members_are_found_out, empty_folder),
        cmocka_unit_test_setup(gids_outside_the_window_are_left_out, empty_folder),
        cmocka_unit_test_setup(every_size_of_room_is_kept, empty_folder),
    };

    return check_done(
        "snapshot_forged", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_forged", tests, make_folder, remove_folder));
}
