/* SPDX-License-Identifier: MIT */
/* Settings of a systemd unit, for tests that live by its times. */
#pragma once

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* In seconds. Ends the program where the unit has none: a test of other times would show nothing. */
static inline unsigned unit_seconds(const char *file, const char *name)
{
    size_t length = strlen(name);
    char line[256];
    unsigned long found = 0;
    FILE *unit = fopen(file, "re");

    while (unit && fgets(line, sizeof line, unit))
        if (strncmp(line, name, length) == 0 && line[length] == '=')
            found = strtoul(line + length + 1, NULL, 10);
    if (unit)
        fclose(unit);
    if (found == 0 || found > 86400) {
        fprintf(stderr, "%s has no %s\n", file, name);
        exit(2);
    }
    return (unsigned)found;
}
