/* SPDX-License-Identifier: MIT */
/*
 * What root has told this module (cache/nss_conf.h), read once in each process: a change counts
 * for processes that are started afterwards.
 *
 * Trust: as the snapshot (nss_module/mapping.h), and the file belongs to root, or to nobody, as
 * which root shows in a user namespace that it is not mapped into.
 */
#pragma once

#include "cache/nss_conf.h"

/*
 * NULL: there is no such file, or none to be trusted: no local groups are given then, and nobody
 * is answered before the first sign-in. Makes no system call but for the first time. Keeps errno.
 */
const struct nss_conf *settings_of_this_process(void);
