/* SPDX-License-Identifier: MIT */
/* /etc/latchkey/nss.conf as `latchkey config apply` writes it: latchkey-nss.conf(5). */
#pragma once

#include "base/error.h"
#include "config/config.h"

#include <stdint.h>

struct nss_facts {
    const struct config *config;
    const char *issuer;            /* of people, as their tokens say it; empty: not known yet */
    const uint32_t *local_gids;    /* of config->local_groups */
    const uint32_t *platform_gids; /* of config->local_group_ids */
};

/* Exchanges the file at once, and only for one that the module will understand. For root. */
bool nss_conf_write(const struct nss_facts *facts, struct error *why);
