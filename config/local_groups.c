/* SPDX-License-Identifier: MIT */
#include "config/local_groups.h"

#include "base/text.h"
#include "platform/authority.h"

#include <string.h>

#define NAME_BYTES_MOST 255

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

/* As it can stand in a line of nss.conf. */
static bool is_one_plain_word(const char *text)
{
    for (; *text; text++)
        if (*text <= ' ' || *text > '~')
            return false;
    return true;
}

/* What group(5) can hold as a name; whether there is such a group is seen by `latchkey config apply`. */
static bool is_name(const char *name)
{
    return *name && strlen(name) <= NAME_BYTES_MOST && is_one_plain_word(name) &&
           !strpbrk(name, ":,[]");
}

static bool is_there(const struct config *config, const char *name, const char *object_id)
{
    for (size_t i = 0; i < config->local_groups.count; i++)
        if (strcmp(config->local_groups.items[i], name) == 0 &&
            strcmp(config->local_group_ids.items[i], object_id) == 0)
            return true;
    return false;
}

/* Tokens of Microsoft's platforms spell a GUID in small letters, portals show it in either. */
static void fold_guid(char *object_id)
{
    if (authority_is_guid(object_id))
        text_fold(object_id);
}

bool local_groups_add(struct config *config, const char *name, const char *given, struct error *why)
{
    char object_id[CONFIG_OBJECT_ID_MOST + 1];

    if (!is_name(name))
        return error_set(why, ERROR_CONFIG,
                         "[" LOCAL_GROUPS_SECTION "] wants names of local groups, not \"%.60s\"",
                         name);
    if (!*given || !is_printable(given) || !text_copy(object_id, sizeof object_id, given))
        return error_set(why, ERROR_CONFIG,
                         "%.60s wants the object id of one group of the identity platform, not "
                         "\"%.60s\"",
                         name, given);
    fold_guid(object_id);
    if (is_there(config, name, object_id))
        return true;
    if (config->local_groups.count == CONFIG_LOCAL_GROUPS_MOST)
        return error_set(why, ERROR_CONFIG, "[" LOCAL_GROUPS_SECTION "] has more than %d lines",
                         CONFIG_LOCAL_GROUPS_MOST);
    return (strings_add(&config->local_groups, name) &&
            strings_add(&config->local_group_ids, object_id)) ||
           error_set(why, ERROR_SYSTEM, "out of memory");
}
