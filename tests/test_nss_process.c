/* SPDX-License-Identifier: MIT */
/* The NSS module in processes with threads, children and many descriptors. */
#include "tests/nss_questions.h"

#include <dirent.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>

/* ---- threads, forks, descriptors ---- */

#define THREADS      8u
#define REPLACEMENTS 300u

static atomic_bool stop;
static atomic_uint torn, asked;

static bool is_torn(const struct passwd *found, unsigned *last)
{
    unsigned round = round_of(found);
    char home[64];
    bool older = round < *last;

    *last = round;
    snprintf(home, sizeof home, "/home/%u", round);
    return older || found->pw_uid != ADA || strcmp(found->pw_name, ADAS) != 0 ||
           strcmp(found->pw_dir, home) != 0;
}

/* Which also asks what the local groups are called. */
static bool team_is_found(void)
{
    static _Thread_local char buffer[1024];
    struct group group;
    int result;

    return nss.getgrnam("team", &group, buffer, sizeof buffer, &result) == NSS_STATUS_SUCCESS &&
           group.gr_gid == TEAM;
}

static void *keep_asking(void *unused)
{
    struct passwd found;
    unsigned last = 0;

    while (!atomic_load(&stop)) {
        if (ada(&found) != NSS_STATUS_SUCCESS || is_torn(&found, &last) || !team_is_found())
            atomic_fetch_add(&torn, 1);
        atomic_fetch_add(&asked, 1);
    }
    return unused;
}

static unsigned lines_with(const char *path, const char *word)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    unsigned count = 0;
    char line[512];

    assert_non_null(file);
    while (fgets(line, sizeof line, file))
        count += strstr(line, word) != NULL;
    return count;
}

static unsigned descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(folder);
    while (readdir(folder))
        count++;
    closedir(folder);
    return count;
}

/* A child that is forked at any moment answers, before and after a replacement. */
static bool child_answers(unsigned round)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        struct passwd found;
        bool good = ada(&found) == NSS_STATUS_SUCCESS && round_of(&found) == round;

        good = good && team_is_found();
        nss.setpwent(0);
        good = good && nss.getpwent(&found, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
        _exit(good ? 0 : 1);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void threads_and_children_see_whole_generations(void **state)
{
    unsigned before = descriptors();
    pthread_t threads[THREADS];

    (void)state;
    atomic_store(&stop, false);
    for (size_t i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, keep_asking, NULL), 0);
    for (unsigned round = 2; round < REPLACEMENTS; round++) {
        publish(round);
        if (round % 10 == 0)
            assert_true(child_answers(round));
        assert_true(lines_with("/proc/self/maps", "/snapshot") <= 8 + THREADS);
    }
    atomic_store(&stop, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    assert_int_equal(atomic_load(&torn), 0);
    assert_true(atomic_load(&asked) > REPLACEMENTS);
    assert_int_equal(descriptors(), before);
    expect_round(REPLACEMENTS - 1);
}

/* Each child is forked from one whose other threads were reading, and loses what those held. */
static void children_of_children_answer(void **state)
{
    int status;
    pid_t child;

    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* it has no threads after a fork with threads */
#endif
    child = fork();
    if (child == 0) {
        for (unsigned round = 2; round < 30; round++) {
            pthread_t thread;

            pthread_create(&thread, NULL, keep_asking, NULL);
            publish(round);
            if (!child_answers(round))
                _exit(1);
            child = fork();
            if (child != 0) {
                waitpid(child, &status, 0);
                _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 2);
            }
        }
        _exit(0);
    }
    atomic_store(&stop, true);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void *keep_walking(void *unused)
{
    static char buffer[1024];
    struct passwd person;
    int result;

    while (!atomic_load(&stop)) {
        nss.setpwent(0);
        while (nss.getpwent(&person, buffer, sizeof buffer, &result) == NSS_STATUS_SUCCESS)
            continue;
    }
    return unused;
}

/* The thread that was inside when the child was forked does not exist in the child. */
static void a_child_walks_although_a_thread_was_walking(void **state)
{
    pthread_t walker;

    (void)state;
    atomic_store(&stop, false);
    assert_int_equal(pthread_create(&walker, NULL, keep_walking, NULL), 0);
    for (unsigned i = 0; i < 300; i++)
        assert_true(child_answers(1));
    atomic_store(&stop, true);
    pthread_join(walker, NULL);
}

static void many_open_descriptors_are_no_obstacle(void **state)
{
    struct rlimit was, more;
    int fds[5000];
    size_t opened = 0;
    bool all;

    (void)state;
    getrlimit(RLIMIT_NOFILE, &was);
    more = was;
    if (geteuid() == 0 && more.rlim_max < 6000)
        more.rlim_max = 6000;
    more.rlim_cur = more.rlim_max < 6000 ? more.rlim_max : 6000;
    all = setrlimit(RLIMIT_NOFILE, &more) == 0 && more.rlim_cur == 6000;
    while (opened < 5000 && (fds[opened] = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
        opened++;
    assert_true(opened > 1024); /* more than a set of select(2) holds */
    assert_true(opened == 5000 || !all);
    publish(9);
    expect_round(9);
    while (opened)
        close(fds[--opened]);
    setrlimit(RLIMIT_NOFILE, &was);
}

/* In strict seccomp any system call but read, write and exit ends the process. */
static int ask_without_system_calls(void)
{
    struct passwd person;
    struct group group;
    bool good = ada(&person) == NSS_STATUS_SUCCESS;
    gid_t gids[GROUPS + 1], *list = gids;
    long taken, size = GROUPS + 1;

    /* The first question about a group reads the local ones, that about a list what root says. */
    good = good && nss.getgrnam("big", &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
    taken = 0;
    good = good && nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error) == NSS_STATUS_SUCCESS;
    prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT);
    for (unsigned i = 0; i < 2000; i++) {
        good = good && nss.getpwuid(ADA, &person, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
        good = good && ada(&person) == NSS_STATUS_SUCCESS;
        good = good && nss.getgrnam("big", &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS;
        taken = 0;
        good = good &&
               nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error) == NSS_STATUS_SUCCESS;
        good = good && taken == GROUPS;
        good = good && nss.getpwnam("eve@contoso.example", &person, room, sizeof room, &error) ==
                           NSS_STATUS_NOTFOUND;
        good =
            good && nss.getgrgid(ID_MOST, &group, room, sizeof room, &error) == NSS_STATUS_NOTFOUND;
        good =
            good && nss.getpwnam("root", &person, room, sizeof room, &error) == NSS_STATUS_NOTFOUND;
    }
    syscall(SYS_exit, good ? 0 : 1);
    return 1;
}

static void expect_no_system_call(void)
{
    int status = -1;

    /* The fallback's own look every two seconds may fall into a try; not into each of them. */
    for (unsigned tries = 0; tries < 5 && status != 0; tries++) {
        pid_t child = fork();

        if (child == 0)
            _exit(ask_without_system_calls());
        assert_int_equal(waitpid(child, &status, 0), child);
    }
    assert_int_equal(status, 0);
}

static void a_warm_question_makes_no_system_call(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip(); /* its own thread outlives SYS_exit */
#endif
    expect_no_system_call();
}

/* It is marked as superseded, which tells nothing any more. */
static void an_older_file_that_was_put_back_is_as_warm(void **state)
{
    (void)state;
#ifdef __SANITIZE_THREAD__
    skip();
#endif
    publish(2);
    assert_int_equal(rename(SNAPSHOT_PATH ".previous", SNAPSHOT_PATH), 0);
    expect_round(1);
    expect_no_system_call();
    publish(3);
    expect_soon(3);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(threads_and_children_see_whole_generations, publish_first),
        cmocka_unit_test_setup(children_of_children_answer, publish_first),
        cmocka_unit_test_setup(a_child_walks_although_a_thread_was_walking, publish_first),
        cmocka_unit_test_setup(many_open_descriptors_are_no_obstacle, publish_first),
        cmocka_unit_test_setup(a_warm_question_makes_no_system_call, publish_first),
        cmocka_unit_test_setup(an_older_file_that_was_put_back_is_as_warm, publish_first),
    };

    if (!load_module(argc, argv))
        return check_done("nss_process", sizeof tests / sizeof tests[0], -1);
    return check_done(
        "nss_process", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("nss_process", tests, make_folders, remove_folders));
}
