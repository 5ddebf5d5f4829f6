/* SPDX-License-Identifier: MIT */
#include "config/local_groups.h"

#include <string.h>

#define NAME_BYTES_MOST 255

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* What group(5) can hold as a name; whether there is such a group is seen by `latchkey config apply`. */
static bool is_name(const char *name)
{
    return *name && strlen(name) <= NAME_BYTES_MOST && is_printable(name) &&
           !strpbrk(name, " :,[]");
}

static bool is_there(const struct config *config, const char *name, const char *object_id)
{
    for (size_t i = 0; i < config->local_groups.count; i++)
        if (strcmp(config->local_groups.items[i], name) == 0 &&
            strcmp(config->local_group_ids.items[i], object_id) == 0)
            return true;
    return false;
}

bool local_groups_add(struct config *config, const char *name, const char *object_id,
                      struct error *why)
{
    if (!is_name(name))
        return error_set(why, ERROR_CONFIG,
                         "[" LOCAL_GROUPS_SECTION "] wants names of local groups, not \"%.60s\"",
                         name);
    if (!*object_id || strlen(object_id) > CONFIG_OBJECT_ID_MOST || !is_printable(object_id))
        return error_set(why, ERROR_CONFIG,
                         "%.60s wants the object id of one group of the identity platform, not "
                         "\"%.60s\"",
                         name, object_id);
    if (is_there(config, name, object_id))
        return true;
    if (config->local_groups.count == CONFIG_LOCAL_GROUPS_MOST)
        return error_set(why, ERROR_CONFIG, "[" LOCAL_GROUPS_SECTION "] has more than %d lines",
                         CONFIG_LOCAL_GROUPS_MOST);
    return (strings_add(&config->local_groups, name) &&
            strings_add(&config->local_group_ids, object_id)) ||
           error_set(why, ERROR_SYSTEM, "out of memory");
}
