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

static bool no_memory(struct error *why)
{
    return error_set(why, ERROR_SYSTEM, "no memory for what other sources list");
}

static bool add_id(struct elsewhere *list, uint32_t id, struct error *why)
{
    if (!id_is_ours(id))
        return true;
    if (list->count == list->room) {
        size_t room = list->room ? list->room * 2 : 256;
        uint32_t *ids = reallocarray(list->ids, room, sizeof *ids);

        if (!ids)
            return no_memory(why);
        list->ids = ids;
        list->room = room;
    }
    list->ids[list->count++] = id;
    return true;
}

static bool add_name(struct elsewhere *list, const char *name, struct error *why)
{
    if (list->name_count == list->name_room) {
        size_t room = list->name_room ? list->name_room * 2 : 256;
        char **names = reallocarray(list->names, room, sizeof *names);

        if (!names)
            return no_memory(why);
        list->names = names;
        list->name_room = room;
    }
    list->names[list->name_count] = strdup(name);
    return list->names[list->name_count] ? ++list->name_count > 0 : no_memory(why);
}

static bool add_person(struct elsewhere *list, const struct passwd *person, struct error *why)
{
    return id_is_ours(person->pw_uid) ? add_id(list, person->pw_uid, why)
                                      : add_name(list, person->pw_name, why);
}

static int id_order(const void *one, const void *other)
{
    uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

    return (a > b) - (a < b);
}

static int name_order(const void *one, const void *other)
{
    return strcmp(*(char *const *)one, *(char *const *)other);
}

bool elsewhere_list(struct elsewhere *list, struct error *why)
{
    const struct passwd *person;
    const struct group *group;
    bool good = true;

    setpwent();
    while (good && (person = getpwent()))
        good = add_person(list, person, why);
    endpwent();
    setgrent();
    while (good && (group = getgrent()))
        good = add_id(list, group->gr_gid, why);
    endgrent();
    if (list->count)
        qsort(list->ids, list->count, sizeof *list->ids, id_order);
    if (list->name_count)
        qsort(list->names, list->name_count, sizeof *list->names, name_order);
    return good;
}

void elsewhere_release(struct elsewhere *list)
{
    free(list->ids);
    for (size_t i = 0; i < list->name_count; i++)
        free(list->names[i]);
    free(list->names);
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

bool elsewhere_has_name(const struct elsewhere *list, const char *name)
{
    return list->name_count &&
           bsearch(&name, list->names, list->name_count, sizeof *list->names, name_order);
}
