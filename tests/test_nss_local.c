/* SPDX-License-Identifier: MIT */
/* What the NSS module does with groups of the snapshot that are called or numbered like local ones. */
#include "tests/nss_local.h"

static bool people_are_answered(void)
{
    struct passwd person;
    struct group group;

    return ada(&person) == NSS_STATUS_SUCCESS &&
           nss.getgrnam(ADAS, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
           nss.getgrgid(ADA, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
}

/* A number is no name: what has it is still given, but to nobody as that group. */
static bool is_left_out(const struct answers *a)
{
    return a->by_name == NSS_STATUS_NOTFOUND && a->by_gid == NSS_STATUS_NOTFOUND && a->listed &&
           !a->walked && a->others == GROUPS - 1 && a->list == NSS_STATUS_SUCCESS &&
           a->walk == NSS_STATUS_NOTFOUND && a->walked_over == CROWD + 2 + GROUPS - 1;
}

static bool is_shown(const struct answers *a)
{
    return a->by_name == NSS_STATUS_SUCCESS && a->by_gid == NSS_STATUS_SUCCESS && a->listed &&
           a->walked && a->others == GROUPS - 1 && a->list == NSS_STATUS_SUCCESS &&
           a->walk == NSS_STATUS_NOTFOUND && a->walked_over == CROWD + 2 + GROUPS;
}

static bool people_are_unavailable(void)
{
    struct passwd person;
    struct group group;

    return ada(&person) == NSS_STATUS_UNAVAIL &&
           nss.getpwuid(ADA, &person, room, sizeof room, &error) == NSS_STATUS_UNAVAIL &&
           nss.getgrgid(ADA, &group, room, sizeof room, &error) == NSS_STATUS_UNAVAIL;
}

static bool is_unavailable(const struct answers *a)
{
    return a->by_name == NSS_STATUS_UNAVAIL && a->by_gid == NSS_STATUS_UNAVAIL &&
           a->list == NSS_STATUS_UNAVAIL && !a->listed && a->others == 0 &&
           a->walk == NSS_STATUS_UNAVAIL && a->walked_over == 0;
}

static int left_out(const void *unused)
{
    struct answers answers = ask_all(), again = ask_all();

    (void)unused;
    return !is_left_out(&answers) || !is_left_out(&again) || !people_are_answered();
}

static int shown(const void *unused)
{
    struct answers answers = ask_all(), again = ask_all();

    (void)unused;
    return !is_shown(&answers) || !is_shown(&again) || !people_are_answered();
}

static int unavailable(const void *unused)
{
    struct answers answers = ask_all(), again = ask_all();

    (void)unused;
    return !is_unavailable(&answers) || !is_unavailable(&again) || !people_are_unavailable();
}

/* ---- the local file ---- */

/* A row's text stands behind this many letters: about the size that is read at once. */
static void write_behind(const char *text, int letters)
{
    OWNED(free_memory) char *letter = calloc(1, (size_t)letters + 1);
    OWNED(free_memory) char *all = NULL;
    int size;

    assert_non_null(letter);
    memset(letter, 'a', (size_t)letters);
    size =
        asprintf(&all, "%s%s%s%s", letters ? "long:x:7:" : "", letter, letters ? "\n" : "", text);
    assert_true(size >= 0);
    write_local(all, (size_t)size);
}

static void a_group_called_like_a_local_one_is_left_out(void **state)
{
    static const struct {
        const char *text;
        bool has; /* a group called team */
    } rows[] = {
        {"team:x:1234:\n", true},
        {"root:x:0:\nteam:x:1234:ada,bob\nz:x:9:\n", true},
        {"root:x:0:\nteam:x:1234:", true},
        {"team", true},
        {"team\n", true},
        {" \tteam:x:1234:\n", true},
        {"\n\nteam::::\n", true},
        {"Team:x:1234:\n", true},
        {"TEAM:x:1234:\n", true},
        {"a:x:1:team\nb:x:2:\nteam:x:3:\n", true},
        {"", false},
        {"\n", false},
        {"teams:x:1234:\n", false},
        {"steam:x:1234:\nxteam", false},
        {"tea:x:1234:\n", false},
        {"t:eam:1234:\nte\nam:x:1:\n", false},
        {"root:team:0:team\n", false},
        {"root:x:0:\nteam x:x:1:\n", false},
    };

    (void)state;
    if (!may_mount)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int letters = 0; letters < 4096 + 4; letters = letters ? letters + 1 : 4075) {
            write_behind(rows[i].text, letters);
            if (!in_child(rows[i].has ? left_out : shown, NULL))
                fail_msg("row %zu behind %d letters", i, letters);
        }
}

static int not_given(const void *unused)
{
    struct answers answers = ask_all(), again = ask_all();

    (void)unused;
    return answers.listed || answers.others != GROUPS - 1 || answers.list != NSS_STATUS_SUCCESS ||
           again.listed || again.others != GROUPS - 1 || !people_are_answered();
}

/* Who is in a group of the directory is in no local one of the same number. */
static void a_number_that_a_local_group_has_is_not_given(void **state)
{
    static const struct {
        const char *before, *behind; /* the number of `team` */
        bool has;
    } rows[] = {
        {"other:x:", ":", true},
        {"other:x:", ":ada,bob\n", true},
        {"other:x:", "", true},
        {"other:x:", ":ada1,bob2", true},
        {"root:x:0:\nother:x:000", ":\nz:x:9:\n", true},
        {"other:x: ", ":\n", true},
        {"other::+", ":\n", true},
        {":x:", ":\n", true},
        {"other:x:1", ":\n", false},
        {"other:x:18446744075588599809:\nx:x:5", ":\n", false}, /* 2^64 more */
        {"other:x:", "1:\n", false},
        {"other:", ":1:\n", false},
        {"other:x:1:", "\n", false},
        {"other", ":x:1:\n", false},
        {"other:x\n:", ":\n", false},
    };
    char text[64];

    (void)state;
    if (!may_mount)
        skip();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        for (int letters = 0; letters < 4096 + 4; letters = letters ? letters + 1 : 4060) {
            snprintf(text, sizeof text, "%s%u%s", rows[i].before, TEAM, rows[i].behind);
            write_behind(text, letters);
            if (!in_child(rows[i].has ? not_given : shown, NULL))
                fail_msg("row %zu behind %d letters", i, letters);
        }
}

/* Her primary group would be that one, and so would be the files that she makes. */
static int without_ada(const void *unused)
{
    struct passwd person;
    struct group group;
    unsigned walked = 0;

    (void)unused;
    if (ada(&person) != NSS_STATUS_NOTFOUND ||
        nss.getpwuid(ADA, &person, room, sizeof room, &error) != NSS_STATUS_NOTFOUND ||
        nss.getgrnam(ADAS, &group, room, sizeof room, &error) != NSS_STATUS_NOTFOUND ||
        nss.getgrgid(ADA, &group, room, sizeof room, &error) != NSS_STATUS_NOTFOUND)
        return 1;
    nss.setpwent(0);
    for (; nss.getpwent(&person, room, sizeof room, &error) == NSS_STATUS_SUCCESS; walked++)
        if (person.pw_uid == ADA)
            return 2;
    nss.endpwent();
    return walked != CROWD + 1 ||
           nss.getpwuid(BOB, &person, room, sizeof room, &error) != NSS_STATUS_SUCCESS;
}

static void who_has_the_number_of_a_local_group_is_not_shown(void **state)
{
    char text[64];

    (void)state;
    if (!may_mount)
        skip();
    write_local(text, (size_t)snprintf(text, sizeof text, "root:x:0:\nsecrets:x:%u:\n", ADA));
    assert_true(in_child(without_ada, NULL));
}

static int without_team(const void *unused)
{
    struct answers answers = ask_all();

    (void)unused;
    return answers.by_name != NSS_STATUS_NOTFOUND || answers.by_gid != NSS_STATUS_NOTFOUND ||
           answers.walked || answers.listed || !people_are_answered();
}

static void a_group_with_the_number_of_a_local_one_is_not_shown(void **state)
{
    char text[64];

    (void)state;
    if (!may_mount)
        skip();
    write_local(text, (size_t)snprintf(text, sizeof text, "secrets:x:%u:\n", TEAM));
    assert_true(in_child(without_team, NULL));
}

static void any_number_of_local_groups_is_judged_rightly(void **state)
{
    static char text[4000000];
    size_t size = 0;

    (void)state;
    if (!may_mount)
        skip();
    for (unsigned i = 0; i < 100000; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "local%u:x:%u:\n", i, i);
    write_local(text, size);
    assert_true(in_child(shown, NULL));
    size += (size_t)snprintf(text + size, sizeof text - size, "team:x:1:\n");
    write_local(text, size);
    assert_true(in_child(left_out, NULL));
}

/* Tries again until the module has looked at the file, for a minute at the most. */
static bool comes_true(bool (*wanted)(const struct answers *))
{
    struct timespec now;
    struct answers answers;
    time_t until;

    clock_gettime(CLOCK_MONOTONIC, &now);
    until = now.tv_sec + 60;
    do {
        answers = ask_all();
        if (wanted(&answers))
            return true;
        sched_yield();
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (now.tv_sec < until);
    return false;
}

static int follow_changes(const void *unused)
{
    static const char with[] = "root:x:0:\nteam:x:1234:\n", without[] = "root:x:0:\n";

    (void)unused;
    write_local(without, sizeof without - 1);
    if (!comes_true(is_shown))
        return 1;
    write_local(with, sizeof with - 1);
    if (!comes_true(is_left_out))
        return 2;
    write_local(without, sizeof without - 1);
    return !comes_true(is_shown);
}

static void a_local_group_that_comes_later_is_noticed(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    assert_true(in_child(follow_changes, NULL));
}

/* A pipe in its place; and one that is too large. */
static void without_the_local_file_nothing_is_shown(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    assert_int_equal(mkfifo(STATE_DIR "/pipe", 0644), 0);
    assert_int_equal(mount(STATE_DIR "/pipe", LOCAL_GROUP, "none", MS_BIND, NULL), 0);
    assert_true(in_child(unavailable, NULL));
    assert_int_equal(umount(LOCAL_GROUP), 0);
    assert_true(in_child(shown, NULL));
    assert_int_equal(truncate(LOCAL, 100L << 20), 0);
    assert_true(in_child(unavailable, NULL));
}

/* Some local group has a number of ours, so that the file has to be asked again. */
static int lose_the_file_half_way(const void *unused)
{
    char text[64];
    struct answers answers;

    (void)unused;
    write_local(text, (size_t)snprintf(text, sizeof text, "other:x:%u:\n", BIG));
    answers = ask_all();
    if (answers.others != GROUPS - 2 || !answers.listed)
        return 1;
    if (mount(STATE_DIR "/pipe", LOCAL_GROUP, "none", MS_BIND, NULL) != 0)
        return 2;
    answers = ask_all();
    return umount(LOCAL_GROUP) != 0 || answers.list != NSS_STATUS_UNAVAIL || answers.listed ||
           answers.others != 0;
}

static void a_list_is_given_whole_or_not_at_all(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    assert_int_equal(mkfifo(STATE_DIR "/pipe", 0644), 0);
    assert_true(in_child(lose_the_file_half_way, NULL));
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_group_called_like_a_local_one_is_left_out, fresh),
        cmocka_unit_test_setup(a_number_that_a_local_group_has_is_not_given, fresh),
        cmocka_unit_test_setup(who_has_the_number_of_a_local_group_is_not_shown, fresh),
        cmocka_unit_test_setup(a_group_with_the_number_of_a_local_one_is_not_shown, fresh),
        cmocka_unit_test_setup(any_number_of_local_groups_is_judged_rightly, fresh),
        cmocka_unit_test_setup(a_local_group_that_comes_later_is_noticed, fresh),
        cmocka_unit_test_setup(without_the_local_file_nothing_is_shown, fresh),
        cmocka_unit_test_setup(a_list_is_given_whole_or_not_at_all, fresh),
    };

    if (!load_module(argc, argv))
        return check_done("nss_local", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_local", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_local", tests, begin, end));
}
