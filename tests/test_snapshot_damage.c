/* What is damaged or forged in a snapshot is not believed. */
#include "tests/snapshot_model.h"

#include "cache/snapshot_format.h"

/* ---- damage: whatever the bytes are, an answer is legal and to the question ---- */

static void judge_text(const char *text)
{
    assert_true(is_in_room(text) && memchr(text, 0, (size_t)(room + sizeof room - text)));
}

static void judge_person(const struct snapshot_person *p)
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

static void judge_group(const struct snapshot_group *g)
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

static void ask_name(const struct snapshot *s, const char *name)
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

static void ask_id(const struct snapshot *s, uint32_t id)
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

static void ask_for_all(const struct snapshot *s)
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

static void interrogate(const unsigned char *bytes, size_t size)
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

static void no_changed_byte_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(3, 2);

    (void)state;
    interrogated = believed = 0;
    for (size_t at = 0; at < file.size; at++) {
        unsigned char was = file.bytes[at];

        for (unsigned byte = 0; byte < 256; byte++) {
            file.bytes[at] = (unsigned char)byte;
            interrogate(file.bytes, file.size);
        }
        file.bytes[at] = was;
    }
    assert_true(interrogated >= 100000 && believed > interrogated / 2);
    free(file.bytes);
}

/* Also with the header made to agree, so that the bounds of everything else are asked for. */
static void no_cut_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(6, 4);

    (void)state;
    believed = 0;
    for (size_t size = 0; size < file.size; size++) {
        unsigned char *cut = malloc(size ? size : 1);

        memcpy(cut, file.bytes, size);
        interrogate(cut, size);

        if (size >= sizeof(struct snapshot_header)) {
            memcpy(cut + offsetof(struct snapshot_header, size), &(uint64_t){htole64(size)}, 8);
            interrogate(cut, size);
        }
        free(cut);
    }
    assert_true(believed > 0);
    free(file.bytes);
}

static void no_pile_of_changes_makes_an_illegal_answer(void **state)
{
    struct file file = model_file(5, 4);
    unsigned char *changed = malloc(file.size);

    (void)state;
    believed = 0;
    for (unsigned i = 0; i < 40000; i++) {
        memcpy(changed, file.bytes, file.size);
        for (uint32_t k = roll(12) + 1; k; k--) {
            uint32_t at = 40 + roll((uint32_t)file.size - 40) / 4 * 4,
                     values[] = {0,
                                 1,
                                 0xffffffff,
                                 0x80000000,
                                 (uint32_t)file.size,
                                 (uint32_t)file.size / 8,
                                 roll(64),
                                 roll(1u << 24),
                                 ID_LEAST,
                                 ID_MOST};

            memcpy(changed + at, &values[roll(10)], at + 4 <= file.size ? 4 : 0);
        }
        interrogate(changed, file.size);
    }
    assert_true(believed > 10000);
    free(changed);
    free(file.bytes);
}

/* ---- forgery: a file whose tables and sizes are right, and which says what it may not ---- */

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
        cmocka_unit_test_setup(no_changed_byte_makes_an_illegal_answer, empty_folder),
        cmocka_unit_test_setup(no_cut_makes_an_illegal_answer, empty_folder),
        cmocka_unit_test_setup(no_pile_of_changes_makes_an_illegal_answer, empty_folder),
        cmocka_unit_test_setup(a_forged_id_is_not_believed, empty_folder),
        cmocka_unit_test_setup(an_answer_to_another_question_is_not_given, empty_folder),
        cmocka_unit_test_setup(forged_texts_are_not_repeated, empty_folder),
        cmocka_unit_test_setup(forged_groups_have_no_power, empty_folder),
        cmocka_unit_test_setup(gids_outside_the_window_are_left_out, empty_folder),
        cmocka_unit_test_setup(every_size_of_room_is_kept, empty_folder),
    };

    return check_done(
        "snapshot_damage", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_damage", tests, make_folder, remove_folder));
}
