/* SPDX-License-Identifier: MIT */
/* What only the store can tell about the configuration, learned without root's rights. */
#pragma once

#include "base/error.h"
#include "config/config.h"
#include "platform/authority.h"

#include <stdint.h>
#include <sys/types.h>

struct reserved {
    char issuer[AUTHORITY_TEXT_MOST + 1];             /* of people; empty: not known yet */
    uint32_t platform_gids[CONFIG_LOCAL_GROUPS_MOST]; /* of the groups of [local groups] */
};

/* While it stands, nobody else writes to the store, if that can be written at all. */
struct reservation {
    int fd;
    pid_t child;
};
#define RESERVATION_NONE ((struct reservation){.fd = -1})

/*
 * In a child, which gives root up before it opens the store, while the caller stays what it is.
 * The window of ids is the process's (cache/id_window.h). What comes back is no more than words of
 * the user latchkey: gids inside the window, as many as `config` has groups. ERROR_CONFIG: the
 * configuration has to change. `held`, to be ended in any case, stands until the window is in force,
 * a minute at the most, so that no id is given by the one before.
 */
bool reserve(struct config *config, struct reserved *reserved, struct reservation *held,
             struct error *why);
void reserve_end(struct reservation *held);
