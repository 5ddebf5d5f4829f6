/* SPDX-License-Identifier: MIT */
#include "command/host_ranges.h"

#include "base/own.h"
#include "base/text.h"
#include "config/paths.h"

#include <errno.h>

#define BLANKS " \t\r\n"

/* Pairs of settings, with what holds where one is not given. */
static const struct pair {
    const char *file, *least_name, *most_name, *between; /* name and value */
    uint32_t least, most;
} pairs[] = {
    {LOGIN_DEFS, "UID_MIN", "UID_MAX", BLANKS, 1000, 60000},
    {LOGIN_DEFS, "GID_MIN", "GID_MAX", BLANKS, 1000, 60000},
    {LOGIN_DEFS, "SUB_UID_MIN", "SUB_UID_MAX", BLANKS, 100000, 600100000},
    {LOGIN_DEFS, "SUB_GID_MIN", "SUB_GID_MAX", BLANKS, 100000, 600100000},
    {ADDUSER_CONF, "FIRST_UID", "LAST_UID", "=\"" BLANKS, 1000, 59999},
    {ADDUSER_CONF, "FIRST_GID", "LAST_GID", "=\"" BLANKS, 1000, 59999},
};

static bool overlaps(struct id_window window, unsigned long long least, unsigned long long most)
{
    return least <= window.most && most >= window.least;
}

/* The value of one setting, if this line gives it. */
static void take(char *line, const char *name, const char *between, uint32_t *value)
{
    unsigned long long number;
    char *at = line + strspn(line, BLANKS);

    if (strncmp(at, name, strlen(name)) != 0)
        return;
    at += strlen(name);
    if (!strspn(at, between))
        return;
    at += strspn(at, between);
    at[strcspn(at, between)] = '\0';
    if (text_number(at, 0, UINT32_MAX, &number))
        *value = (uint32_t)number;
}

static bool pair_leaves(const struct pair *pair, struct id_window window, struct error *why)
{
    OWNED(close_file) FILE *file = fopen(pair->file, "re");
    OWNED(free_memory) char *line = NULL;
    uint32_t least = pair->least, most = pair->most;
    size_t space = 0;

    if (!file)
        return errno == ENOENT || error_set(why, ERROR_SYSTEM, "%s: %m", pair->file);
    while (getline(&line, &space, file) >= 0) {
        OWNED(free_memory) char *copy = strdup(line);

        if (!copy)
            return error_set(why, ERROR_SYSTEM, "no memory");
        take(copy, pair->least_name, pair->between, &least);
        take(line, pair->most_name, pair->between, &most);
    }
    if (ferror(file))
        return error_set(why, ERROR_SYSTEM, "%s: %m", pair->file);
    return !overlaps(window, least, most) ||
           error_set(
               why, ERROR_CONFIG,
               "id_min and id_max overlap %s %u to %s %u of %s: change the ones or the others",
               pair->least_name, least, pair->most_name, most, pair->file);
}

/* NAME:FIRST:COUNT */
static bool line_leaves(char *line, struct id_window window)
{
    unsigned long long first, count;
    char *rest = line, *fields[3];

    for (size_t i = 0; i < 3; i++)
        fields[i] = rest ? strsep(&rest, ":\r\n") : NULL;
    return !fields[2] || !text_number(fields[1], 0, UINT32_MAX, &first) ||
           !text_number(fields[2], 1, UINT32_MAX, &count) ||
           !overlaps(window, first, first + count - 1);
}

static bool file_leaves(const char *path, struct id_window window, struct error *why)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    OWNED(free_memory) char *line = NULL;
    size_t space = 0;

    if (!file)
        return errno == ENOENT || error_set(why, ERROR_SYSTEM, "%s: %m", path);
    for (unsigned number = 1; getline(&line, &space, file) >= 0; number++)
        if (!line_leaves(line, window))
            return error_set(
                why, ERROR_CONFIG,
                "id_min and id_max overlap the range of %.60s at %s:%u: change the ones or the "
                "others",
                line, path, number);
    return !ferror(file) || error_set(why, ERROR_SYSTEM, "%s: %m", path);
}

bool host_ranges_leave(struct id_window window, struct error *why)
{
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
        if (!pair_leaves(&pairs[i], window, why))
            return false;
    return file_leaves(LOCAL_SUBUID, window, why) && file_leaves(LOCAL_SUBGID, window, why);
}
