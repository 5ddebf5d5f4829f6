/* SPDX-License-Identifier: MIT */
/*
 * The file behind cache/nss_conf.h, found trustworthy and read. libc only; allocates nothing.
 *
 * Trust: as the snapshot (nss_module/mapping.h), and the file belongs to root, or to nobody, as
 * which root shows in a user namespace that it is not mapped into.
 */
#pragma once

#include "cache/nss_conf.h"

enum nss_conf_read {
    NSS_CONF_UNFIT,  /* something is there, and is not to be trusted */
    NSS_CONF_ABSENT, /* nothing is there: root has not said anything */
    NSS_CONF_UNREAD, /* this process is short of something, or the disk failed: ask again later */
    NSS_CONF_FIT
};

/* `conf` points into `text` afterwards. Keeps errno. */
enum nss_conf_read nss_conf_read(char text[NSS_CONF_MOST + 1], struct nss_conf *conf);
