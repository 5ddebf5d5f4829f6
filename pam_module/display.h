/* SPDX-License-Identifier: MIT */
/* Makes a text from the helper harmless to any terminal, whatever the helper has become. */
#pragma once

/*
 * In place. Kept: printable UTF-8, line ends, tabs. Everything else becomes
 * '?': control characters (C0, DEL, C1), what reorders or hides text, and
 * every byte that is not part of well-formed UTF-8.
 */
void display_clean(char *text) __attribute__((nonnull));
