/* SPDX-License-Identifier: MIT */
/* Everybody who is remembered, brought in or given out as lines of JSON. */
#include "base/own.h"
#include "command/command.h"
#include "command/lines.h"
#include "command/people_import.h"
#include "command/people_line.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>

OWN_DEFINE(store_owned, struct store, store_close);
OWN_DEFINE(export_owned, struct store_export, store_export_release);

static int failed(const char *what, const struct error *why)
{
    fprintf(stderr, "latchkey people %s: %s\n", what, why->text);
    return EXIT_HOST;
}

/* As the caller, before root is given up: what he can read he may import. */
static int open_input(const char *file, struct error *why)
{
    int fd = strcmp(file, "-") == 0 ? fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3)
                                    : open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY);

    if (fd < 0)
        error_set(why, ERROR_SYSTEM, "%s: %s", file, strerror(errno));
    return fd;
}

static int import(const char *file, const struct import_wishes *wishes)
{
    OWNED(host_release) struct host host = HOST_CLOSED;
    struct error why = {0};
    OWNED(close_fd) int given = open_input(file, &why);
    OWNED(close_fd) int fd = -1;

    if (given < 0 || !host_open_long(&host, &why))
        return failed("import", &why);
    fd = lines_seekable(given, PRIVATE_DIR, &why);
    if (fd < 0)
        return failed("import", &why);
    return people_import(&host, fd, wishes);
}

static int run_import(const struct command *command, int count, char **arguments)
{
    struct import_wishes wishes = {.keep_going = false};
    const char *file = NULL;

    for (int i = 2; i < count; i++) {
        const char *word = arguments[i];

        if (strcmp(word, "--keep-going") == 0)
            wishes.keep_going = true;
        else if (strcmp(word, "--json") == 0)
            wishes.json = true;
        else if ((*word == '-' && word[1]) || file)
            return command_misused(command, "import: \"%s\" is too much", word);
        else
            file = word;
    }
    return file ? import(file, &wishes)
                : command_misused(command, "import: a file is missing, or - for standard input");
}

/* Whoever takes an export for a copy of everything must hear that it is not. */
static bool tell_unclaimed(struct store_export *export, struct error *why)
{
    size_t count;

    if (!store_export_unclaimed(export, &count, why))
        return false;
    if (count)
        fprintf(stderr,
                "latchkey people export: left out: %zu who were recovered from a snapshot and have "
                "not signed in since\n",
                count);
    return true;
}

static bool export_all(struct store *store, struct error *why)
{
    OWNED(free_memory) struct exported_group *groups = calloc(GROUPS_MOST, sizeof *groups);
    OWNED(export_owned) struct store_export *export = NULL;
    struct exported_person person;
    enum lookup lookup;

    if (!groups)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!store_export_begin(store, &export, why))
        return false;
    while ((lookup = store_export_next(export, groups, &person, why)) == LOOKUP_FOUND)
        if (!people_line_print(&person))
            return error_set(why, ERROR_SYSTEM, "%s cannot be written as a line", person.name);
    return lookup == LOOKUP_ABSENT && tell_unclaimed(export, why);
}

static int export(void)
{
    OWNED(store_owned) struct store *store = NULL;
    struct error why = {0};

    if (!host_become_owner(true, &why) || !store_open(PRIVATE_DIR, &store, &why) ||
        !export_all(store, &why))
        return failed("export", &why);
    return EXIT_GOOD;
}

static int run(const struct command *command, int count, char **arguments)
{
    if (count < 2)
        return command_misused(command, "import or export is missing");
    if (strcmp(arguments[1], "import") == 0)
        return run_import(command, count, arguments);
    if (strcmp(arguments[1], "export") != 0)
        return command_misused(command, "there is no people %s", arguments[1]);
    return count == 2 ? export() : command_misused(command, "nothing may follow export");
}

const struct command command_people = {
    .name = "people",
    .does = "bring in many people at once, or list those who are remembered",
    .synopsis = "import [--keep-going] [--json] FILE | export",
    .help = "import  Records the people of FILE (- is standard input), one JSON object in each\n"
            "        line: name, object_id, and if wanted tenant, gecos, home, shell, groups (a\n"
            "        list of {object_id, name}). Names and ids are those that a sign-in would\n"
            "        give. Nobody can sign in offline by being imported. May be run again.\n"
            "        --keep-going  leave bad lines out; else the first one stops it, before\n"
            "                      anything is changed\n"
            "        --json        for programs: an object of new, changed, same, bad, published\n"
            "export  Writes such lines about everybody. Holds no secrets.\n\n"
            "exit status: 0 done, 1 there were bad lines, 2 wrong use, 3 this host is at fault",
    .run = run,
};
