/* SPDX-License-Identifier: MIT */
/* login/process.c: from whatever state the helper is started, it goes on in one. */
#include "tests/check.h"

#include "base/own.h"
#include "login/frame.h"

#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OWNER 65534

static char probe[PATH_MAX], state_folder[64], private_folder[128];

/* What a caller may have done to itself before the helper is started. */
static void clean(void)
{
}

static void without_files(void)
{
    close(1);
    close(2);
}

static void with_many_files(void)
{
    struct rlimit limit = {2000, 4096};

    setrlimit(RLIMIT_NOFILE, &limit);
    for (int i = 0; i < 1500; i++)
        (void)!dup(1);
}

static void with_tight_limits(void)
{
    static const int resources[] = {RLIMIT_FSIZE, RLIMIT_CORE, RLIMIT_CPU, RLIMIT_NOFILE,
                                    RLIMIT_STACK};
    static const rlim_t values[] = {0, 0, 5, 8, 1 << 20};

    for (size_t i = 0; i < 5; i++) {
        struct rlimit limit = {values[i], values[i]};

        setrlimit((__rlimit_resource_t)resources[i], &limit);
    }
}

static void with_ignored_and_blocked_signals(void)
{
    sigset_t all;

    for (int number = 1; number <= SIGRTMAX; number++)
        signal(number, SIG_IGN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
}

static void in_a_deleted_folder(void)
{
    char folder[] = "/tmp/latchkey-gone-XXXXXX";

    if (mkdtemp(folder) && chdir(folder) == 0)
        rmdir(folder);
}

static void with_umask_0(void)
{
    umask(0);
}

static void with_umask_777(void)
{
    umask(0777);
}

static void at_the_lowest_priority(void)
{
    const struct sched_param none = {0};

    (void)setpriority(PRIO_PROCESS, 0, 19);
    sched_setscheduler(0, SCHED_IDLE, &none);
    (void)syscall(SYS_ioprio_set, 1, 0, 3 << 13); /* IOPRIO_CLASS_IDLE */
}

static void set_memory_score(const char *score)
{
    OWNED(close_fd) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    (void)!write(fd, score, strlen(score));
}

static void first_to_be_ended(void)
{
    set_memory_score("1000");
}

static void never_to_be_ended(void)
{
    set_memory_score("-1000");
}

static void with_an_alarm(void)
{
    alarm(1000);
}

static void with_an_environment(void)
{
    setenv("SSLKEYLOGFILE", "/root/x", 1);
    setenv("https_proxy", "http://192.0.2.1:1", 1);
    setenv("TZ", ":/etc/shadow", 1);
}

static void with_more_groups(void)
{
    static const gid_t groups[] = {4, 27, 42};

    (void)!setgroups(3, groups);
}

static void with_core_files(void)
{
    struct rlimit limit;

    getrlimit(RLIMIT_CORE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_CORE, &limit);
}

static void as_the_owner(void)
{
    (void)!setresgid(OWNER, OWNER, OWNER);
    (void)!setresuid(OWNER, OWNER, OWNER);
}

static void as_somebody_else(void)
{
    (void)!setresuid(1000, 1000, 1000);
}

static void as_the_owner_in_roots_group(void)
{
    (void)!setresuid(OWNER, OWNER, OWNER);
}

static void half_root(void)
{
    (void)!setresuid(OWNER, 0, OWNER);
}

/* What the probe reports, owned by the caller; `how` is applied before it is started. */
static char *start_probe(void (*how)(void), const char *folder)
{
    static struct frame frame;
    struct deadline deadline = deadline_in_ms(20000);
    struct error why = {0};
    int pair[2];
    pid_t child;

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    child = fork();
    if (child == 0) {
        char *const arguments[] = {probe, (char *)(uintptr_t)folder, NULL};

        dup2(pair[1], STDIN_FILENO);
        dup2(open("/dev/null", O_RDWR), STDERR_FILENO); /* else kept, and different everywhere */
        how();
        execv(probe, arguments);
        _exit(126);
    }
    close(pair[1]);
    assert_true(frame_receive(pair[0], &frame, &deadline, &why));
    close(pair[0]);
    assert_int_equal(waitpid(child, NULL, 0), child);
    return strdup(frame.text);
}

/* Root of a container often lacks the right to raise a limit. */
static bool can_raise_limits(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        struct rlimit low = {10, 10}, high = {20, 20};

        _exit(setrlimit(RLIMIT_NOFILE, &low) != 0 || setrlimit(RLIMIT_NOFILE, &high) != 0);
    }
    return waitpid(child, &status, 0) == child && status == 0;
}

static void every_start_ends_in_the_same_state(void **state)
{
    static void (*const starts[])(void) = {without_files,       with_many_files,
                                           with_tight_limits,   with_ignored_and_blocked_signals,
                                           with_umask_0,        with_umask_777,
                                           in_a_deleted_folder, at_the_lowest_priority,
                                           with_an_alarm,       half_root,
                                           with_more_groups,    with_core_files,
                                           with_an_environment, first_to_be_ended,
                                           never_to_be_ended};
    OWNED(free_memory) char *usual = start_probe(clean, private_folder);
    static const char *const facts[] = {
        "caller 0\n",
        "uid 65534 65534 65534\n",
        "gid 65534 65534 65534, 0 others\n",
        "umask 77, cwd /, environment empty\n",
        "nice 0, policy 0, disk ",
        "memory 0\n",
        "dumpable 0, no new privileges 1\n",
        "root again: -1 -1\n",
        "fd 0 140000\nfd 1 20000\nfd 2 20000\nignored",
        "\nignored 13\nignored 25\nlimit 0 ", /* SIGPIPE, SIGXFSZ */
        "limit 1 ffffffffffffffff",           /* RLIMIT_FSIZE */
        "limit 4 0\n",                        /* RLIMIT_CORE */
        "limit 7 100\n",                      /* RLIMIT_NOFILE */
    };

    (void)state;
    for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
        if (!strstr(usual, facts[i]))
            fail_msg("\"%s\" is missing in: %s", facts[i], usual);
    for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
        OWNED(free_memory) char *report = start_probe(starts[i], private_folder);

        if (starts[i] == with_tight_limits && !can_raise_limits()) {
            assert_memory_equal(report, usual, strstr(usual, "limit") - usual);
            continue;
        }
        assert_string_equal(report, usual);
    }
}

static void the_owner_needs_no_root_and_nobody_else_gets_in(void **state)
{
    OWNED(free_memory) char *owner = start_probe(as_the_owner, private_folder);
    OWNED(free_memory) char *other = start_probe(as_somebody_else, private_folder);
    OWNED(free_memory) char *mixed = start_probe(as_the_owner_in_roots_group, private_folder);

    (void)state;
    assert_non_null(strstr(owner, "uid 65534 65534 65534\n"));
    assert_non_null(strstr(owner, "dumpable 0, no new privileges 1\n"));
    assert_memory_equal(other, "refused: ", 9);
    assert_memory_equal(mixed, "refused: ", 9);
}

static void a_private_folder_that_is_not_private_is_refused(void **state)
{
    static const struct {
        uid_t uid, gid;
        mode_t mode, above;
        bool good;
    } cases[] = {
        {OWNER, OWNER, 0700, 0755, true},   {0, OWNER, 0700, 0755, false},
        {OWNER, 0, 0700, 0755, false},      {OWNER, OWNER, 0750, 0755, false},
        {OWNER, OWNER, 0701, 0755, false},  {OWNER, OWNER, 01700, 0755, false},
        {OWNER, OWNER, 0700, 0775, false},  {OWNER, OWNER, 0700, 0757, false},
        {OWNER, OWNER, 0700, 01777, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        OWNED(free_memory) char *report = NULL;

        assert_int_equal(chown(private_folder, cases[i].uid, cases[i].gid), 0);
        assert_int_equal(chmod(private_folder, cases[i].mode), 0);
        assert_int_equal(chmod(state_folder, cases[i].above), 0);
        report = start_probe(clean, private_folder);
        assert_int_equal(strncmp(report, "refused: ", 9) != 0, cases[i].good);
    }
}

static void a_link_a_file_or_nothing_in_place_of_the_folder_is_refused(void **state)
{
    char link[160], file[160];
    const char *const places[] = {link, file, "/nonexistent/private", "private", "/", ""};

    (void)state;
    snprintf(link, sizeof link, "%s/link", state_folder);
    snprintf(file, sizeof file, "%s/file", state_folder);
    assert_int_equal(symlink(private_folder, link), 0);
    assert_int_equal(close(open(file, O_CREAT | O_WRONLY, 0700)), 0);
    assert_int_equal(chown(file, OWNER, OWNER), 0);
    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        OWNED(free_memory) char *report = start_probe(clean, places[i]);

        assert_memory_equal(report, "refused: ", 9);
    }
    unlink(link);
    unlink(file);
}

static int make_folders(void **state)
{
    (void)state;
    snprintf(state_folder, sizeof state_folder, "/tmp/latchkey-process-XXXXXX");
    if (!mkdtemp(state_folder) || chmod(state_folder, 0755) != 0)
        return -1;
    snprintf(private_folder, sizeof private_folder, "%s/private", state_folder);
    return mkdir(private_folder, 0700) || chown(private_folder, OWNER, OWNER);
}

static int remove_folders(void **state)
{
    (void)state;
    return rmdir(private_folder) || rmdir(state_folder);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_start_ends_in_the_same_state, make_folders,
                                        remove_folders),
        cmocka_unit_test_setup_teardown(the_owner_needs_no_root_and_nobody_else_gets_in,
                                        make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(a_private_folder_that_is_not_private_is_refused,
                                        make_folders, remove_folders),
        cmocka_unit_test_setup_teardown(a_link_a_file_or_nothing_in_place_of_the_folder_is_refused,
                                        make_folders, remove_folders),
    };
    char *slash;

    if (geteuid() != 0) {
        puts("these tests give root up, and there is none: left out");
        puts("process: 0 passed, 0 failed");
        return 0;
    }
    if (count < 1 || !realpath(arguments[0], probe) || !(slash = strrchr(probe, '/')))
        return check_done("process", sizeof tests / sizeof *tests, -1);
    memcpy(slash, "/process_probe", sizeof "/process_probe");
    return check_main("process", tests);
}
