/* SPDX-License-Identifier: MIT */
/* The window of ids that the NSS module goes by, for whoever else has to. libc only. */
#pragma once

#include "cache/id_window.h"

/* As root has told (cache/nss_conf_file.h); false, with `window` untouched, if that cannot be read. */
bool window_in_force(struct id_window *window);
/* The same, and the preset where root has not told any; false if it cannot be told which. */
bool window_read(struct id_window *window);
