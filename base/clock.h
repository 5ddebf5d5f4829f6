/* SPDX-License-Identifier: MIT */
/* Time as the rest of the code wants it. Times of day are time_t; spans are milliseconds. */
#pragma once

#include <stdint.h>
#include <time.h>

/* Milliseconds since some point in the past; goes on during suspend; never set back. */
int64_t clock_ms(void);

/* A point on clock_ms() by which something must be done. */
struct deadline {
    int64_t at_ms;
};

struct deadline deadline_in_ms(int64_t ms);
/* What is left, 0 when it has passed. Fits poll(2). */
int deadline_left_ms(const struct deadline *deadline);
