/* SPDX-License-Identifier: MIT */
#include "config/names.h"

#include <stdio.h>
#include <string.h>

void names_note(struct config *config, const char *setting, const char *origin, unsigned line)
{
    if (strcmp(setting, "names") == 0)
        snprintf(config->names_place, sizeof config->names_place, "%s:%u", origin, line);
}

bool names_read(const char *value, enum names *names, struct error *why)
{
    bool is_short = strcmp(value, "short") == 0;

    if (!is_short && strcmp(value, "full") != 0)
        return error_set(why, ERROR_CONFIG, "names wants full or short, not \"%.80s\"", value);
    *names = is_short ? NAMES_SHORT : NAMES_FULL;
    return true;
}

bool names_check(const struct config *config, struct error *why)
{
    return config->names == NAMES_FULL || config->domains.count == 1 ||
           error_set(why, ERROR_CONFIG,
                     "%s: names = short wants one domain, or ada could be somebody of each of the "
                     "%zu in domains: leave one of them there, or take names = full",
                     config->names_place, config->domains.count);
}
