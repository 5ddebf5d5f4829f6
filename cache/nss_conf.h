/* SPDX-License-Identifier: MIT */
/*
 * What the NSS module must know from root and not from the snapshot: the text of
 * /etc/latchkey/nss.conf, which latchkey-nss.conf(5) describes. libc only: this is loaded into
 * every process that asks who a user is. Pure; allocates nothing.
 */
#pragma once

#include "cache/id_window.h"
#include "cache/name.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NSS_CONF_MOST         65536u /* bytes of the file */
#define NSS_CONF_DOMAINS_MOST 256u
#define NSS_CONF_GROUPS_MOST  64u
#define NSS_CONF_PATH_MOST    255u /* bytes of home and shell */
#define NSS_CONF_ISSUER_MOST  255u
#define NSS_CONF_LABEL        "{name}" /* in `home`: stands for the name */

struct nss_conf {
    struct id_window window;
    enum names names;
    const char *issuer; /* of people; empty: not known, so nobody's first id can be told */
    const char *home, *shell;
    const char *domains[NSS_CONF_DOMAINS_MOST];
    size_t domain_count;
    /* Who is in the directory's group gets the local one too. */
    struct {
        const char *name; /* of the local one */
        uint32_t local, directory;
    } groups[NSS_CONF_GROUPS_MOST];
    size_t group_count;
};

/*
 * Reads `size` bytes, which `text[size]` ends with a NUL, and cuts them to pieces that `conf`
 * points to afterwards. False, with `conf` untouched, unless the whole text is as latchkey-nss.conf(5)
 * says: there is no such thing as a file of which a part counts.
 */
bool nss_conf_parse(char *text, size_t size, struct nss_conf *conf);

/* Whether it is a full name in one of the domains. `name` has been found legal. */
bool nss_conf_has_domain_of(const struct nss_conf *conf, const char *name);
