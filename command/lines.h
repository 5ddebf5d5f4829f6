/* SPDX-License-Identifier: MIT */
/* The lines of a file, however large, in a bounded piece of memory. */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define LINE_MOST ((size_t)1024 * 1024) /* a person in 2,000 groups needs a quarter */

struct lines {
    int fd;        /* borrowed; a regular file */
    uint64_t size; /* of the file, when it was opened */
    uint64_t at;   /* of the next line */
    size_t number; /* of this line, from 1 */
    char *buffer;  /* LINE_MOST + 1 bytes from `from` on */
    size_t have;
    uint64_t from;
};

enum line { LINES_FAILED, LINES_END, LINES_LINE, LINES_TOO_LONG };

bool lines_open(int fd, struct lines *lines, struct error *why);
/* The next line without its end; stays until the next call. */
enum line lines_next(struct lines *lines, const char **text, size_t *length, uint64_t *at,
                     struct error *why);
void lines_release(struct lines *lines);

/*
 * A descriptor of the file, or of a copy in `folder` that has no name when `file` cannot be read
 * twice, as a pipe. -1: failed.
 */
int lines_seekable(int fd, const char *folder, struct error *why);
