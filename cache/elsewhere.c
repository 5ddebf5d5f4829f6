/* SPDX-License-Identifier: MIT */
#include "cache/elsewhere.h"

#include "base/own.h"
#include "cache/name.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>

#define ENTRY_MOST 16384 /* bytes that an entry may take */

static const char *const that_list[] = {"files", "systemd", "latchkey"};

static bool lists(const char *source)
{
    for (size_t i = 0; i < sizeof that_list / sizeof *that_list; i++)
        if (strcmp(source, that_list[i]) == 0)
            return true;
    return false;
}

/* Over "[NOTFOUND=return]", which may have blanks inside. */
static char *behind_action(char *rest)
{
    char *end = strchr(rest, ']');

    return end ? end + 1 : rest + strlen(rest);
}

/* `line`: "passwd: files systemd [NOTFOUND=return] # ..." */
static bool all_of_line_list(char *line)
{
    char *rest = strchr(line, ':') + 1;

    rest[strcspn(rest, "#\n")] = '\0';
    for (;;) {
        char *source = rest + strspn(rest, " \t");
        size_t length = strcspn(source, " \t[");
        char after = source[length];

        if (*source == '[') {
            rest = behind_action(source);
            continue;
        }
        source[length] = '\0';
        if (!*source)
            return true;
        if (!lists(source))
            return false;
        source[length] = after;
        rest = source + length;
    }
}

static bool is_of(const char *line, const char *database)
{
    size_t length = strlen(database);

    line += strspn(line, " \t");
    return strncmp(line, database, length) == 0 &&
           line[length + strspn(line + length, " \t")] == ':';
}

bool elsewhere_can_list(const char *nsswitch)
{
    OWNED(close_file) FILE *file = fopen(nsswitch, "re");
    OWNED(free_memory) char *line = NULL;
    size_t space = 0;
    bool can = file != NULL;

    while (can && getline(&line, &space, file) >= 0)
        if (is_of(line, "passwd") || is_of(line, "group"))
            can = all_of_line_list(line);
    return can && !ferror(file);
}

static bool add(struct elsewhere *list, uint32_t id, struct error *why)
{
    if (!id_is_ours(id))
        return true;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        uint32_t *ids = reallocarray(list->ids, room, sizeof *ids);

        if (!ids)
            return error_set(why, ERROR_SYSTEM, "no memory for the ids of other sources");
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->count++] = id;
    return true;
}

static int id_order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

bool elsewhere_list(struct elsewhere *list, struct error *why)
{
    const struct passwd *person;
    const struct group *group;
    bool good = true;

    setpwent();
    while (good && (person = getpwent()))
        good = add(list, person->pw_uid, why);
    endpwent();
    setgrent();
    while (good && (group = getgrent()))
        good = add(list, group->gr_gid, why);
    endgrent();
    if (list->count)
        qsort(list->ids, list->count, sizeof *list->ids, id_order);
    return good;
}

void elsewhere_release(struct elsewhere *list)
{
    free(list->ids);
    *list = (struct elsewhere){.ids = NULL};
}

static bool is_told(uint32_t id)
{
    char space[ENTRY_MOST];
    struct passwd person, *found_person = NULL;
    struct group group, *found_group = NULL;

    return getpwuid_r(id, &person, space, sizeof space, &found_person) == ERANGE || found_person ||
           getgrgid_r(id, &group, space, sizeof space, &found_group) == ERANGE || found_group;
}

bool elsewhere_has(const struct elsewhere *list, uint32_t id)
{
    if (!list)
        return is_told(id);
    return list->count && bsearch(&id, list->ids, list->count, sizeof *list->ids, id_order);
}
