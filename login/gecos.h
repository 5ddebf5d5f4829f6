/* SPDX-License-Identifier: MIT */
/* A person's full name as the directory has it, made fit for a passwd entry and a terminal. */
#pragma once

#include <stddef.h>

/*
 * Leaves out what would break a line of passwd(5) or move a cursor: colons, commas,
 * control characters, marks that change the direction of text. `text` is UTF-8;
 * what does not fit `size` bytes is cut between characters.
 */
void gecos_clean(const char *text, char *out, size_t size);
