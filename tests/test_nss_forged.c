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
    return answers.by_gid != NSS_STATUS_NOTFOUND || answers.walked;
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
    bool good = nss.getgrgid(TEAM, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;

    (void)unused;
    overwrite(groups_at() + (off_t)sizeof(struct snapshot_group_record), "ops\0", 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, name),
              &(uint32_t){htole32(3)}, 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, members_size),
              &(uint32_t){0}, 4);
    overwrite(groups_at() + (off_t)offsetof(struct snapshot_group_record, members), &(uint32_t){0},
              4);
    return !good || nss.getgrgid(TEAM, &group, room, sizeof room, &error) != NSS_STATUS_NOTFOUND;
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

/* ---- lists ---- */

/* Where the numbers of ada's groups stand: TEAM and the next ones. */
static off_t list_at(void)
{
    uint32_t begin[] = {htole32(TEAM), htole32(TEAM + 1), htole32(TEAM + 2)};
    int fd = open(SNAPSHOT_PATH, O_RDONLY | O_CLOEXEC);
    ssize_t size = read(fd, room, sizeof room);
    void *found = memmem(room, size > 0 ? (size_t)size : 0, begin, sizeof begin);

    close(fd);
    assert_non_null(found);
    return (char *)found - room;
}

struct forgery {
    uint32_t gid, place;
};

/* Nothing else is lost, and nothing is given that the window does not hold. */
static int left_out_of_the_list(const void *context)
{
    const struct forgery *forgery = context;
    gid_t gids[2 * GROUPS], *list = gids;
    long taken = 0, size = 2L * GROUPS;

    if (nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error) != NSS_STATUS_SUCCESS ||
        taken != GROUPS - 1)
        return 1;
    for (uint32_t i = 0; i < GROUPS - 1; i++)
        if (gids[i] != TEAM + i + (i >= forgery->place))
            return 2;
    return 0;
}

static void a_number_outside_the_window_is_not_given(void **state)
{
    static const uint32_t gids[] = {0,          1,          27,           999,
                                    1000,       65534,      ID_LEAST - 1, ID_MOST + 1,
                                    0x7fffffff, 0x80000000, 0xf0000064,   UINT32_MAX,
                                    ADA /* given as the primary one */};
    off_t at = list_at();

    (void)state;
    for (size_t i = 0; i < sizeof gids / sizeof gids[0]; i++)
        for (uint32_t place = 0; place < GROUPS; place++) {
            off_t here = at + (off_t)(place * sizeof gids[0]);

            overwrite(here, &(uint32_t){htole32(gids[i])}, sizeof gids[0]);
            if (!in_child(left_out_of_the_list, &(struct forgery){gids[i], place}))
                fail_msg("%u in place %u", gids[i], place);
            overwrite(here, &(uint32_t){htole32(TEAM + place)}, sizeof gids[0]);
        }
}

/* A number that is no group is given, but it cannot be named. */
static int nameless(const void *unused)
{
    struct answers answers = ask_all();

    (void)unused;
    return answers.by_gid == NSS_STATUS_SUCCESS || answers.by_name == NSS_STATUS_SUCCESS ||
           answers.list != NSS_STATUS_SUCCESS || !answers.listed || answers.others != GROUPS - 1;
}

static void a_number_without_a_group_has_no_name(void **state)
{
    (void)state;
    overwrite(groups_at(), &(uint32_t){htole32(ID_MOST)}, 4);
    overwrite(groups_at() + (off_t)sizeof(struct snapshot_group_record), "TEAM", 4);
    assert_true(in_child(nameless, NULL));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_name_that_no_search_finds_is_judged_too, fresh),
        cmocka_unit_test_setup(a_name_that_changes_under_way_is_judged_too, fresh),
        cmocka_unit_test_setup(a_number_outside_the_window_is_not_given, fresh),
        cmocka_unit_test_setup(a_number_without_a_group_has_no_name, fresh),
    };

    if (!load_module(argc, argv))
        return check_done("nss_forged", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_forged", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_forged", tests, begin, end));
}
