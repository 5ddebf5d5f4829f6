/* The PAM module as a guest: how it starts its helper, and in what state it leaves its host. */
#include "tests/pam_flow.h"

#include "login/frame.h"

#include <dirent.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#define TEXT_MOST 65536

static size_t list_folder(const char *path, char *out, size_t size, bool links)
{
    DIR *folder = opendir(path);
    size_t used = 0;

    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        char target[512] = "";

        if (entry->d_name[0] == '.' || (links && strtol(entry->d_name, NULL, 10) == dirfd(folder)))
            continue;
        if (links)
            (void)!readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        used += (size_t)snprintf(out + used, size - used, "%s %s\n", entry->d_name,
                                 links ? target : "");
    }
    if (folder)
        closedir(folder);
    return used;
}

/* Everything of this process that a module could have changed and left so. */
static void describe_process(char out[TEXT_MOST])
{
    size_t used = list_folder("/proc/self/fd", out, TEXT_MOST, true);
    struct sigaction action;
    sigset_t mask;
    mode_t creation = umask(0);
    char cwd[PATH_MAX] = "";
    struct rlimit limit;

    umask(creation);
    used += list_folder("/proc/self/task", out + used, TEXT_MOST - used, false);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number <= SIGRTMAX; number++)
        if (sigaction(number, NULL, &action) == 0)
            used += (size_t)snprintf(out + used, TEXT_MOST - used, "%d %p %x %d\n", number,
                                     (void *)(uintptr_t)action.sa_handler,
                                     (unsigned)action.sa_flags, sigismember(&mask, number));
    for (int resource = 0; resource < RLIMIT_NLIMITS; resource++)
        if (getrlimit((__rlimit_resource_t)resource, &limit) == 0)
            used += (size_t)snprintf(out + used, TEXT_MOST - used, "%d %lu %lu\n", resource,
                                     limit.rlim_cur, limit.rlim_max);
    snprintf(out + used, TEXT_MOST - used, "%o %s %d %d %d\n", creation,
             getcwd(cwd, sizeof cwd) ? cwd : "-", getsid(0), getpgrp(),
             waitpid(-1, NULL, WNOHANG | WNOWAIT));
}

static void reap_all(int number)
{
    int saved = errno;

    (void)number;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
}

static const char *const scripts[] = {"bTSp", "bSv\2", "bx", "bh", "bz", "br", "bSv\1h", "bSv\1z"};

static void the_host_is_left_as_it_was_found(void **state)
{
    static char before[TEXT_MOST], after[TEXT_MOST];
    static void (*const manners[])(int) = {SIG_DFL, SIG_IGN, reap_all};

    (void)state;
    authenticate(ADA, 0); /* libpam and libc open what they keep */
    for (size_t manner = 0; manner < sizeof manners / sizeof *manners; manner++)
        for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
            struct sigaction mine = {.sa_handler = manners[manner]}, old;
            bool admits = strchr(scripts[i], 'p') || strchr(scripts[i], 1);
            pam_handle_t *pam;

            /* The last two linger after the verdict: it counts, and they are ended. */
            write_file("script", scripts[i], strlen(scripts[i]));
            sigaction(SIGCHLD, &mine, &old);
            describe_process(before);
            pam = start(ADA);
            assert_int_equal(pam_authenticate(pam, 0) == PAM_SUCCESS, admits);
            pam_end(pam, 0);
            describe_process(after);
            sigaction(SIGCHLD, &old, NULL);
            assert_string_equal(after, before);
            assert_int_equal(waitpid(-1, NULL, 0), -1);
        }
}

static void other_children_of_the_host_are_not_reaped(void **state)
{
    pid_t child = fork();
    int status;

    (void)state;
    if (child == 0)
        _exit(7);
    SCRIPT("bSp");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 7);
}

/* A host with blocked and ignored signals and many open files, none of them close-on-exec. */
static void the_helper_inherits_nothing(void **state)
{
    sigset_t all, old;
    int first = dup(0), last = first;

    (void)state;
    for (int i = 0; i < 500; i++)
        last = dup(0);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &old);
    signal(SIGUSR1, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    setenv("LD_DEBUG_OUTPUT", "x", 1);
    SCRIPT("bdv\1");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    signal(SIGUSR1, SIG_DFL);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_SETMASK, &old, NULL);
    for (; last >= first; last--)
        close(last);
    assert_string_equal(seen(), "fd 0\nfd 1\nfd 2\nargument latchkey-login\naction 1\n");
}

/* In a process of its own; the exit status is the PAM code. */
static int in_child(int (*run)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(run());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* An application that writes its prompts to descriptor 1, whatever that is by now. */
static int converse_loudly(int count, const struct pam_message **messages,
                           struct pam_response **replies, void *data)
{
    for (int fd = 0; fd < 3; fd++)
        (void)!write(fd, "\1V\0\1\1", 5);
    return converse(count, messages, replies, data);
}

static int without_standard_files(void)
{
    static const struct pam_conv loud = {.conv = converse_loudly};
    pam_handle_t *pam = NULL;
    char services[PATH_MAX + 64];
    int code;

    snprintf(services, sizeof services, "%s/pam.d", flow);
    close(0);
    close(1);
    close(2);
    pam_start_confdir("latchkey-test", ADA, &loud, services, &pam);
    code = pam_authenticate(pam, 0);
    pam_end(pam, code);
    return code;
}

static void a_host_without_standard_files_is_served_all_the_same(void **state)
{
    (void)state;
    SCRIPT("bTSdp");
    assert_int_equal(in_child(without_standard_files), PAM_SUCCESS);
    assert_non_null(strstr(seen(), "fd 0\nfd 1\nfd 2\nargument"));
    talked.reply = "wrong";
    assert_int_equal(in_child(without_standard_files), PAM_AUTH_ERR);
}

/* Serves the socket in a process of its own until it is ended: each caller meets the same bytes. */
static pid_t serve(uid_t uid, const char *bytes, size_t length)
{
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    static struct frame frame;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    pid_t child;

    snprintf(place.sun_path, sizeof place.sun_path, "%s", in_flow("run/login.socket"));
    unlink(place.sun_path);
    assert_int_equal(bind(fd, (const struct sockaddr *)&place, sizeof place), 0);
    assert_int_equal(chmod(place.sun_path, 0666), 0);
    assert_int_equal(seteuid(uid), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(seteuid(0), 0);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); /* a test that fails leaves nothing running */
        for (;;) {
            int peer = accept(fd, NULL, NULL);
            struct deadline deadline = deadline_in_ms(10000);

            frame_receive(peer, &frame, &deadline, &(struct error){0});
            (void)!write(peer, bytes, length);
            close(peer);
        }
    }
    close(fd);
    return child;
}

static void stop_serving(pid_t child)
{
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    unlink(in_flow("run/login.socket"));
}

static uid_t real, effective;
static const char *remote_user;

/* The folder of the build may be closed to everybody but root. */
static bool stranger_can_come_here(void)
{
    bool can;

    assert_int_equal(seteuid(1000), 0);
    can = euidaccess(in_flow("passwd"), R_OK) == 0;
    assert_int_equal(seteuid(0), 0);
    if (!can)
        print_message("%s is closed to other users: their case is left out\n", flow);
    return can;
}

static int authenticate_as(void)
{
    pam_handle_t *pam = start(ADA);

    pam_set_item(pam, PAM_RUSER, remote_user);
    if (setresuid(real, effective, effective) != 0)
        return 250;
    return pam_authenticate(pam, 0);
}

#define MAXTRIES_FRAME "\1V\0\1\6" /* what the socket answers; a child of ours admits */

static void who_was_called_by_somebody_else_asks_at_the_socket(void **state)
{
    static const struct {
        uid_t real, effective;
        const char *remote_user;
        int with_socket, with_stranger, without_socket;
    } cases[] = {
        {0, 0, NULL, PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
        {0, 0, "root", PAM_SUCCESS, PAM_SUCCESS, PAM_SUCCESS},
        {0, 0, "zoe", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, "zoe", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, NULL, PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 0, "root", PAM_MAXTRIES, PAM_SUCCESS, PAM_SUCCESS},
        {1000, 1000, NULL, PAM_MAXTRIES, PAM_AUTHINFO_UNAVAIL, PAM_AUTHINFO_UNAVAIL},
    };

    (void)state;
    if (setresuid(1000, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        skip(); /* a user namespace that knows one uid only */
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        pid_t child;

        if (cases[i].effective != 0 && !stranger_can_come_here())
            continue;
        child = serve(0, MAXTRIES_FRAME, 5);
        real = cases[i].real;
        effective = cases[i].effective;
        remote_user = cases[i].remote_user;
        assert_int_equal(in_child(authenticate_as), cases[i].with_socket);
        stop_serving(child);
        child = serve(1000, "\1V\0\1\1", 5); /* an ADMIT of somebody who is not root */
        assert_int_equal(in_child(authenticate_as), cases[i].with_stranger);
        stop_serving(child);
        assert_int_equal(in_child(authenticate_as), cases[i].without_socket);
    }
}

static void a_socket_that_hangs_up_without_a_word_is_as_good_as_none(void **state)
{
    pid_t child;

    (void)state;
    if (setresuid(1000, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
        skip();
    child = serve(0, "", 0);
    real = 1000;
    effective = 0;
    assert_int_equal(in_child(authenticate_as), PAM_SUCCESS);
    effective = 1000;
    if (stranger_can_come_here())
        assert_int_equal(in_child(authenticate_as), PAM_AUTHINFO_UNAVAIL);
    stop_serving(child);
    child = serve(0, "\1T\0\1x", 5); /* a word, and then nothing: the person has been spoken to */
    effective = 0;
    assert_int_equal(in_child(authenticate_as), PAM_SYSTEM_ERR);
    stop_serving(child);
}

static void the_socket_asks_nothing_of_strangers_for_others(void **state)
{
    static const char *const names[] = {"root", "alice", "local@contoso.example",
                                        "outside@contoso.example"};
    pid_t child = serve(0, "\1V\0\1\1", 5);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        pam_handle_t *pam = start(names[i]);

        pam_set_item(pam, PAM_RUSER, "zoe");
        assert_int_equal(pam_authenticate(pam, 0), PAM_USER_UNKNOWN);
        pam_end(pam, 0);
    }
    stop_serving(child);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_host_is_left_as_it_was_found, reset),
        cmocka_unit_test_setup(other_children_of_the_host_are_not_reaped, reset),
        cmocka_unit_test_setup(the_helper_inherits_nothing, reset),
        cmocka_unit_test_setup(a_host_without_standard_files_is_served_all_the_same, reset),
        cmocka_unit_test_setup(who_was_called_by_somebody_else_asks_at_the_socket, reset),
        cmocka_unit_test_setup(a_socket_that_hangs_up_without_a_word_is_as_good_as_none, reset),
        cmocka_unit_test_setup(the_socket_asks_nothing_of_strangers_for_others, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("etiquette", sizeof tests / sizeof *tests, -1);
    return check_main("etiquette", tests);
}
