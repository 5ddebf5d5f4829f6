/* SPDX-License-Identifier: MIT */
#include "cache/local.h"

#include "base/own.h"
#include "base/text.h"

#include <errno.h>

#define LINES_MOST 2000000

struct local {
    char **names;
    uint32_t *ids;
    size_t count, space;
};

OWN_DEFINE(release_local, struct local, local_release);

static bool local_add(struct local *local, const char *name, uint32_t id)
{
    char *copy;

    if (local->count == local->space) {
        size_t space = local->space ? local->space * 2 : 128;
        char **names = reallocarray(local->names, space, sizeof *names);
        uint32_t *ids;

        if (!names)
            return false;
        local->names = names;
        ids = reallocarray(local->ids, space, sizeof *ids);
        if (!ids)
            return false;
        local->ids = ids;
        local->space = space;
    }
    copy = strdup(name);
    if (!copy)
        return false;
    local->names[local->count] = copy;
    local->ids[local->count++] = id;
    return true;
}

/* name:password:id:..., after blanks, which glibc skips too. A broken line still takes its name. */
static bool line_add(struct local *local, char *line)
{
    unsigned long long id = UINT32_MAX;
    char *rest = line + strspn(line, " \t"), *name = strsep(&rest, ":\n"), *field;

    strsep(&rest, ":\n");
    field = strsep(&rest, ":\n");
    if (field)
        text_number(field, 0, UINT32_MAX, &id);
    return !*name || *name == '#' || local_add(local, name, (uint32_t)id);
}

static bool file_add(struct local *local, const char *path, struct error *why)
{
    OWNED(close_file) FILE *file = fopen(path, "re");
    OWNED(free_memory) char *line = NULL;
    size_t space = 0;

    if (!file)
        return errno == ENOENT || error_set(why, ERROR_SYSTEM, "%s: %m", path);
    while (getline(&line, &space, file) >= 0)
        if (local->count >= LINES_MOST || !line_add(local, line))
            return error_set(why, ERROR_SYSTEM, "%s is too much to hold", path);
    return !ferror(file) || error_set(why, ERROR_SYSTEM, "%s: %m", path);
}

static int name_order(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

static int id_order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

bool local_read(const char *passwd, const char *group, struct local **read, struct error *why)
{
    OWNED(release_local) struct local *local = calloc(1, sizeof *local);

    if (!local)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!file_add(local, passwd, why) || !file_add(local, group, why))
        return false;
    if (local->count) {
        qsort(local->names, local->count, sizeof *local->names, name_order);
        qsort(local->ids, local->count, sizeof *local->ids, id_order);
    }
    *read = OWN_TAKE(local);
    return true;
}

void local_release(struct local *local)
{
    if (!local)
        return;
    for (size_t i = 0; i < local->count; i++)
        free(local->names[i]);
    free(local->names);
    free(local->ids);
    free(local);
}

bool local_has_name(const struct local *local, const char *name)
{
    return local->count &&
           bsearch(&name, local->names, local->count, sizeof *local->names, name_order);
}

bool local_has_id(const struct local *local, uint32_t id)
{
    return local->count && bsearch(&id, local->ids, local->count, sizeof *local->ids, id_order);
}

/* ABSENT: it is another's, or has no number. */
static enum lookup gid_of_line(char *line, const char *name, uint32_t *gid)
{
    char *rest = line + strspn(line, " \t"), *field = strsep(&rest, ":\n");
    unsigned long long id;

    if (strcmp(field, name) != 0 || !rest)
        return LOOKUP_ABSENT;
    strsep(&rest, ":\n");
    field = rest ? strsep(&rest, ":\n") : NULL;
    if (!field || !text_number(field, 0, UINT32_MAX - 1, &id))
        return LOOKUP_ABSENT;
    *gid = (uint32_t)id;
    return LOOKUP_FOUND;
}

enum lookup local_group_gid(const char *group, const char *name, uint32_t *gid, struct error *why)
{
    OWNED(close_file) FILE *file = fopen(group, "re");
    OWNED(free_memory) char *line = NULL;
    size_t space = 0;

    while (file && getline(&line, &space, file) >= 0)
        if (gid_of_line(line, name, gid) == LOOKUP_FOUND)
            return LOOKUP_FOUND;
    if (file && !ferror(file))
        return LOOKUP_ABSENT;
    error_set(why, ERROR_SYSTEM, "%s: %m", group);
    return LOOKUP_UNAVAILABLE;
}
