/* SPDX-License-Identifier: MIT */
/* The PAM module as a guest: how it starts its helper, and in what state it leaves its host. */
#include "tests/pam_flow.h"

#include <dirent.h>
#include <linux/sched.h>
#include <locale.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/syscall.h>

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
    for (char **variable = environ; *variable; variable++)
        used += (size_t)snprintf(out + used, TEXT_MOST - used, "%s\n", *variable);
    snprintf(out + used, TEXT_MOST - used, "%s %o %s %d %d %d\n", setlocale(LC_ALL, NULL), creation,
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

static const char *const scripts[] = {"bTSp",   "bSv\2",          "bx", "bh", "bz", "br", "bSv\1h",
                                      "bSv\1z", "bu1795000000;Sp"};

/* All phases; whether the first let her in. */
static bool go_through(void)
{
    pam_handle_t *pam = start(ADA);
    bool admitted = pam_authenticate(pam, 0) == PAM_SUCCESS;

    if (admitted) {
        assert_int_equal(pam_acct_mgmt(pam, 0), PAM_SUCCESS);
        assert_int_equal(pam_setcred(pam, PAM_ESTABLISH_CRED), PAM_SUCCESS);
        assert_int_equal(pam_open_session(pam, 0), PAM_SUCCESS);
        assert_int_equal(pam_close_session(pam, 0), PAM_SUCCESS);
    }
    pam_end(pam, 0);
    return admitted;
}

static void the_host_is_left_as_it_was_found(void **state)
{
    static char before[TEXT_MOST], after[TEXT_MOST];
    static void (*const manners[])(int) = {SIG_DFL, SIG_IGN, reap_all};

    (void)state;
    go_through(); /* libpam and libc open what they keep */
    for (size_t manner = 0; manner < sizeof manners / sizeof *manners; manner++)
        for (size_t i = 0; i < sizeof scripts / sizeof *scripts; i++) {
            struct sigaction mine = {.sa_handler = manners[manner]}, old;
            bool admits = strchr(scripts[i], 'p') || strchr(scripts[i], 1);

            /* Two linger after the verdict: it counts, and they are ended. */
            write_file("script", scripts[i], strlen(scripts[i]));
            sigaction(SIGCHLD, &mine, &old);
            describe_process(before);
            assert_int_equal(go_through(), admits);
            describe_process(after);
            sigaction(SIGCHLD, &old, NULL);
            assert_string_equal(after, before);
            assert_int_equal(waitpid(-1, NULL, 0), -1);
        }
}

#define CHILDREN 10

static void other_children_of_the_host_are_not_reaped(void **state)
{
    pid_t children[CHILDREN];
    int status;

    (void)state;
    for (int i = 0; i < CHILDREN; i++) {
        children[i] = fork();
        if (children[i] == 0)
            _exit(7 + i);
    }
    SCRIPT("bSp");
    assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
    for (int i = 0; i < CHILDREN; i++) {
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(WEXITSTATUS(status), 7 + i);
    }
}

#define THREADS 8

/* Each has an answer of its own, and must get the verdict for it. */
static int converse_apart(int count, const struct pam_message **messages,
                          struct pam_response **replies, void *reply)
{
    struct pam_response *all = calloc((size_t)count, sizeof *all);

    for (int i = 0; all && i < count; i++)
        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            all[i].resp = strdup(reply);
    *replies = all;
    return all ? PAM_SUCCESS : PAM_BUF_ERR;
}

static void *sign_in_apart(void *reply)
{
    const struct pam_conv conversation = {converse_apart, reply};
    char services[PATH_MAX + 64];
    intptr_t bad = 0;

    snprintf(services, sizeof services, "%s/pam.d", flow);
    for (int i = 0; i < 4; i++) {
        int wanted = strcmp(reply, "right") == 0 ? PAM_SUCCESS : PAM_AUTH_ERR;
        pam_handle_t *pam = NULL;

        bad += pam_start_confdir("latchkey-test", ADA, &conversation, services, &pam) != 0;
        do_not_wait(pam);
        bad += pam_authenticate(pam, 0) != wanted;
        pam_end(pam, 0);
    }
    return (void *)bad;
}

static void threads_of_a_host_do_not_meet(void **state)
{
    static char right[] = "right", wrong[] = "wrong";
    pthread_t threads[THREADS];
    void *bad;

    (void)state;
    SCRIPT("bTSp");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_in_apart, i % 2 ? wrong : right),
                         0);
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], &bad), 0);
        assert_null(bad);
    }
    assert_int_equal(waitpid(-1, NULL, 0), -1);
}

static volatile pid_t successor;
static volatile bool successor_stays;

/* Reaps the helper and at once has another child, under the number that came free. */
static void replace(int number)
{
    pid_t ended = successor ? 0 : waitpid(-1, NULL, WNOHANG);
    struct clone_args arguments = {
        .exit_signal = SIGCHLD, .set_tid = (uintptr_t)&ended, .set_tid_size = 1};

    (void)number;
    if (ended <= 0)
        return;
    successor = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    while (successor == 0)
        if (successor_stays)
            pause();
        else
            _exit(7);
}

/* Neither ended while it runs nor reaped when it has ended. */
static void a_child_that_took_over_the_helpers_number_is_left_alone(void **state)
{
    struct sigaction mine = {.sa_handler = replace, .sa_flags = SA_RESTART}, old;
    int status;

    (void)state;
    SCRIPT("bSv\1");
    for (int stays = 0; stays < 2; stays++) {
        successor = 0;
        successor_stays = stays;
        sigaction(SIGCHLD, &mine, &old);
        assert_int_equal(authenticate(ADA, 0), PAM_SUCCESS);
        sigaction(SIGCHLD, &old, NULL);
        if (successor < 0)
            skip(); /* to choose a number takes privileges over the pid namespace */
        assert_true(successor > 0);
        if (stays) {
            assert_int_equal(waitpid(successor, &status, WNOHANG), 0);
            kill(successor, SIGKILL);
        }
        assert_int_equal(waitpid(successor, &status, 0), successor);
        assert_int_equal(WIFEXITED(status), !stays);
    }
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

/* An application that writes its prompts to descriptor 1, whatever that is by now. */
static int converse_loudly(int count, const struct pam_message **messages,
                           struct pam_response **replies, void *data)
{
    for (int fd = 0; fd < 3; fd++)
        (void)!write(fd, "\2V\0\1\1", 5);
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

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_host_is_left_as_it_was_found, reset),
        cmocka_unit_test_setup(other_children_of_the_host_are_not_reaped, reset),
        cmocka_unit_test_setup(threads_of_a_host_do_not_meet, reset),
        cmocka_unit_test_setup(a_child_that_took_over_the_helpers_number_is_left_alone, reset),
        cmocka_unit_test_setup(the_helper_inherits_nothing, reset),
        cmocka_unit_test_setup(a_host_without_standard_files_is_served_all_the_same, reset),
    };

    if (count < 1 || !flow_open(arguments[0]))
        return check_done("etiquette", sizeof tests / sizeof *tests, -1);
    return check_main("etiquette", tests);
}
