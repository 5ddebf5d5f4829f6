/* SPDX-License-Identifier: MIT */
#include "cache/id_window.h"

#include <stdatomic.h>
#include <stddef.h>

/* Asked for each id of a snapshot, from places that know nothing else of the process. */
static struct {
    atomic_uint least, most;
    atomic_bool waits;
} here = {.least = ID_LEAST, .most = ID_MOST};

bool id_window_is_free(struct id_window window)
{
    static const struct id_window ranges[] = {
        {1000, 60000}, {65536, 524287}, {ID_LEAST, ID_FREE_MOST}};

    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++)
        if (window.least >= ranges[i].least && window.most <= ranges[i].most)
            return window.least <= window.most && window.most - window.least >= ID_WINDOW_LEAST - 1;
    return false;
}

bool id_window_has_foreign(struct id_window window)
{
    return window.least <= ID_FOREIGN_MOST && window.most >= ID_FOREIGN_LEAST;
}

void id_window_use(struct id_window window)
{
    atomic_store_explicit(&here.least, window.least, memory_order_relaxed);
    atomic_store_explicit(&here.most, window.most, memory_order_relaxed);
    atomic_store_explicit(&here.waits, false, memory_order_relaxed);
}

struct id_window id_window(void)
{
    return (struct id_window){
        .least = atomic_load_explicit(&here.least, memory_order_relaxed),
        .most = atomic_load_explicit(&here.most, memory_order_relaxed),
    };
}

bool id_is_ours(uint32_t id)
{
    struct id_window window = id_window();

    return id >= window.least && id <= window.most;
}

void id_window_wait(bool waits)
{
    atomic_store_explicit(&here.waits, waits, memory_order_relaxed);
}

bool id_window_waits(void)
{
    return atomic_load_explicit(&here.waits, memory_order_relaxed);
}
