/* SPDX-License-Identifier: MIT */
/* Starts as the login helper does, in whatever state it is in, and reports the state it then has. */
#include "base/own.h"
#include "login/frame.h"
#include "login/process.h"

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

static char report[FRAME_TEXT_MOST];

__attribute__((format(printf, 1, 2))) static void say(const char *format, ...)
{
    size_t used = strlen(report);
    va_list args;

    va_start(args, format);
    vsnprintf(report + used, sizeof report - used, format, args);
    va_end(args);
}

static void say_files(void)
{
    /* /proc/self belongs to root once a process is not dumpable: so ask for each number. */
    for (int fd = 0; fd < 4096; fd++) {
        struct stat status;

        if (fstat(fd, &status) == 0)
            say("fd %d %o\n", fd, status.st_mode & S_IFMT);
    }
}

static void say_signals(void)
{
    sigset_t mask;

    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number <= SIGRTMAX; number++) {
        struct sigaction action;

        if (sigismember(&mask, number) == 1)
            say("blocked %d\n", number);
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            say("ignored %d\n", number);
    }
}

/* How readily the kernel ends this process when memory runs out. */
static void say_memory(void)
{
    OWNED(close_file) FILE *file = fopen("/proc/self/oom_score_adj", "re");
    char line[32] = "none\n";

    if (file && fgets(line, sizeof line, file))
        say("memory %s", line);
}

static void say_process(const struct caller *caller)
{
    uid_t uids[3];
    gid_t gids[3], groups[64];
    char cwd[4096] = "";
    mode_t creation = umask(0);

    getresuid(&uids[0], &uids[1], &uids[2]);
    getresgid(&gids[0], &gids[1], &gids[2]);
    say("caller %ld\n", (long)caller->uid);
    say("uid %ld %ld %ld\n", (long)uids[0], (long)uids[1], (long)uids[2]);
    say("gid %ld %ld %ld, %d others\n", (long)gids[0], (long)gids[1], (long)gids[2],
        getgroups(64, groups));
    say("umask %o, cwd %s, environment %s\n", creation, getcwd(cwd, sizeof cwd),
        environ && *environ ? *environ : "empty");
    say("nice %d, policy %d, disk %ld\n", getpriority(PRIO_PROCESS, 0), sched_getscheduler(0),
        syscall(SYS_ioprio_get, 1, 0));
    say_memory();
    say("dumpable %d, no new privileges %d\n", prctl(PR_GET_DUMPABLE),
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
    say("root again: %d %d\n", setresuid(0, 0, 0), setresgid(0, 0, 0));
}

int main(int count, char **arguments)
{
    struct deadline deadline = deadline_in_ms(10000);
    struct caller caller;
    struct error why = {0};

    if (count < 2 || !process_start(arguments[1], &caller, &why)) {
        snprintf(report, sizeof report, "refused: %s\n", why.text);
    } else {
        say_process(&caller);
        say_files();
        say_signals();
        for (int resource = 0; resource < RLIMIT_NLIMITS; resource++) {
            struct rlimit limit;

            if (getrlimit((__rlimit_resource_t)resource, &limit) == 0 && resource != RLIMIT_NPROC)
                say("limit %d %lx\n", resource, limit.rlim_cur);
        }
    }
    return !frame_send(STDIN_FILENO, FRAME_TELL, report, strlen(report), &deadline, &why);
}
