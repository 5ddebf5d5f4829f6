/* SPDX-License-Identifier: MIT */
/*
 * The window that all our uids and gids come from. A process has one: the preset, until it is told
 * the one that root has put in force (cache/nss_conf_file.h). libc only.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Above all subordinate ids, and below the foreign ids of systemd. */
#ifndef ID_LEAST
#define ID_LEAST 0x70000000u
#endif
#ifndef ID_MOST
#define ID_MOST 0x7ffdffffu
#endif
#define ID_WINDOW_PRESET ((struct id_window){.least = ID_LEAST, .most = ID_MOST})
#define ID_WINDOW_LEAST  1000u /* ids in a window */

struct id_window {
    uint32_t least, most;
};

/*
 * What systemd (its "Users, Groups, UIDs and GIDs on systemd systems") and Debian (Policy 9.2.2)
 * leave free, or to the host: everything but the system's ids below 1000, systemd's own and those
 * of containers, nobody, and what does not fit into 31 bits.
 */
#define ID_FREE      "1000 to 60000, 65536 to 524287 or 1879048192 to 2147483645"
#define ID_FREE_MOST 0x7ffffffdu
bool id_window_is_free(struct id_window window);
/*
 * Whether it takes of the ids that systemd 258 and later give to the files of containers that are
 * nobody's on this host ("foreign UID range" there).
 */
#define ID_FOREIGN_LEAST 0x7ffe0000u
#define ID_FOREIGN_MOST  0x7ffeffffu
bool id_window_has_foreign(struct id_window window);

void id_window_use(struct id_window window);
struct id_window id_window(void);
bool id_is_ours(uint32_t id);

/* Whether root wants another window than the one in force: until then nobody new gets an id. */
void id_window_wait(bool waits);
bool id_window_waits(void);
