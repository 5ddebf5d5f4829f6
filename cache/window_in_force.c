/* SPDX-License-Identifier: MIT */
#include "cache/window_in_force.h"

#include "cache/nss_conf_file.h"

#include <stdlib.h>

static enum nss_conf_read look_up(struct id_window *window)
{
    char *text = malloc(NSS_CONF_MOST + 1);
    struct nss_conf conf;
    enum nss_conf_read got = text ? nss_conf_read(text, &conf) : NSS_CONF_UNREAD;

    if (got == NSS_CONF_FIT)
        *window = conf.window;
    free(text);
    return got;
}

bool window_in_force(struct id_window *window)
{
    return look_up(window) == NSS_CONF_FIT;
}

bool window_read(struct id_window *window)
{
    enum nss_conf_read got = look_up(window);

    if (got == NSS_CONF_ABSENT)
        *window = ID_WINDOW_PRESET;
    return got == NSS_CONF_FIT || got == NSS_CONF_ABSENT;
}
