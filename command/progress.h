/* SPDX-License-Identifier: MIT */
/* How far long work has got, on standard error, if that is a terminal. */
#pragma once

#include "base/clock.h"

#include <stdbool.h>
#include <stddef.h>

struct progress {
    const char *doing;
    size_t all; /* so many steps */
    int64_t shown_ms;
    bool terminal, drawn;
};

struct progress progress_begin(const char *doing, size_t all);
/* Draws at most ten times a second. */
void progress_show(struct progress *progress, size_t done);
/* Takes the bar away. */
void progress_end(struct progress *progress);
