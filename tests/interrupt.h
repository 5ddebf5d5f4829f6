/* SPDX-License-Identifier: MIT */
/*
 * Runs a deed in a child of its own and interrupts it at a chosen system call: by SIGKILL before
 * the call is made, or by an error that the call then gives. The child stops at each call and asks
 * this process, by seccomp's user notification; nothing of it is a matter of time.
 */
#pragma once

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define INTERRUPT_KILL (-1)
#define CALLS_MOST     512

/* What both processes see. */
struct deed_board {
    int listener;
    bool done;        /* the deed has come to its end */
    bool good;        /* and said so */
    unsigned acked;   /* for the deed's own use */
    uint32_t told[8]; /* the same */
    char text[256];
};

struct interruption {
    unsigned at;                  /* the number of the call from 1; 0: none is interrupted */
    int error;                    /* or INTERRUPT_KILL */
    bool (*spares)(int call);     /* calls that are not given errors; NULL: none */
    unsigned seen;                /* set: how many calls there were, spared ones excepted */
    int call;                     /* set: which was interrupted; -1: none */
    unsigned by_call[CALLS_MOST]; /* set: how many of each there were, spared ones too */
};

static struct deed_board *board;

static inline bool board_make(void)
{
    board = mmap(NULL, sizeof *board, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return board != MAP_FAILED;
}

static inline void child_runs(bool (*deed)(const void *), const void *context)
{
    struct sock_filter all[] = {BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF)};
    struct sock_fprog program = {.len = 1, .filter = all};

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    __atomic_store_n(&board->listener,
                     (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
                                  SECCOMP_FILTER_FLAG_NEW_LISTENER, &program),
                     __ATOMIC_RELEASE);
    board->good = deed(context);
    board->done = true;
    for (;;)
        syscall(SYS_exit_group, 0); /* is told apart from the deed's calls by `done` */
}

static inline int listener_of(pid_t child)
{
    int pidfd = (int)syscall(SYS_pidfd_open, child, 0), fd;

    while (__atomic_load_n(&board->listener, __ATOMIC_ACQUIRE) == 0)
        sched_yield();
    fd = (int)syscall(SYS_pidfd_getfd, pidfd, board->listener, 0);
    close(pidfd);
    return fd;
}

/* True when the deed goes on. */
static inline bool answer_call(int listener, pid_t child, struct interruption *plan)
{
    struct seccomp_notif asked = {0};
    struct seccomp_notif_resp reply = {0};

    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0)
        return errno == EINTR;
    reply.id = asked.id;
    reply.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
    if (!board->done) {
        bool spared = plan->error != INTERRUPT_KILL && plan->spares && plan->spares(asked.data.nr);

        if (asked.data.nr >= 0 && asked.data.nr < CALLS_MOST)
            plan->by_call[asked.data.nr]++;
        if (!spared && ++plan->seen == plan->at) {
            plan->call = asked.data.nr;
            if (plan->error == INTERRUPT_KILL) {
                kill(child, SIGKILL);
                return false;
            }
            reply.flags = 0;
            reply.error = -plan->error;
        }
    }
    ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &reply);
    return true;
}

/* True when the deed came to its end; board->good then says what it returned. */
static inline bool interrupted_run(bool (*deed)(const void *), const void *context,
                                   struct interruption *plan)
{
    struct pollfd waits;
    pid_t child;
    int status;

    memset(board, 0, sizeof *board);
    plan->seen = 0;
    plan->call = -1;
    memset(plan->by_call, 0, sizeof plan->by_call);
    child = fork();
    if (child == 0)
        child_runs(deed, context);
    waits = (struct pollfd){.fd = listener_of(child), .events = POLLIN};
    while (poll(&waits, 1, -1) > 0 && (waits.revents & POLLIN))
        if (!answer_call(waits.fd, child, plan))
            break;
    close(waits.fd);
    waitpid(child, &status, 0);
    return board->done;
}
