/* SPDX-License-Identifier: MIT */
/* Preloaded into a helper: the clock on the wall is ahead by WALL_AHEAD seconds; others are as they are. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static long long ahead;

/* The helper forgets its environment at once. */
__attribute__((constructor)) static void read_ahead(void)
{
    const char *text = getenv("WALL_AHEAD");

    ahead = text ? strtoll(text, NULL, 10) : 0;
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);

    if (!failed && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE))
        now->tv_sec += ahead;
    return failed;
}

time_t time(time_t *out)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_REALTIME, &now);
    if (out)
        *out = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *out, void *zone)
{
    struct timespec now;
    int failed = clock_gettime(CLOCK_REALTIME, &now);

    (void)zone;
    if (!failed)
        *out = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return failed;
}
