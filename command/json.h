/* SPDX-License-Identifier: MIT */
/* JSON (RFC 8259) on standard output, for programs that read what a command says. */
#pragma once

/* `text` as a JSON string; bytes that are not printable ASCII are escaped as U+0000 to U+00FF. */
void json_print(const char *text);
