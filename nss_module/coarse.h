/* SPDX-License-Identifier: MIT */
/* The clock by which the module looks at files again that have told it of no change. */
#pragma once

#include <time.h>

#define CHECK_SECONDS 2u

static inline unsigned coarse_seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC_COARSE, &now); /* no system call */
    return (unsigned)now.tv_sec;
}
