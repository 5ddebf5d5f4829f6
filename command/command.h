/* SPDX-License-Identifier: MIT */
/*
 * The commands of the tool: each is a file of its own, a row of the table in main.c and a section
 * of latchkey(8).
 */
#pragma once

enum {
    EXIT_GOOD,
    EXIT_NOT_SO, /* the answer is no: what that means is up to the command */
    EXIT_USAGE,  /* not called as its --help says */
    EXIT_HOST    /* this host is at fault: its configuration, or what it remembers */
};

struct command {
    const char *name;
    const char *does;     /* a few words for the list of commands */
    const char *synopsis; /* what may follow its name */
    const char *help;     /* what its options do, and its exit status; lines */
    /* `arguments` begins with its name. The exit status. */
    int (*run)(const struct command *command, int count, char **arguments);
};

extern const struct command command_config;
extern const struct command command_people;
extern const struct command command_probe;
extern const struct command command_snapshot;
extern const struct command command_store;

/* Says on standard error what is wrong with the call; EXIT_USAGE. */
int command_misused(const struct command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
