/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <limits.h>

int64_t clock_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_BOOTTIME, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

struct deadline deadline_in_ms(int64_t ms)
{
    return (struct deadline){.at_ms = clock_ms() + ms};
}

int deadline_left_ms(const struct deadline *deadline)
{
    int64_t left = deadline->at_ms - clock_ms();

    if (left <= 0)
        return 0;
    return left < INT_MAX ? (int)left : INT_MAX;
}
