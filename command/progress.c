/* SPDX-License-Identifier: MIT */
#include "command/progress.h"

#include <stdio.h>
#include <unistd.h>

#define WIDTH    30u
#define EVERY_MS 100

struct progress progress_begin(const char *doing, size_t all)
{
    return (struct progress){.doing = doing, .all = all, .terminal = isatty(STDERR_FILENO)};
}

void progress_show(struct progress *progress, size_t done)
{
    int64_t now = progress->terminal ? clock_ms() : 0;
    size_t share = progress->all ? done * 100 / progress->all : 100;
    char bar[WIDTH + 1];

    if (!progress->terminal || now - progress->shown_ms < EVERY_MS)
        return;
    share = share > 100 ? 100 : share;
    for (size_t i = 0; i < WIDTH; i++)
        bar[i] = i * 100 < share * WIDTH ? '#' : '.';
    bar[WIDTH] = '\0';
    fprintf(stderr, "\r%s [%s] %3zu %%", progress->doing, bar, share);
    fflush(stderr);
    progress->shown_ms = now;
    progress->drawn = true;
}

void progress_end(struct progress *progress)
{
    if (progress->drawn)
        fputs("\r\033[K", stderr);
    progress->drawn = false;
}
