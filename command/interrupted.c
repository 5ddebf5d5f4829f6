/* SPDX-License-Identifier: MIT */
#include "command/interrupted.h"

#include <signal.h>
#include <stddef.h>

static const int ending[] = {SIGINT, SIGTERM, SIGHUP};

void interrupted_later(bool later)
{
    sigset_t set;

    sigemptyset(&set);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        sigaddset(&set, ending[i]);
    sigprocmask(later ? SIG_BLOCK : SIG_UNBLOCK, &set, NULL);
}

bool interrupted_is(void)
{
    sigset_t waiting;
    bool any = false;

    if (sigpending(&waiting) == 0)
        for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
            any |= sigismember(&waiting, ending[i]) == 1;
    return any;
}
