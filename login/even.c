/* SPDX-License-Identifier: MIT */
#include "login/even.h"

#include <errno.h>
#include <time.h>

#define SLACK_MS 1000 /* from the stroke to the next word, on a busy machine */

void even_wait(struct talk *talk, int64_t typed_ms)
{
    int64_t ms = EVEN_MS - (clock_ms() - typed_ms) % EVEN_MS;
    struct timespec left = {.tv_sec = (time_t)(ms / 1000), .tv_nsec = (long)(ms % 1000) * 1000000};

    talk_wait_longer(talk, ms + SLACK_MS);
    while (nanosleep(&left, &left) != 0 && errno == EINTR)
        ;
}
