/* SPDX-License-Identifier: MIT */
/*
 * getpwent(3), getgrent(3): one position for all threads, as these functions
 * are defined. A walk has a mapping of its own from start to end, so that it
 * sees one generation whatever is published meanwhile.
 *
 * glibc lets one thread at a time in here. Others wait a little and are then
 * told to try again; a child that was forked in the middle of another thread's
 * step starts anew instead of waiting for a thread it does not have. It is known
 * by its pid; one that has its parent's number in a PID namespace of its own is told to try again.
 */
#pragma once

#include "cache/snapshot_walk.h"
#include "nss_module/mapping.h"

#include <stdatomic.h>

struct walk {
    atomic_int holder; /* pid of the process whose thread is inside; 0: nobody */
    bool open;
    struct mapping mapping;
    struct snapshot_walk place;
};

/* False: another thread does not leave. */
bool walk_enter(struct walk *walk);
void walk_leave(struct walk *walk);

/* Between enter and leave: maps the file if that is not done. False: none to be trusted. */
bool walk_open(struct walk *walk);
void walk_close(struct walk *walk);
