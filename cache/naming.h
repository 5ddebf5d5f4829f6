/* SPDX-License-Identifier: MIT */
/*
 * How the people of this host are called, as root's nss.conf (latchkey-nss.conf(5)) says: everybody
 * who turns a typed name into a person, or a person into a Unix name, goes by that one file, so
 * that a change of latchkey.conf counts for all of them at once, when `latchkey config apply` is run.
 *
 * The store knows people by their full names, always; a short name is a way to show one.
 * libc only: the PAM module asks here too.
 */
#pragma once

#include "base/error.h"
#include "cache/name.h"

struct naming {
    enum names names;
    char domain[DOMAIN_MOST + 1]; /* with short names: the only one; else empty */
};

/*
 * Full names when there is no such file. False: it cannot be told, because the file cannot be read
 * now (ERROR_SYSTEM) or is not fit to be believed (ERROR_CONFIG): processes that read it before go on
 * by what it said, so nobody may take it for no word at all.
 */
bool naming_read(struct naming *naming, struct error *why);

/* Tells one domain of short names from another in a snapshot; 0 with full names, and only then. */
uint32_t naming_mark(const struct naming *naming);

/* The Unix name of the person with this full name; false: there is none for it on this host. */
bool naming_shown(const struct naming *naming, const char *full, char shown[NAME_MOST + 1]);

/* The full name of the person whose Unix name this is or would be; false: it cannot be one. */
bool naming_full(const struct naming *naming, const char *shown, char full[NAME_MOST + 1]);
