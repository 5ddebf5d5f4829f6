/* SPDX-License-Identifier: MIT */
/* snapshot_check: what is not as a publisher writes it is told, also when the checksum is right. */
#include "tests/snapshot_model.h"

#include "cache/snapshot_check.h"
#include "cache/snapshot_checksum.h"
#include "cache/snapshot_format.h"

static void seal(struct file *file)
{
    struct checksum checksum = checksum_start();
    struct snapshot_header header;
    uint64_t sum;

    memcpy(&header, file->bytes, sizeof header);
    header.checksum = 0;
    header.superseded = 0;
    checksum_add(&checksum, &header, sizeof header);
    checksum_add(&checksum, file->bytes + sizeof header, file->size - sizeof header);
    sum = htole64(checksum_end(&checksum));
    memcpy(file->bytes + offsetof(struct snapshot_header, checksum), &sum, sizeof sum);
}

static char told[4096]; /* all that was said of one file */

static void remember(void *context, size_t at, const char *what)
{
    size_t length = strlen(told);

    (void)context;
    snprintf(told + length, sizeof told - length, "%zu: %s\n", at, what);
}

/* How much is wrong with it; -1: it is no snapshot at all. */
static int faults_of(const struct file *file)
{
    struct snapshot_faults faults = {.tell = remember};
    struct snapshot_facts facts;
    struct snapshot snapshot;
    struct error why;

    *told = '\0';
    if (!snapshot_from_bytes(file->bytes, file->size, &snapshot))
        return -1;
    assert_true(snapshot_check(&snapshot, &facts, &faults, &why));
    return (int)faults.count;
}

static void what_is_published_is_good(void **state)
{
    static const uint32_t sizes[][2] = {{0, 0}, {1, 0}, {0, 3}, {1, 1}, {7, 3}, {3000, 40}};

    (void)state;
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        struct file file = model_file(sizes[i][0], sizes[i][1]);

        if (faults_of(&file))
            fail_msg("%u people: %s", sizes[i][0], told);
        free(file.bytes);
    }
}

static bool has_gid(const struct snapshot_gids *gids, uint32_t gid)
{
    for (uint32_t i = 0; i < gids->count; i++)
        if (snapshot_gid(gids, i) == gid)
            return true;
    return false;
}

/* Names, ids and memberships; a gecos, home or shell that is another one cannot be known to be wrong. */
static bool says_what_the_model_says(const struct file *file)
{
    struct snapshot s;

    if (!snapshot_from_bytes(file->bytes, file->size, &s) || s.people != model.people_count ||
        s.groups != model.groups_count)
        return false;
    for (uint32_t i = 0; i < model.people_count; i++) {
        const struct model_person *p = &model.people[i];
        struct answer_space here = space();
        struct snapshot_person person;
        struct snapshot_gids gids;

        if (snapshot_person_by_name(&s, p->name, &here, &person) != LOOKUP_FOUND ||
            person.uid != p->uid || snapshot_gids_of(&s, p->name, &gids) != LOOKUP_FOUND ||
            gids.count != p->count)
            return false;
        for (size_t k = 0; k < p->count; k++)
            if (!has_gid(&gids, p->gids[k]))
                return false;
    }
    return true;
}

static void no_byte_that_counts_can_be_changed(void **state)
{
    struct file file = model_file(6, 3);
    size_t unnoticed = 0;

    (void)state;
    for (size_t at = 0; at < file.size; at++)
        for (unsigned bit = 0; bit < 8; bit++) {
            file.bytes[at] ^= (unsigned char)(1u << bit);
            assert_int_not_equal(at >= 8 && at < 12 ? 1 : faults_of(&file), 0);
            seal(&file);
            if (faults_of(&file) == 0) {
                unnoticed++;
                assert_true(says_what_the_model_says(&file));
            }
            file.bytes[at] ^= (unsigned char)(1u << bit);
            seal(&file);
        }
    assert_int_equal(faults_of(&file), 0);
    assert_true(unnoticed > 0); /* such as the generation */
    free(file.bytes);
}

#define EVE_IS \
    "Eve from the other side." /* so long that her part of the file has room behind her */

/* Ann is in the group one, bob in both, eve in none; all names have one length. */
static struct file three_people(void)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    const uint32_t both[] = {ID_LEAST + 1, ID_LEAST + 2};
    struct error why;

    assert_true(snapshot_builder_new(&builder, &why));
    assert_true(snapshot_add_group(builder, both[0], "one", &why));
    assert_true(snapshot_add_group(builder, both[1], "two", &why));
    assert_true(
        snapshot_add_person(builder, ID_LEAST + 3, "ann@x.example", "", "/", "/b", both, 1, &why));
    assert_true(
        snapshot_add_person(builder, ID_LEAST + 4, "bob@x.example", "", "/", "/b", both, 2, &why));
    assert_true(snapshot_add_person(builder, ID_LEAST + 5, "eve@x.example", EVE_IS, "/", "/b", NULL,
                                    0, &why));
    assert_true(snapshot_publish(builder, folder, &why));
    return read_file("snapshot");
}

#define PEOPLE_AT (SNAPSHOT_LINE * (1 + 2 * snapshot_buckets(5)))

/* Where `text` stands for the `nth` time. */
static unsigned char *find(const struct file *file, const char *text, int nth)
{
    unsigned char *at = file->bytes + PEOPLE_AT;

    for (;; at++) {
        at = memmem(at, (size_t)(file->bytes + file->size - at), text, strlen(text));
        assert_non_null(at);
        if (nth-- == 1)
            return at;
    }
}

/* Where the places of a group's members stand, whose name has three letters. */
static unsigned char *members_of(const struct file *file, const char *group)
{
    return find(file, group, 1) + 4;
}

#define PLACE 4u /* bytes of one */

static void a_member_twice(struct file *file)
{
    memcpy(members_of(file, "one") + PLACE, members_of(file, "one"), PLACE);
}

static void members_in_disorder(struct file *file)
{
    uint32_t places[2], turned[2];

    memcpy(places, members_of(file, "one"), sizeof places);
    turned[0] = places[1];
    turned[1] = places[0];
    memcpy(members_of(file, "one"), turned, sizeof turned);
}

static void a_member_of_another(struct file *file)
{
    memcpy(members_of(file, "two"), members_of(file, "one"), PLACE);
}

/* Behind the last person, where no search leads. */
static void a_stranger(struct file *file)
{
    const struct {
        struct snapshot_person_record record;
        char name[24];
    } amy = {.record = {.uid = htole32(ID_LEAST + 9), .name = htole16(13)},
             .name = "amy@x.example"};
    unsigned char *at = find(file, "eve@", 1) + 48;
    uint32_t place = htole32((uint32_t)((size_t)(at - file->bytes) / SNAPSHOT_UNIT));

    memcpy(at, &amy, sizeof amy);
    memcpy(members_of(file, "one"), &place, PLACE);
}

static void a_member_amid_another(struct file *file)
{
    members_of(file, "one")[0]++;
}

static void another_name(struct file *file)
{
    memcpy(find(file, "eve@", 1), "eva@", 4);
}

static void another_id(struct file *file)
{
    find(file, "eve@", 1)[-16] ^= 0x20;
}

/* Into the padding: her record is not longer by it. */
static void a_membership_of_one_side(struct file *file)
{
    unsigned char *record = find(file, "eve@", 1) - 16;
    const uint32_t count = htole32(1), gid = htole32(ID_LEAST + 1);

    assert_int_equal(*(record + 16 + 44), 0);
    memcpy(record + 4, &count, 4);
    memcpy(record + 16 + 44, &gid, 4);
}

static void a_group_that_is_not(struct file *file)
{
    find(file, "bob@", 1)[20] ^= 0x40;
}

static void an_entry_too_many(struct file *file)
{
    struct snapshot_entry entry = {htole32(7), htole32((uint32_t)(PEOPLE_AT / SNAPSHOT_UNIT))};

    memcpy(file->bytes + SNAPSHOT_LINE + (SNAPSHOT_BUCKET - 1) * sizeof entry, &entry,
           sizeof entry);
}

static void something_behind(struct file *file)
{
    file->bytes[file->size - 1] = 1;
}

static void a_wrong_name(struct file *file)
{
    *find(file, "eve@", 1) = 'E';
}

static void a_broken_record(struct file *file)
{
    memset(find(file, "bob@", 1) - 16, 0xff, 4);
}

/* Files that lie with a right checksum: each is found out by a check of its own. */
static void lies_are_told(void **state)
{
    static const struct {
        void (*lie)(struct file *);
        const char *said;
    } lies[] = {
        {a_member_twice, "one has a member twice or out of order: ann@x.example"},
        {members_in_disorder, "one has a member twice or out of order: ann@x.example"},
        {a_member_of_another, "two has a member who does not know it: ann@x.example"},
        {a_stranger, "one has a member who is not there: amy@x.example"},
        {a_member_amid_another, "group 1 (gid 1879048193) has a name, or a member's name"},
        {another_name, "eva@x.example (id 1879048197) is not found by name"},
        {another_id, "is not found by id"},
        {a_membership_of_one_side, "people are in 4 groups, groups have 3 members"},
        {a_group_that_is_not, "bob@x.example is in a group that is not there"},
        {an_entry_too_many, "the table of names has 6 entries for 5 records"},
        {something_behind, "something stands behind the last record of a part"},
        {a_wrong_name,
         "person 3 (uid 1879048197) has a name, gecos, home or shell that may not be"},
        {a_broken_record, "the record of person 2 of 3 is broken"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        struct file file = three_people();

        assert_int_equal(faults_of(&file), 0);
        lies[i].lie(&file);
        seal(&file);
        assert_true(faults_of(&file) > 0);
        if (!strstr(told, lies[i].said))
            fail_msg("wanted: %s\ngot: %s", lies[i].said, told);
        free(file.bytes);
    }
}

static void an_older_one_is_published_as_a_newer_one(void **state)
{
    struct file one = model_file(3, 1), two = model_file(9, 2), again;
    struct snapshot older;
    struct error why;
    uint64_t number = 0;

    (void)state;
    assert_true(snapshot_from_bytes(one.bytes, one.size, &older));
    assert_true(snapshot_publish_again(&older, folder, &number, &why));
    assert_int_equal(number, 3);
    again = read_file("snapshot");
    assert_int_equal(again.size, one.size);
    assert_int_equal(faults_of(&again), 0);
    assert_memory_equal(again.bytes + SNAPSHOT_LINE, one.bytes + SNAPSHOT_LINE,
                        one.size - SNAPSHOT_LINE);
    free(again.bytes);
    again = read_file("snapshot.previous");
    assert_int_equal(again.size, two.size);
    assert_int_equal(again.bytes[8], 1); /* superseded */
    free(again.bytes);
    free(one.bytes);
    free(two.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_is_published_is_good, empty_folder),
        cmocka_unit_test_setup(no_byte_that_counts_can_be_changed, empty_folder),
        cmocka_unit_test_setup(lies_are_told, empty_folder),
        cmocka_unit_test_setup(an_older_one_is_published_as_a_newer_one, empty_folder),
    };

    return check_done(
        "snapshot_check", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_check", tests, make_folder, remove_folder));
}
