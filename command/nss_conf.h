/* SPDX-License-Identifier: MIT */
/* /etc/latchkey/nss.conf as `latchkey config apply` writes it: latchkey-nss.conf(5). */
#pragma once

#include "base/error.h"
#include "config/config.h"

#include <stdint.h>

struct nss_facts {
    const struct config *config;
    const char *issuer;            /* of people, as their tokens say it; empty: ssh is not told */
    const uint32_t *local_gids;    /* of config->local_groups */
    const uint32_t *platform_gids; /* of config->local_group_ids */
};

/*
 * Whoever reads the configuration to write the file holds this from before the one until after the
 * other, so that the last one to read is the last one to write. A descriptor to be closed; -1 is false.
 */
int nss_conf_lock(struct error *why);

/* Exchanges the file at once, and only for one that the module will understand. For root. */
bool nss_conf_write(const struct nss_facts *facts, struct error *why);
