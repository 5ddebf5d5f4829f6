/* SPDX-License-Identifier: MIT */
/* What a person reads who signs in with a device code. A part of login/words.c. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct code_words {
    const char *name, *host, *service;
    const char *remote_host; /* empty: none */
    const char *uri, *user_code;
    unsigned seconds; /* left */
    bool one_line;    /* there is room for a sentence only */
};

#define WORDS_CODE_BYTES 3072 /* enough for all of it, and for one frame */

/* All that has to be known; a QR code is a convenience. */
void words_of_code(const struct code_words *words, char out[static WORDS_CODE_BYTES]);
