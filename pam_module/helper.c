/* SPDX-License-Identifier: MIT */
#include "pam_module/helper.h"

#include "base/clock.h"
#include "base/own.h"
#include "base/text.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#define CONNECT_SECONDS 3   /* systemd takes connections at once; only a flood makes us wait */
#define LEAVE_MS        100 /* for a helper that has given its verdict */
#define KILLED_MS       1000 /* for the kernel to end a killed child; a disk in trouble may take longer */
#define POLL_MS         5 /* between looks at a child where the kernel has no pidfd */

enum helper_way helper_way(const char *remote_user)
{
    bool called_by_other = remote_user && *remote_user && strcmp(remote_user, "root") != 0;

    return getuid() == 0 && !called_by_other ? HELPER_AS_CHILD : HELPER_BY_SOCKET;
}

/* Above 2: an application that runs without standard files must not talk into our socket. */
static bool lift(int *fd, struct error *why)
{
    int lifted = *fd > STDERR_FILENO ? *fd : fcntl(*fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);

    if (lifted < 0)
        return error_set(why, ERROR_SYSTEM, "no descriptor: %s", strerror(errno));
    if (lifted != *fd)
        close(*fd);
    *fd = lifted;
    return true;
}

/* Whoever called listen(2) must have been root: else anybody could answer for our people. */
static bool listener_is_root(int fd)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 && peer.uid == 0;
}

static enum helper_start unconnected(int failed, struct error *why)
{
    error_set(why, ERROR_UNREACHABLE, "connecting to %s: %s", LOGIN_SOCKET, strerror(failed));
    switch (failed) {
    case ENOENT:
    case ECONNREFUSED:
        return HELPER_ABSENT;
    case EAGAIN: /* the queue was full all the time */
    case EINTR:
        return HELPER_BUSY;
    default:
        return HELPER_FAILED;
    }
}

static enum helper_start connect_to_socket(struct helper *helper, struct error *why)
{
    const struct timeval patience = {.tv_sec = CONNECT_SECONDS};
    struct sockaddr_un place = {.sun_family = AF_UNIX};
    OWNED(close_fd) int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || !lift(&fd, why) ||
        !text_copy(place.sun_path, sizeof place.sun_path, LOGIN_SOCKET) ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        return error_set(why, ERROR_SYSTEM, "no socket: %s", strerror(errno)), HELPER_FAILED;
    if (connect(fd, (const struct sockaddr *)&place, sizeof place) != 0)
        return unconnected(errno, why);
    if (!listener_is_root(fd)) {
        error_set(why, ERROR_UNREACHABLE, "%s is not served by root", LOGIN_SOCKET);
        return HELPER_ABSENT;
    }
    *helper = (struct helper){.fd = fd, .watch = -1};
    fd = -1;
    return HELPER_STARTED;
}

/* What the child gets: the socket as standard input, nothing to write to, its own session. */
static int describe(posix_spawn_file_actions_t *files, posix_spawnattr_t *attributes, int theirs)
{
    sigset_t none, all;
    int failed;

    sigemptyset(&none);
    sigfillset(&all);
    failed = posix_spawn_file_actions_adddup2(files, theirs, STDIN_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_addopen(files, STDOUT_FILENO, "/dev/null", O_RDWR, 0);
    if (!failed)
        failed = posix_spawn_file_actions_adddup2(files, STDOUT_FILENO, STDERR_FILENO);
    if (!failed)
        failed = posix_spawn_file_actions_addclosefrom_np(files, STDERR_FILENO + 1);
    if (!failed)
        failed = posix_spawnattr_setsigmask(attributes, &none);
    if (!failed)
        failed = posix_spawnattr_setsigdefault(attributes, &all);
    if (!failed)
        failed = posix_spawnattr_setflags(
            attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSID);
    return failed;
}

static int spawn(int theirs, pid_t *child)
{
    char name[] = "latchkey-login";
    char *const arguments[] = {name, NULL}, *const environment[] = {NULL};
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int failed = posix_spawn_file_actions_init(&files);

    if (failed)
        return failed;
    failed = posix_spawnattr_init(&attributes);
    if (!failed) {
        failed = describe(&files, &attributes, theirs);
        if (!failed)
            failed = posix_spawn(child, HELPER_PATH, &files, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&files);
    return failed;
}

static bool start_child(struct helper *helper, struct error *why)
{
    OWNED(close_fd) int ours = -1;
    OWNED(close_fd) int theirs = -1;
    int pair[2], failed;
    pid_t child;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return error_set(why, ERROR_SYSTEM, "no socket: %s", strerror(errno));
    ours = pair[0];
    theirs = pair[1];
    if (!lift(&ours, why))
        return false;
    failed = spawn(theirs, &child);
    if (failed)
        return error_set(why, ERROR_SYSTEM, "starting %s: %s", HELPER_PATH, strerror(failed));
    *helper = (struct helper){.fd = ours, .child = child, .watch = pidfd_open(child, 0)};
    if (helper->watch < 0 && errno == ESRCH)
        helper->child = 0; /* ended already, and the application has reaped it */
    ours = -1;
    return true;
}

enum helper_start helper_start(enum helper_way way, struct helper *helper, struct error *why)
{
    if (way == HELPER_BY_SOCKET)
        return connect_to_socket(helper, why);
    return start_child(helper, why) ? HELPER_STARTED : HELPER_FAILED;
}

/*
 * True when there is nothing left to wait for. The application may reap every child it has; the
 * number may then be somebody else's, which a pidfd never is (pidfd_open(2)).
 */
static bool is_over(const struct helper *helper)
{
    siginfo_t end = {0};

    if (helper->watch < 0)
        return waitpid(helper->child, NULL, WNOHANG) != 0;
    return waitid(P_PIDFD, (id_t)helper->watch, &end, WEXITED | WNOHANG) != 0 || end.si_pid != 0;
}

static bool reap(const struct helper *helper, int ms)
{
    struct deadline deadline = deadline_in_ms(ms);
    struct pollfd end = {.fd = helper->watch, .events = POLLIN};

    for (;;) {
        int left = deadline_left_ms(&deadline);

        if (is_over(helper))
            return true;
        if (!left)
            return false;
        (void)poll(&end, 1, helper->watch >= 0 || left < POLL_MS ? left : POLL_MS);
    }
}

void helper_end(struct helper *helper, bool finished)
{
    close(helper->fd);
    if (helper->child && !reap(helper, finished ? LEAVE_MS : 0)) {
        if (helper->watch >= 0)
            (void)pidfd_send_signal(helper->watch, SIGKILL, NULL, 0);
        else
            kill(helper->child, SIGKILL); /* not reaped a moment ago, so the number is its own */
        reap(helper, KILLED_MS);
    }
    if (helper->watch >= 0)
        close(helper->watch);
    *helper = (struct helper){.fd = -1, .watch = -1};
}
