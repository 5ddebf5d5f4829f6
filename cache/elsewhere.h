/* SPDX-License-Identifier: MIT */
/*
 * The ids of our window that sources of nsswitch.conf(5) other than the local files have given, and
 * the names to which any has given a uid outside of it. A
 * source that cannot answer now does not count: the window is free by convention, and people must
 * not be kept out by it.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define NSSWITCH_FILE "/etc/nsswitch.conf"

struct elsewhere {
    uint32_t *ids; /* sorted */
    size_t count, room;
    char **names; /* sorted */
    size_t name_count, name_room;
};

/*
 * Whether the sources for people and groups in `nsswitch` are all such as list whomever they know;
 * a directory on the network seldom does. False also when the file cannot be read.
 */
bool elsewhere_can_list(const char *nsswitch);
/* All of them, for those who want a million ids. `list` starts zeroed. */
bool elsewhere_list(struct elsewhere *list, struct error *why);
void elsewhere_release(struct elsewhere *list);

/* `list` NULL: the sources are asked. */
bool elsewhere_has(const struct elsewhere *list, uint32_t id);
bool elsewhere_has_name(const struct elsewhere *list, const char *name); /* of a list */
