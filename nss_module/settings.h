/* SPDX-License-Identifier: MIT */
/*
 * What root has told this module (cache/nss_conf_file.h), read once in each process: a change
 * counts for processes that are started afterwards. The window of ids in it is this process's
 * from then on (cache/id_window.h), so whoever looks at ids asks here first.
 */
#pragma once

#include "cache/nss_conf.h"

/*
 * NULL: there is no such file, or none to be trusted: no local groups are given then, nobody is
 * answered before the first sign-in, and the window is the preset. Makes no system call but for
 * the first time, or as long as the process is too short of something to read it. Keeps errno.
 */
const struct nss_conf *settings_of_this_process(void);

/* False as long as the process is too short of something to tell whether there is such a file. */
bool settings_are_known(void);

/* Whether it is an id of ours, by what root has told. */
bool settings_window_has(uint32_t id);
