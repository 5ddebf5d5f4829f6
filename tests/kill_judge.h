/* SPDX-License-Identifier: MIT */
/* One deed, interrupted at each of its system calls in turn, by a kill and by each error of a disk. */
#pragma once

#include "tests/interrupt.h"
#include "tests/place.h"

static unsigned kill_points, error_points, judged_good, judged_bad;
static struct interruption plan;
static const char *deed_name;

__attribute__((format(printf, 2, 3))) static inline void must(bool good, const char *format, ...)
{
    va_list args;

    if (good || judged_bad++ > 20) {
        judged_good += good;
        return;
    }
    va_start(args, format);
    printf("%s, call %u (number %d), error %d: ", deed_name, plan.at, plan.call, plan.error);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

/* A deed's complaint, for the judge. Returns false. */
static inline bool note(const struct error *why)
{
    snprintf(board->text, sizeof board->text, "%s", why->text);
    return false;
}

/* Of memory, of time, of the process itself: no disk gives an error there. */
static inline bool is_no_disk(int call)
{
    static const int calls[] = {SYS_mmap,        SYS_munmap,          SYS_brk,
                                SYS_mprotect,    SYS_futex,           SYS_getrandom,
                                SYS_getpid,      SYS_gettid,          SYS_geteuid,
                                SYS_getuid,      SYS_clock_nanosleep, SYS_close,
                                SYS_sched_yield, SYS_rt_sigprocmask,  SYS_rt_sigaction,
                                SYS_madvise,     SYS_clock_gettime,   SYS_prlimit64,
                                SYS_mremap,      SYS_sysinfo};

    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (calls[i] == call)
            return true;
    return false;
}

struct deed {
    const char *name;
    void (*prepare)(void);
    bool (*run)(const void *);
    void (*judge)(bool ended); /* board->good, board->text and `plan` tell the rest */
};

static inline void interrupt_with(const struct deed *deed, int error, unsigned every)
{
    unsigned *points = error == INTERRUPT_KILL ? &kill_points : &error_points;

    for (plan.at = 1;; plan.at += every) {
        bool ended;

        plan.error = error;
        plan.spares = is_no_disk;
        deed->prepare();
        ended = interrupted_run(deed->run, NULL, &plan);
        if (plan.call < 0) {
            must(ended && board->good, "left alone it fails: %s", board->text);
            deed->judge(ended);
            return;
        }
        must(ended == (error != INTERRUPT_KILL), "it did not end so");
        deed->judge(ended);
        ++*points;
    }
}

static inline void interrupt_everywhere(const struct deed *deed, unsigned every)
{
    static const int errors[] = {INTERRUPT_KILL, ENOSPC, EDQUOT, EROFS, EIO};

    deed_name = deed->name;
    for (size_t i = 0; i < sizeof errors / sizeof errors[0]; i++)
        interrupt_with(deed, errors[i], every);
}

static inline int kill_verdict(void)
{
    printf("%u kills and %u errors, each at another system call\n", kill_points, error_points);
    printf("kills: %u passed, %u failed\n", judged_good, judged_bad);
    return judged_bad != 0 || kill_points < 20;
}
