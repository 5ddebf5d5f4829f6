/* SPDX-License-Identifier: MIT */
/* A person as one line of JSON, as `latchkey people import` takes it and `export` gives it. */
#pragma once

#include "cache/store_export.h"
#include "cache/store_import.h"
#include "config/config.h"

/* What a line need not say. */
struct line_presets {
    const struct config *config;
    struct account of; /* issuer and tenant of this host; empty issuer: not known */
};

/* What was read, and what `person` borrows from. */
struct people_line {
    struct imported_person person;
    char gecos[GECOS_MOST + 1], home[PATH_TEXT_MOST + 1];
    struct imported_group *groups;
    void *document;
};

/* ERROR_MALFORMED or ERROR_REFUSED, with the cure. `line` starts zeroed and is to be released. */
bool people_line_read(const char *text, size_t length, const struct line_presets *presets,
                      struct people_line *line, struct error *why);
void people_line_release(struct people_line *line);

/* On standard output; false: something in it is not text. */
bool people_line_print(const struct exported_person *person);
