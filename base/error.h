/* SPDX-License-Identifier: MIT */
/*
 * The one way a function says why it failed.
 *
 * A function that can fail returns bool and takes `struct error *why` last.
 * On false, `why` is filled and no output parameter has been touched.
 * Answers a caller expects ("no such person") are return values, not errors.
 */
#pragma once

#include <stdbool.h>

enum error_kind {
    ERROR_NONE,
    ERROR_UNREACHABLE, /* the platform did not answer: offline sign-in may be tried */
    ERROR_REFUSED,     /* the platform said no: final */
    ERROR_UNTRUSTED,   /* an answer failed verification: final, and worth an alarm */
    ERROR_MALFORMED,   /* bytes broke their format: frame, file or document */
    ERROR_CONFIG,      /* an administrator must change something */
    ERROR_SYSTEM,      /* this machine failed us: memory, disk, permission */
    ERROR_KINDS
};

struct error {
    enum error_kind kind;
    char text[240]; /* one line for the log; no secrets, not for the person signing in */
};

/* Both fill `why` and return false, so that a failure is one line: return error_set(...); */
bool error_set(struct error *why, enum error_kind kind, const char *format, ...)
    __attribute__((format(printf, 3, 4), nonnull));
/* Puts what we were doing in front of an error we pass on; the kind stays. */
bool error_context(struct error *why, const char *format, ...)
    __attribute__((format(printf, 2, 3), nonnull));

const char *error_kind_name(enum error_kind kind);
