/* SPDX-License-Identifier: MIT */
#include "command/command.h"
static int run(const struct command *command, int count, char **arguments)
{
    (void)count;
    (void)arguments;
    return command_misused(command, "x");
}
const struct command command_store = {
    .name = "store", .does = "", .synopsis = "", .help = "", .run = run};
