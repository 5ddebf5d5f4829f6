/* SPDX-License-Identifier: MIT */
/*
 * Which names people and groups may have, and which text may stand beside them. The one place where this is decided: the store asks here before
 * it accepts a name, the NSS and PAM modules ask here again before they believe
 * a file or a helper. libc only.
 *
 * A name is never repaired: what does not fit is refused.
 */
#pragma once

#include "cache/id_window.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NAME_MOST   255 /* bytes without the NUL: LOGIN_NAME_MAX is 256 */
#define DOMAIN_MOST 253 /* RFC 1035, without the root's dot */
#define LABEL_MOST  63

/* How people are called on this host: `names` in latchkey.conf(5). */
enum names { NAMES_FULL, NAMES_SHORT };

/* A person's full name: [a-z_][a-z0-9._-]* @ domain, lower case ASCII; `@` exactly once. */
bool name_is_person(const char *name) __attribute__((nonnull));
/* The same for `length` bytes that a NUL follows; none of them may be one. */
bool name_is_person_of(const char *name, size_t length);
/* A group's name: [a-z_][a-z0-9._-]*, no `@`. */
bool name_is_group(const char *name) __attribute__((nonnull));
/* A person's short name: as a group's, and not one that means power, for it stands alone. */
bool name_is_short(const char *name) __attribute__((nonnull));
/* A person's name on a host where people are called so. */
bool name_fits(const char *name, enum names names) __attribute__((nonnull));
/* A DNS domain as it stands behind a person's `@`: lower case labels, at least one dot. */
bool name_is_domain(const char *domain) __attribute__((nonnull));
/*
 * On the built-in list of names that mean power on a Linux system (root, sudo, docker ...).
 * Whole names are judged: `root@contoso.example` is another name than `root`, and tenants do
 * have people called mail@ or backup@. A program that cuts names at `@` would have to be told
 * our domain as its own to mistake one for the other; none that decides about power does.
 */
bool name_is_dangerous(const char *name) __attribute__((nonnull));
/* A gecos, home or shell: no control byte, no `:`; never ends an entry of passwd early. */
bool name_is_field(const char *text, size_t length) __attribute__((nonnull));
