/* SPDX-License-Identifier: MIT */
/* A list of texts that grows up to a limit given at birth. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct strings {
    char **items; /* each owned by the list */
    size_t count;
    size_t limit;
};

#define STRINGS_WITH_LIMIT(most) ((struct strings){.limit = (most)})

/* Copies `text` to the end. False when the limit or memory is reached; the list is then unchanged. */
bool strings_add(struct strings *list, const char *text);
bool strings_have(const struct strings *list, const char *text);
void strings_release(struct strings *list); /* leaves an empty list with the same limit */
