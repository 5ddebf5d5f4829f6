/* SPDX-License-Identifier: MIT */
#include "config/window.h"

#include "cache/id_window.h"
#include "cache/window_in_force.h"

#include <stdio.h>
#include <string.h>

void window_note(struct config *config, const char *setting, const char *origin, unsigned line)
{
    if (strcmp(setting, "id_min") == 0 || strcmp(setting, "id_max") == 0)
        snprintf(config->window_place, sizeof config->window_place, "%s:%u", origin, line);
}

static struct id_window window_of(const struct config *config)
{
    return (struct id_window){.least = config->id_min, .most = config->id_max};
}

bool window_check(const struct config *config, struct error *why)
{
    return id_window_is_free(window_of(config)) ||
           error_set(why, ERROR_CONFIG,
                     "%s: id_min %u and id_max %u: give at least %u ids that lie all in " ID_FREE
                     ", which systemd and Debian leave free",
                     config->window_place, config->id_min, config->id_max, ID_WINDOW_LEAST);
}

void window_put_in_force(const struct config *config)
{
    const struct id_window wanted = window_of(config);
    struct id_window window = ID_WINDOW_PRESET, in_force = wanted;

    /* Without a word of root the NSS module goes by its preset. */
    if (window_in_force(&window))
        in_force = window;
    id_window_use(in_force);
    id_window_wait(wanted.least != window.least || wanted.most != window.most);
}
