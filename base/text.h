/* SPDX-License-Identifier: MIT */
/* Bounded work on text: copies that refuse instead of cutting, numbers, ASCII letters. libc only. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* True when `text` and its NUL fit into `size` bytes and were copied; else `out` is untouched. */
bool text_copy(char *out, size_t size, const char *text) __attribute__((nonnull));

/* The whole of `text` as a decimal number within [least, most]; `out` untouched on false. */
bool text_number(const char *text, unsigned long long least, unsigned long long most,
                 unsigned long long *out) __attribute__((nonnull));

/* Turns A-Z into a-z in place; every other byte stays, whatever the locale. */
void text_fold(char *text) __attribute__((nonnull));

/* Equal but for A-Z against a-z, whatever the locale. */
bool text_equal_folded(const char *one, const char *other) __attribute__((nonnull));

/* Replaces control bytes and bytes above 0x7e by '?', so that a log line stays one line. */
void text_printable(char *text) __attribute__((nonnull));
