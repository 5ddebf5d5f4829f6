/* SPDX-License-Identifier: MIT */
#include "base/strings.h"

#include <stdlib.h>
#include <string.h>

bool strings_add(struct strings *list, const char *text)
{
    char **grown, *copy;

    if (list->count >= list->limit)
        return false;
    grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    if (!grown)
        return false;
    list->items = grown;
    copy = strdup(text);
    if (!copy)
        return false;
    list->items[list->count++] = copy;
    return true;
}

bool strings_have(const struct strings *list, const char *text)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->items[i], text) == 0)
            return true;
    return false;
}

void strings_release(struct strings *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->items[i]);
    free(list->items);
    *list = STRINGS_WITH_LIMIT(list->limit);
}
