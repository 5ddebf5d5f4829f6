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

static char told[512];

static void remember(void *context, size_t at, const char *what)
{
    (void)context;
    snprintf(told, sizeof told, "%zu %s", at, what);
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

/* The words that a fault is told by, for files that lie with a right checksum. */
static void faults_are_told_with_their_place(void **state)
{
    struct file file = model_file(5, 2);
    size_t record = SNAPSHOT_LINE * (1 + 2 * snapshot_buckets(5 + 2));
    unsigned char kept[8];

    (void)state;
    memcpy(kept, file.bytes + record, sizeof kept);
    memset(file.bytes + record, 0, 4); /* uid 0 */
    seal(&file);
    assert_true(faults_of(&file) > 0);
    memcpy(file.bytes + record, kept, sizeof kept);
    memset(file.bytes + SNAPSHOT_LINE, 0xff, 8); /* an entry that leads nowhere */
    seal(&file);
    assert_true(faults_of(&file) > 0);
    free(file.bytes);
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
        cmocka_unit_test_setup(faults_are_told_with_their_place, empty_folder),
        cmocka_unit_test_setup(an_older_one_is_published_as_a_newer_one, empty_folder),
    };

    return check_done(
        "snapshot_check", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_check", tests, make_folder, remove_folder));
}
