/* SPDX-License-Identifier: MIT */
/* Which file the NSS module believes, and when it notices a new one. */
#include "tests/nss_questions.h"

/* ---- which file is believed ---- */

static void expect_unavailable(const char *what)
{
    struct passwd person;
    struct group group;
    gid_t *list;
    long taken;

    error = 0;
    if (ada(&person) != NSS_STATUS_UNAVAIL)
        fail_msg("believed: %s", what);
    assert_int_equal(nss.getgrgid(TEAM, &group, room, sizeof room, &error), NSS_STATUS_UNAVAIL);
    assert_int_not_equal(error, ERANGE);
    assert_int_equal(nss.setpwent(0), NSS_STATUS_SUCCESS);
    assert_int_equal(nss.getpwent(&person, room, sizeof room, &error), NSS_STATUS_UNAVAIL);
    assert_true(groups_of(ADAS, ADA, 1, 0, &list, &taken) < 0);
    free(list);
    /* what cannot be ours is still answered at once */
    assert_int_equal(nss.getpwnam("root", &person, room, sizeof room, &error), NSS_STATUS_NOTFOUND);
    assert_int_equal(nss.getpwuid(0, &person, room, sizeof room, &error), NSS_STATUS_NOTFOUND);
}

/* Takes the file away and makes the module notice at once: the old one says that it is superseded. */
static void take_away(void)
{
    publish(1);
    unlink(SNAPSHOT_PATH);
}

static void put(const void *bytes, size_t size)
{
    int fd = open(SNAPSHOT_PATH, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_int_equal(write(fd, bytes, size), (ssize_t)size);
    close(fd);
}

static void put_garbage(void)
{
    static const char bytes[4096] = "LATCHKY2";

    put(bytes, sizeof bytes);
}

static void put_empty(void)
{
    put("", 0);
}

static void put_folder(void)
{
    assert_int_equal(mkdir(SNAPSHOT_PATH, 0755), 0);
}

static void put_pipe(void)
{
    assert_int_equal(mkfifo(SNAPSHOT_PATH, 0644), 0);
}

static void put_link(void)
{
    publish(1);
    assert_int_equal(rename(SNAPSHOT_PATH, PUBLIC_DIR "/real"), 0);
    assert_int_equal(symlink("real", SNAPSHOT_PATH), 0);
}

static void put_group_writable(void)
{
    publish(1);
    assert_int_equal(chmod(SNAPSHOT_PATH, 0664), 0);
}

static void put_world_writable(void)
{
    publish(1);
    assert_int_equal(chmod(SNAPSHOT_PATH, 0646), 0);
}

static void put_in_writable_folder(void)
{
    publish(1);
    assert_int_equal(chmod(PUBLIC_DIR, 0775), 0);
}

static void put_under_writable_folder(void)
{
    publish(1);
    assert_int_equal(chmod(STATE_DIR, 0757), 0);
}

/* Sticky: nobody can exchange what is there, but anybody could have put it there first. */
static void put_in_sticky_folder_of_another(void)
{
    publish(1);
    assert_int_equal(chmod(PUBLIC_DIR, 01777), 0);
    assert_int_equal(chown(SNAPSHOT_PATH, 12345, 12345), 0);
}

static void put_cut(void)
{
    publish(1);
    assert_int_equal(truncate(SNAPSHOT_PATH, 64), 0);
}

static void put_nothing(void)
{
}

static void only_a_file_that_nobody_else_can_write_is_believed(void **state)
{
    static const struct {
        const char *what;
        void (*put)(void);
    } rows[] = {{"nothing", put_nothing},
                {"an empty file", put_empty},
                {"garbage", put_garbage},
                {"a folder", put_folder},
                {"a pipe", put_pipe},
                {"a symbolic link", put_link},
                {"a cut file", put_cut},
                {"a file that a group may write", put_group_writable},
                {"a file that all may write", put_world_writable},
                {"a file in a folder that a group may write", put_in_writable_folder},
                {"a file under a folder that all may write", put_under_writable_folder},
                {"somebody's file in a sticky folder", put_in_sticky_folder_of_another}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool needs_root = rows[i].put == put_in_sticky_folder_of_another;

        if (needs_root && geteuid() != 0)
            continue;
        take_away();
        rows[i].put();
        expect_unavailable(rows[i].what);
        chmod(PUBLIC_DIR, 0755);
        chmod(STATE_DIR, 0755);
        assert_true(unlink(SNAPSHOT_PATH) == 0 || rmdir(SNAPSHOT_PATH) == 0 || errno == ENOENT);
        unlink(PUBLIC_DIR "/real");
        publish((unsigned)i + 2);
        expect_round((unsigned)i + 2); /* and put right again it is */
    }
}

static void ones_own_file_in_a_sticky_folder_is_believed(void **state)
{
    (void)state;
    take_away();
    publish(5);
    assert_int_equal(chmod(PUBLIC_DIR, 01777), 0);
    expect_round(5);
    chmod(PUBLIC_DIR, 0755);
}

/* ---- freshness ---- */

static void a_new_file_is_noticed_at_the_next_question(void **state)
{
    (void)state;
    for (unsigned round = 2; round < 200; round++) {
        publish(round);
        expect_round(round);
    }
}

/* As after a publisher that was killed before it could mark the old file. */
static void a_new_file_is_noticed_without_the_mark_too(void **state)
{
    static const uint32_t not_superseded;
    int fd;

    (void)state;
    publish(3);
    expect_round(3);
    fd = open(SNAPSHOT_PATH, O_WRONLY | O_CLOEXEC);
    assert_int_equal(rename(SNAPSHOT_PATH, PUBLIC_DIR "/aside"), 0);
    publish(4);
    assert_int_equal(pwrite(fd, &not_superseded, 4, 8), 4);
    close(fd);
    expect_soon(4);
    unlink(PUBLIC_DIR "/aside");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(only_a_file_that_nobody_else_can_write_is_believed, publish_first),
        cmocka_unit_test_setup(ones_own_file_in_a_sticky_folder_is_believed, publish_first),
        cmocka_unit_test_setup(a_new_file_is_noticed_at_the_next_question, publish_first),
        cmocka_unit_test_setup(a_new_file_is_noticed_without_the_mark_too, publish_first),
    };

    if (!load_module(argc, argv))
        return check_done("nss_file", sizeof tests / sizeof tests[0], -1);
    return check_done("nss_file", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss_file", tests, make_folders, remove_folders));
}
