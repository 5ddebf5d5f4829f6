/* SPDX-License-Identifier: MIT */
/* A forged snapshot cannot show a group under the name of a local one, by any way. */
#include "tests/nss_local.h"

#include "cache/snapshot_format.h"

static void overwrite(off_t at, const void *bytes, size_t size)
{
    int fd = open(SNAPSHOT_PATH, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, bytes, size, at), (ssize_t)size);
    close(fd);
}

static struct snapshot_header header(void)
{
    int fd = open(SNAPSHOT_PATH, O_RDONLY | O_CLOEXEC);
    struct snapshot_header header;

    assert_int_equal(read(fd, &header, sizeof header), (ssize_t)sizeof header);
    close(fd);
    return header;
}

static size_t table_size(const struct snapshot_header *h)
{
    return SNAPSHOT_LINE * snapshot_buckets((uint64_t)le32toh(h->people) + le32toh(h->groups));
}

/* The record of the group with the lowest gid, which is `team`, comes first. */
static off_t groups_at(void)
{
    struct snapshot_header h = header();

    return (off_t)(sizeof h + 2 * table_size(&h) + le64toh(h.people_size));
}

static int hidden_from_the_names(const void *unused)
{
    struct answers answers = ask_all();

    (void)unused;
    return answers.by_gid != NSS_STATUS_NOTFOUND || answers.listed || answers.walked;
}

static void a_name_that_no_search_finds_is_judged_too(void **state)
{
    static const char local[] = "team:x:1234:\n";
    struct snapshot_header h = header();
    size_t size = table_size(&h);
    char *nothing = calloc(1, size);

    (void)state;
    if (!may_mount)
        skip();
    write_local(local, sizeof local - 1);
    overwrite(sizeof h, nothing, size);
    free(nothing);
    assert_true(in_child(hidden_from_the_names, NULL));
}

static int renamed_under_way(const void *unused)
{
    struct group group;
    gid_t gids[GROUPS + 1], *list = gids;
    long taken = 0, size = GROUPS + 1;
    bool good = nss.getgrgid(TEAM, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;

    (void)unused;
    overwrite(groups_at() + (off_t)sizeof(struct snapshot_group_record), "ops\0", 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, name),
              &(uint32_t){htole32(3)}, 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, members_size),
              &(uint32_t){0}, 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, members), &(uint32_t){0},
              4);
    good = good && nss.getgrgid(TEAM, &group, room, sizeof room, &error) == NSS_STATUS_NOTFOUND &&
           nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error) == NSS_STATUS_SUCCESS &&
           taken == GROUPS - 1;
    return !good;
}

static void a_name_that_changes_under_way_is_judged_too(void **state)
{
    static const char local[] = "ops:x:1234:\n";

    (void)state;
    if (!may_mount)
        skip();
    write_local(local, sizeof local - 1);
    assert_true(in_child(renamed_under_way, NULL));
}

/* What stands in a list but is no group cannot be named, so it is not given. */
static int unnamed(const void *others)
{
    struct answers answers = ask_all();

    return answers.listed || answers.list != NSS_STATUS_SUCCESS ||
           answers.others != *(const long *)others;
}

/* First the record says that it is another's, then no record is found. */
static void a_number_without_a_group_is_not_listed(void **state)
{
    struct snapshot_header h = header();
    OWNED(free_memory) char *nothing = calloc(1, table_size(&h));

    (void)state;
    overwrite(groups_at(), &(uint32_t){htole32(ID_MOST)}, 4);
    assert_true(in_child(unnamed, (const long[]){GROUPS - 1}));
    overwrite((off_t)(sizeof h + table_size(&h)), nothing, table_size(&h));
    assert_true(in_child(unnamed, (const long[]){0}));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_name_that_no_search_finds_is_judged_too, fresh),
        cmocka_unit_test_setup(a_name_that_changes_under_way_is_judged_too, fresh),
        cmocka_unit_test_setup(a_number_without_a_group_is_not_listed, fresh),
    };

    if (!load_module(argc, argv))
        return check_done("nss_forged", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_forged", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_forged", tests, begin, end));
}
