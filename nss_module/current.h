/* SPDX-License-Identifier: MIT */
/*
 * The generation that this process reads now: mapped once, shared by all
 * threads, exchanged when a newer file has taken its name. A warm question
 * makes no system call and takes no lock.
 *
 * How: a few seats, each holding one mapping and counters of the threads that
 * are reading it. A reader counts itself in, then makes sure that the seat is
 * still the current one. Whoever finds the file superseded maps the new one
 * and sits it on a seat that is neither current nor read; the mapping that
 * was there goes. Nothing ever waits: a count left behind by a thread that is
 * gone (cancelled, or not there any more after fork) costs one seat, and
 * without a free seat the new mapping serves this one question only.
 *
 * When the newer file cannot be used, or the name is gone, the answer is
 * UNAVAIL and not the old data: damage shows at once, and no more is believed
 * than what stands in the folder.
 */
#pragma once

#include "nss_module/mapping.h"

struct seat;

/* One reader's hold on a generation. UNINITIALIZED: clearing it took a tenth of a question's time. */
struct pin {
    const struct snapshot *snapshot;
    struct seat *seat; /* NULL: `own` serves this question only */
    unsigned counter;
    unsigned now; /* of the coarse clock, read once: that takes as long as all of the searching */
    struct mapping own;
};

#define UNINITIALIZED __attribute__((uninitialized))

/* False: there is no snapshot to be trusted, and nothing to be given back. Keeps errno. */
bool current_pin(struct pin *pin);
void current_unpin(struct pin *pin);
