/* SPDX-License-Identifier: MIT */
#include "command/interrupted.h"

#include <signal.h>
#include <stddef.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

static bool is_ignored(int number)
{
    struct sigaction now;

    return sigaction(number, NULL, &now) == 0 && now.sa_handler == SIG_IGN;
}

unsigned interrupted_ignored(void)
{
    unsigned which = 0;

    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        which |= is_ignored(ending[i]) ? 1u << i : 0;
    return which;
}

void interrupted_ignore(unsigned which)
{
    struct sigaction ignored = {.sa_handler = SIG_IGN};

    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (which & 1u << i)
            (void)sigaction(ending[i], &ignored, NULL);
}

void interrupted_later(bool later)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&set, ending[i]);
    sigprocmask(later ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

/* What is ignored waits all the same while it is blocked. */
bool interrupted_is(void)
{
    sigset_t waiting;
    bool any = false;

    if (sigpending(&waiting) == 0)
        for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
            any |= sigismember(&waiting, ending[i]) == 1 && !is_ignored(ending[i]);
    return any;
}
