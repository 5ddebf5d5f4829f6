/* SPDX-License-Identifier: MIT */
/*
 * Preloaded into a helper: the clock that it measures with is ahead by as many seconds as the file
 * TIME_PASSED says, a 64-bit number that may change while the helper runs.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *passed;

/* The helper forgets its environment at once. */
__attribute__((constructor)) static void map_passed(void)
{
    const char *path = getenv("TIME_PASSED");
    int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *mapped = fd < 0 ? MAP_FAILED : mmap(NULL, sizeof *passed, PROT_READ, MAP_SHARED, fd, 0);

    passed = mapped == MAP_FAILED ? NULL : mapped;
    if (fd >= 0)
        close(fd);
}

int clock_gettime(clockid_t clock, struct timespec *now)
{
    int failed = (int)syscall(SYS_clock_gettime, clock, now);

    if (!failed && clock == CLOCK_BOOTTIME && passed)
        now->tv_sec += *passed;
    return failed;
}
