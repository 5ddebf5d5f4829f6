/* SPDX-License-Identifier: MIT */
/*
 * The one way JSON (RFC 8259) comes in: strict and bounded. A name that occurs
 * twice in one object, NUL in any spelling, bytes after the end, a wrong encoding,
 * more bytes or deeper nesting than allowed: the whole document is refused.
 * Complaints (ERROR_MALFORMED) hold nothing of what was read. What jansson kept of it is wiped
 * when it is released.
 */
#pragma once

#include "base/error.h"

#include <jansson.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_DEPTH_MOST 32
#define JSON_INTEGER_MOST \
    ((INT64_C(1) << 53) - 1) /* what every JSON reader agrees upon, RFC 8259 6 */

/* The document must be an object; the caller owns it (json_auto_t). `most` bounds its bytes. */
bool json_read(const char *text, size_t length, size_t most, json_t **object, struct error *why);

/*
 * Members of an object. A text has 1 to `most` bytes and is borrowed from the
 * object; a number is an integer within [least, most]: 1.0, 1e3 and "1" are not.
 * The `_if_any` forms leave the output alone when there is no such member; a member
 * of another type, null too, is an error for both.
 */
bool json_text(const json_t *object, const char *name, size_t most, const char **text,
               struct error *why);
bool json_text_if_any(const json_t *object, const char *name, size_t most, const char **text,
                      struct error *why);
bool json_number(const json_t *object, const char *name, int64_t least, int64_t most,
                 int64_t *number, struct error *why);
bool json_number_if_any(const json_t *object, const char *name, int64_t least, int64_t most,
                        int64_t *number, struct error *why);
