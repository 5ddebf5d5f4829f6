/* SPDX-License-Identifier: MIT */
#include "cache/window_in_force.h"

#include "cache/nss_conf_file.h"

#include <stdlib.h>

bool window_in_force(struct id_window *window)
{
    char *text = malloc(NSS_CONF_MOST + 1);
    struct nss_conf conf;
    bool fit = text && nss_conf_read(text, &conf) == NSS_CONF_FIT;

    if (fit)
        *window = conf.window;
    free(text);
    return fit;
}
