/* SPDX-License-Identifier: MIT */
/*
 * The NSS module where a process has come to see another world than it began in: behind chroot(2),
 * in a user namespace without root, and after dlclose(3). Each try is in a child of its own, whose
 * mapping is of before; after a publication it has to open the file where it now is.
 */
#include "tests/nss_questions.h"

#include <ftw.h>
#include <pthread.h>
#include <sys/wait.h>

#define CHILD_MAY_NOT 77
#define OWNER_UNKNOWN 65534 /* user_namespaces(7): what an id without a mapping shows as */

static char module[4096], new_root[] = "/tmp/nss-places-XXXXXX";

/* The exit status of `body` in a child that has just asked; 128 and more: a signal ended it. */
static int in_a_child(int (*body)(void))
{
    int status = -1;
    pid_t child;

    expect_round(1);
    child = fork();
    if (child == 0)
        _exit(body());
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void expect_good(int (*body)(void))
{
    int status = in_a_child(body);

    if (status == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

static bool finds(unsigned round)
{
    struct passwd person;
    struct group group;
    gid_t *list;
    long taken;
    bool good = ada(&person) == NSS_STATUS_SUCCESS && round_of(&person) == round &&
                person.pw_uid == ADA && strcmp(person.pw_name, ADAS) == 0;

    good = good && nss.getpwuid(BOB, &person, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    good = good && nss.getgrnam("team", &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
           group.gr_gid == TEAM;
    nss.setpwent(0);
    good = good && nss.getpwent(&person, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    good = good && groups_of(ADAS, ADA, 1, 0, &list, &taken) > 0 && taken == GROUPS;
    return good;
}

static bool finds_nothing(void)
{
    struct passwd person;
    struct group group;
    gid_t *list;
    long taken;
    bool good = ada(&person) == NSS_STATUS_UNAVAIL &&
                nss.getgrgid(TEAM, &group, room, sizeof room, &error) == NSS_STATUS_UNAVAIL;

    nss.setpwent(0);
    good = good && nss.getpwent(&person, room, sizeof room, &error) == NSS_STATUS_UNAVAIL;
    good = good && groups_of(ADAS, ADA, 1, 0, &list, &taken) < 0;
    /* what cannot be ours is still answered at once */
    return good && nss.getpwnam("root", &person, room, sizeof room, &error) == NSS_STATUS_NOTFOUND;
}

/* ---- another root ---- */

static int enter_new_root(void)
{
    return chroot(new_root) == 0 && chdir("/") == 0 ? 0 : CHILD_MAY_NOT;
}

static int ask_in_an_empty_root(void)
{
    int status;

    publish(2);
    status = enter_new_root();
    if (status != 0)
        return status;
    return finds_nothing() && finds_nothing() ? 0 : 1;
}

/* The old mapping may serve until the next look at the name, and then there is nothing. */
static int ask_with_what_was_mapped(void)
{
    int status = enter_new_root();

    for (unsigned i = 0; status == 0 && i < 1000; i++) {
        struct passwd person;
        enum nss_status found = ada(&person);

        if (found != NSS_STATUS_UNAVAIL &&
            (found != NSS_STATUS_SUCCESS || round_of(&person) != 1 || person.pw_uid != ADA))
            return 1;
    }
    return status;
}

static bool copy_into_new_root(const char *file)
{
    OWNED(close_fd) int from = open(file, O_RDONLY | O_CLOEXEC), to = -1;
    char path[4096];
    ssize_t size;

    snprintf(path, sizeof path, "%s%s", new_root, file);
    to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    size = read(from, room, sizeof room);
    return fchmod(to, 0644) == 0 && size > 0 && (size_t)size < sizeof room &&
           write(to, room, (size_t)size) == size;
}

static int ask_in_a_furnished_root(void)
{
    int status;

    publish(2);
    if (!copy_into_new_root(SNAPSHOT_PATH) || !copy_into_new_root(LOCAL_GROUP))
        return 2;
    publish(3); /* which the new root does not have */
    status = enter_new_root();
    if (status != 0)
        return status;
    return finds(2) ? 0 : 1;
}

/* The folders that lead to a file there; those that there are stay. */
static void make_way_to(const char *file)
{
    char path[4096];
    size_t length = (size_t)snprintf(path, sizeof path, "%s%s", new_root, file);

    for (size_t at = strlen(new_root) + 1; at < length; at++)
        if (path[at] == '/') {
            path[at] = '\0';
            assert_true((mkdir(path, 0755) == 0 && chmod(path, 0755) == 0) || errno == EEXIST);
            path[at] = '/';
        }
}

static int forget(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static int begin_root(void **state)
{
    memcpy(new_root + sizeof new_root - 7, "XXXXXX", 6);
    publish_first(state);
    return mkdtemp(new_root) && chmod(new_root, 0755) == 0 ? 0 : -1;
}

static int end_root(void **state)
{
    (void)state;
    return nftw(new_root, forget, 8, FTW_DEPTH | FTW_PHYS);
}

static void an_empty_root_has_nobody(void **state)
{
    (void)state;
    expect_good(ask_with_what_was_mapped);
    expect_good(ask_in_an_empty_root);
}

static void a_root_with_copies_of_both_files_has_everybody(void **state)
{
    (void)state;
    make_way_to(SNAPSHOT_PATH);
    make_way_to(LOCAL_GROUP);
    expect_good(ask_in_a_furnished_root);
}

/* ---- a user namespace ---- */

static int ask_where_root_is_nobody(void)
{
    struct stat status;

    publish(2);
    if (unshare(CLONE_NEWUSER) != 0)
        return CHILD_MAY_NOT;
    if (stat(SNAPSHOT_PATH, &status) != 0 || status.st_uid != OWNER_UNKNOWN ||
        geteuid() != OWNER_UNKNOWN)
        return 2;
    return finds(2) ? 0 : 1;
}

static int ask_where_the_file_may_be_anybodys(void)
{
    publish(2);
    if (chmod(SNAPSHOT_PATH, 0666) != 0 || unshare(CLONE_NEWUSER) != 0)
        return CHILD_MAY_NOT;
    return finds_nothing() ? 0 : 1;
}

static void an_owner_without_a_mapping_is_no_obstacle(void **state)
{
    (void)state;
    expect_good(ask_where_root_is_nobody);
    publish(1);
    expect_good(ask_where_the_file_may_be_anybodys);
}

/* ---- dlclose ---- */

static void *ask_let_go_and_ask(void *wrong)
{
    void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    bool good = handle && finds(1);

    good = good && dlclose(handle) == 0 && finds(1);
    *(bool *)wrong = !good;
    return NULL; /* and what the thread had of its own goes */
}

/* The handle of load() too: nothing refers to the module any more, but who has called it. */
static int ask_after_letting_go(void)
{
    void *handle = dlopen(module, RTLD_NOW | RTLD_LOCAL);
    bool wrong = true;
    pthread_t thread;

    if (!handle || dlclose(handle) != 0 || dlclose(handle) != 0)
        return 2;
    for (unsigned i = 0; i < 20; i++)
        if (!finds(1) || pthread_create(&thread, NULL, ask_let_go_and_ask, &wrong) != 0 ||
            pthread_join(thread, NULL) != 0 || wrong)
            return 1;
    publish(2);
    return finds(2) ? 0 : 1;
}

static void letting_the_module_go_is_no_obstacle(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it has no threads after a fork with threads */
#endif
    expect_good(ask_after_letting_go);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_root_has_nobody, begin_root, end_root),
        cmocka_unit_test_setup_teardown(a_root_with_copies_of_both_files_has_everybody, begin_root,
                                        end_root),
        cmocka_unit_test_setup(an_owner_without_a_mapping_is_no_obstacle, publish_first),
        cmocka_unit_test_setup(letting_the_module_go_is_no_obstacle, publish_first),
    };

    module_path(argc, argv, module);
    if (!load_module(argc, argv))
        return check_done("nss_places", sizeof tests / sizeof tests[0], -1);
    return check_done(
        "nss_places", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("nss_places", tests, make_folders, remove_folders));
}
