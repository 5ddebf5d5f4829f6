/* SPDX-License-Identifier: MIT */
/* QR codes in text. Pure: text in, text out. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define QR_COLUMNS_MOST 48 /* and half as many lines: what a console of 80 x 25 shows at once */
#define QR_BYTES        (QR_COLUMNS_MOST * QR_COLUMNS_MOST * 2) /* ample for 3 bytes per block */

/*
 * Draws `text` into `out` (QR_BYTES) with blocks of half a line, light ones written: for terminals
 * that are dark, as most; programs that read codes take both. Lines end in \n, but for the last.
 * False when it does not fit: `out` is untouched.
 */
bool qr_draw(const char *text, char *out);
