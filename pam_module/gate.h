/* SPDX-License-Identifier: MIT */
/*
 * Whose sign-in is ours to judge, decided without asking anybody who could
 * lie: a helper that always says yes must not let root or a local user in.
 */
#pragma once

#include "base/error.h"
#include "cache/name.h"

enum gate {
    GATE_FAILED,      /* zero: could not be decided, `why` is filled */
    GATE_NOT_OURS,    /* root, a local user, somebody else's uid, or no name that we would give */
    GATE_UNKNOWN,     /* may be ours, but nobody has this name on this machine yet */
    GATE_UNAVAILABLE, /* may be ours, but a source of names cannot say */
    /* The name has a uid inside our window, and that uid has no name or another one: sshd is told
     * of people before they are enrolled (nss_latchkey(8)). */
    GATE_PROMISED,
    GATE_KNOWN /* name and uid lead to each other */
};

/* Before the helper is asked, and again before its ADMIT is believed: that takes GATE_KNOWN. */
enum gate gate_ask(const char *name, struct error *why) __attribute__((nonnull));

/*
 * True when `name` is ours but for its spelling: capital letters, or the domain behind a name that is
 * short on this host. `right` is then how it is written here.
 */
bool gate_spelling(const char *name, char right[NAME_MOST + 1]) __attribute__((nonnull));
