/* SPDX-License-Identifier: MIT */
/*
 * Base64 with the URL alphabet and without padding (RFC 4648 5, RFC 7515 2).
 * Strict: one text stands for each sequence of bytes, so that a token cannot be
 * spelled in two ways. Padding, white space, the characters of plain base64 and
 * last bits that are not zero are refused.
 */
#pragma once

#include "base/buffer.h"

/* Appends what `text` stands for. False, and `out` unchanged, when it is not strict or does not fit. */
bool base64url_decode(const char *text, size_t length, struct buffer *out);
