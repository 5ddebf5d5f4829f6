/* SPDX-License-Identifier: MIT */
/* latchkey: what an administrator, or a timer, wants to know or to have done. See latchkey(8). */
#include "base/own.h"
#include "command/command.h"
#include "login/link.h"

#include <stdarg.h>

static const struct command *const commands[] = {
    &command_config, &command_people, &command_probe, &command_snapshot, &command_store, NULL,
};

#define CODES_LINE 256 /* two file names */

#ifndef VERSION
#define VERSION "unknown"
#endif

static const struct command *find(const char *name)
{
    const struct command *const *command = commands;

    while (*command && strcmp((*command)->name, name) != 0)
        command++;
    return *command;
}

static int help(void)
{
    puts("usage: latchkey COMMAND [OPTION ...]\n"
         "       latchkey COMMAND --help\n"
         "       latchkey --help | --version\n\n"
         "commands:");
    for (const struct command *const *command = commands; *command; command++)
        printf("  %-10s %s\n", (*command)->name, (*command)->does);
    return EXIT_GOOD;
}

static int help_about(const struct command *command)
{
    printf("usage: latchkey %s%s%s\n\n%s\n", command->name, *command->synopsis ? " " : "",
           command->synopsis, command->help);
    return EXIT_GOOD;
}

static int version(void)
{
    char codes[CODES_LINE];

    link_describe_codes(codes, sizeof codes);
    printf("latchkey %s\ncodes %s\n", VERSION, codes);
    return EXIT_GOOD;
}

int command_misused(const struct command *command, const char *format, ...)
{
    va_list values;

    fprintf(stderr, "latchkey %s: ", command->name);
    va_start(values, format);
    vfprintf(stderr, format, values);
    va_end(values);
    fprintf(stderr, "; see latchkey %s --help\n", command->name);
    return EXIT_USAGE;
}

static int run(const struct command *command, int count, char **arguments)
{
    for (int i = 1; i < count; i++)
        if (strcmp(arguments[i], "--help") == 0)
            return help_about(command);
    return command->run(command, count, arguments);
}

static int misused(const char *what, const char *word)
{
    fprintf(stderr, "latchkey: %s \"%s\"; see latchkey --help\n", what, word);
    return EXIT_USAGE;
}

static int choose(int count, char **arguments)
{
    const struct command *command;

    if (count < 2) {
        fputs("latchkey: a command is missing; see latchkey --help\n", stderr);
        return EXIT_USAGE;
    }
    command = find(arguments[1]);
    if (command)
        return run(command, count - 1, arguments + 1);
    if (*arguments[1] != '-')
        return misused("there is no command", arguments[1]);
    if (strcmp(arguments[1], "--help") == 0 && count == 2)
        return help();
    if (strcmp(arguments[1], "--version") == 0 && count == 2)
        return version();
    return count == 2 ? misused("there is no option", arguments[1])
                      : misused("nothing may follow", arguments[1]);
}

/* What could not be written was not said: a full disk must not look like good news. */
int main(int count, char **arguments)
{
    int status = choose(count, arguments);

    if (fflush(stdout) == 0 && !ferror(stdout))
        return status;
    perror("latchkey: standard output");
    return status ? status : EXIT_HOST;
}
