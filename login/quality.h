/* SPDX-License-Identifier: MIT */
/*
 * Whether a passphrase is hard enough to guess by the host's own rules: pwquality.conf(5), with its
 * dictionary. May ask the sources of names, and take as long as those do.
 */
#pragma once

#include "base/error.h"

#define QUALITY_HINT_MOST 255

enum quality {
    QUALITY_UNKNOWN, /* zero: the rules, or the dictionary, cannot be read: `why` */
    QUALITY_POOR,    /* `hint` is a sentence about what is wrong with it */
    QUALITY_GOOD
};

/*
 * `rules` NULL: /etc/security/pwquality.conf and what stands beside it. `old` may be NULL; `name` is
 * how the person is called here.
 */
enum quality quality_check(const char *rules, const char *secret, const char *old, const char *name,
                           char hint[QUALITY_HINT_MOST + 1], struct error *why);
