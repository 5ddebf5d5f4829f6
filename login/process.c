/* SPDX-License-Identifier: MIT */
#include "login/process.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#define CPU_SECONDS 20                     /* a dozen key derivations; a sign-in needs one or two */
#define FILES_MOST  256                    /* open at once */
#define MEMORY_MOST (1024ul * 1024 * 1024) /* yescrypt 64 MiB, libraries, threads' stacks */
#define STACK_BYTES (8ul * 1024 * 1024)

#define IOPRIO_OF_PROCESS 1 /* ioprio_set(2), which libc does not wrap */
#define IOPRIO_DEFAULT    0 /* no class: as the nice value says */

static const struct bound {
    int resource;
    rlim_t most;
} bounds[] = {
    {RLIMIT_CORE, 0},
    {RLIMIT_NOFILE, FILES_MOST},
    {RLIMIT_CPU, CPU_SECONDS},
    {RLIMIT_STACK, STACK_BYTES},
    {RLIMIT_FSIZE, RLIM_INFINITY}, /* `ulimit -f 0` of a caller must not cut the store */
    {RLIMIT_DATA, RLIM_INFINITY},
    {RLIMIT_NPROC, RLIM_INFINITY}, /* nor his `ulimit -u` the resolver's thread */
#ifndef __SANITIZE_ADDRESS__
    {RLIMIT_AS, MEMORY_MOST},
#endif
};

static bool take_socket(struct caller *caller, struct error *why)
{
    struct ucred peer;
    socklen_t size = sizeof peer;

    if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0 ||
        peer.uid == (uid_t)-1)
        return error_set(why, ERROR_SYSTEM,
                         "standard input is not the socket of a PAM module: this program is "
                         "started by pam_latchkey, not by hand");
    caller->uid = peer.uid;
    return true;
}

/* Standard output carries nothing; standard error may be the journal's. */
static bool settle_files(struct error *why)
{
    int fd = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (fd < 0)
        return error_set(why, ERROR_SYSTEM, "opening /dev/null: %s", strerror(errno));
    if (dup2(fd, STDOUT_FILENO) < 0 ||
        (fcntl(STDERR_FILENO, F_GETFD) < 0 && dup2(fd, STDERR_FILENO) < 0))
        return error_set(why, ERROR_SYSTEM, "settling files: %s", strerror(errno));
    if (close_range(3, ~0u, 0) != 0)
        return error_set(why, ERROR_SYSTEM, "closing inherited files: %s", strerror(errno));
    return true;
}

static bool settle_signals(struct error *why)
{
    struct sigaction preset = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};
    sigset_t none;

    for (int number = 1; number < NSIG; number++)
        if (number != SIGKILL && number != SIGSTOP)
            (void)sigaction(number, &preset, NULL); /* EINVAL: the two that libc keeps */
    sigemptyset(&none);
    /* OpenSSL writes with write(2): a server that hangs up, like a file that may not grow, must be
     * an error and not an end. */
    if (sigaction(SIGPIPE, &ignored, NULL) != 0 || sigaction(SIGXFSZ, &ignored, NULL) != 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) != 0)
        return error_set(why, ERROR_SYSTEM, "settling signals: %s", strerror(errno));
    alarm(0);
    return true;
}

/* Raising takes CAP_SYS_RESOURCE, which root of a container may lack: then what was left to us stays. */
static bool settle_bound(const struct bound *bound, struct error *why)
{
    struct rlimit now, wanted = {.rlim_cur = bound->most, .rlim_max = bound->most};

    if (getrlimit((__rlimit_resource_t)bound->resource, &now) != 0)
        return error_set(why, ERROR_SYSTEM, "reading limit %d: %s", bound->resource,
                         strerror(errno));
    if (setrlimit((__rlimit_resource_t)bound->resource, &wanted) == 0)
        return true;
    if (now.rlim_max < bound->most)
        wanted.rlim_cur = wanted.rlim_max = now.rlim_max;
    if (setrlimit((__rlimit_resource_t)bound->resource, &wanted) != 0)
        return error_set(why, ERROR_SYSTEM, "setting limit %d: %s", bound->resource,
                         strerror(errno));
    return true;
}

/*
 * A caller at the lowest priority must not hold a lock for long, nor one whom the kernel ends
 * first when memory runs out; and sshd's exemption from that is not meant for us. What cannot be
 * set stays. The processors allowed stay too: an administrator may have set them apart, and one
 * that is busy is shared fairly.
 */
static void settle_priority(void)
{
    const struct sched_param ordinary = {0};
    int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

    (void)sched_setscheduler(0, SCHED_OTHER, &ordinary);
    (void)setpriority(PRIO_PROCESS, 0, 0);
    (void)syscall(SYS_ioprio_set, IOPRIO_OF_PROCESS, 0, IOPRIO_DEFAULT);
    if (fd < 0)
        return;
    (void)!write(fd, "0", 1);
    close(fd);
}

/* What bounds one sign-in does not bound work with a million people. */
static bool is_for_sign_ins(const struct bound *bound)
{
    return bound->resource == RLIMIT_CPU || bound->resource == RLIMIT_AS;
}

static bool settle_surroundings(bool lasts, struct error *why)
{
    umask(077);
    if (chdir("/") != 0 || clearenv() != 0)
        return error_set(why, ERROR_SYSTEM, "settling surroundings: %s", strerror(errno));
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++)
        if (!(lasts && is_for_sign_ins(&bounds[i])) && !settle_bound(&bounds[i], why))
            return false;
    if (geteuid() == 0)
        settle_priority();
    return true;
}

/* The user and group to become. The folder above must be root's, or the owner could be exchanged. */
static bool find_owner(const char *folder, struct stat *owner, struct error *why)
{
    char above[4096];
    struct stat parent;
    const char *slash = strrchr(folder, '/');
    int length = snprintf(above, sizeof above, "%.*s", slash ? (int)(slash - folder) : 0, folder);

    if (length <= 0 || (size_t)length >= sizeof above || lstat(above, &parent) != 0 ||
        lstat(folder, owner) != 0)
        return error_set(why, ERROR_CONFIG, "looking at %s: %s", folder, strerror(errno));
    if (!S_ISDIR(parent.st_mode) || parent.st_uid != 0 || (parent.st_mode & 022))
        return error_set(why, ERROR_CONFIG, "%s must belong to root and be writable by nobody else",
                         above);
    if (!S_ISDIR(owner->st_mode) || owner->st_uid == 0 || owner->st_gid == 0 ||
        (owner->st_mode & 07777) != 0700)
        return error_set(why, ERROR_CONFIG,
                         "%s must be a folder of mode 0700 whose user and group are not root",
                         folder);
    return true;
}

static bool became(uid_t uid, gid_t gid)
{
    uid_t real, effective, saved;
    gid_t real_group, effective_group, saved_group;

    return getresuid(&real, &effective, &saved) == 0 &&
           getresgid(&real_group, &effective_group, &saved_group) == 0 && real == uid &&
           effective == uid && saved == uid && real_group == gid && effective_group == gid &&
           saved_group == gid && setresuid((uid_t)-1, 0, (uid_t)-1) != 0 &&
           setresgid((gid_t)-1, 0, (gid_t)-1) != 0;
}

static bool give_root_up(const char *private_folder, struct error *why)
{
    struct stat owner = {0};

    if (!find_owner(private_folder, &owner, why))
        return false;
    if (geteuid() == 0 &&
        (setgroups(0, NULL) != 0 || setresgid(owner.st_gid, owner.st_gid, owner.st_gid) != 0 ||
         setresuid(owner.st_uid, owner.st_uid, owner.st_uid) != 0))
        return error_set(why, ERROR_SYSTEM, "giving root up: %s", strerror(errno));
    if (!became(owner.st_uid, owner.st_gid))
        return error_set(why, ERROR_SYSTEM,
                         "running as user %ld, group %ld; the owner of %s is %ld, %ld",
                         (long)geteuid(), (long)getegid(), private_folder, (long)owner.st_uid,
                         (long)owner.st_gid);
    return true;
}

/* Further confinement belongs here: everything that needs root has been done. */
static bool harden(struct error *why)
{
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
        return error_set(why, ERROR_SYSTEM, "hardening: %s", strerror(errno));
    return true;
}

static bool start(const char *private_folder, bool lasts, struct error *why)
{
    return settle_signals(why) && settle_surroundings(lasts, why) &&
           give_root_up(private_folder, why) && harden(why);
}

bool process_start_alone(const char *private_folder, struct error *why)
{
    return start(private_folder, false, why);
}

bool process_start_long(const char *private_folder, struct error *why)
{
    return start(private_folder, true, why);
}

bool process_start(const char *private_folder, struct caller *caller, struct error *why)
{
    struct caller found = {.uid = (uid_t)-1};

    if (!take_socket(&found, why) || !settle_files(why) ||
        !process_start_alone(private_folder, why))
        return false;
    *caller = found;
    return true;
}
