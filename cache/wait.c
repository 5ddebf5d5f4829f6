/* SPDX-License-Identifier: MIT */
#include "cache/wait.h"

#include <sys/random.h>

#define NAP_LEAST_MS 5
#define NAP_MOST_MS  20

uint32_t wait_jitter(uint32_t below)
{
    uint32_t number;

    if (getrandom(&number, sizeof number, GRND_NONBLOCK) != sizeof number)
        number = (uint32_t)clock_ms();
    return number % below;
}

bool wait_a_little(const struct deadline *deadline)
{
    int left = deadline_left_ms(deadline);
    int nap = NAP_LEAST_MS + (int)wait_jitter(NAP_MOST_MS - NAP_LEAST_MS + 1);

    if (left <= 0)
        return false;
    if (nap > left)
        nap = left;
    nanosleep(&(struct timespec){.tv_nsec = nap * 1000000L}, NULL);
    return true;
}
