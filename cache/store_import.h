/* SPDX-License-Identifier: MIT */
/*
 * Many people at once, by the rules, the names and the ids of a sign-in that the platform accepted,
 * but without a secret: nobody can sign in offline by having been imported. What is remembered of a
 * person otherwise (verifier, token, refusals, times) stays as it is.
 */
#pragma once

#include "cache/store.h"

struct imported_group {
    const char *object_id;
    const char *name; /* NULL: the one that a sign-in would give it */
};

struct imported_person {
    struct account account;
    const char *name, *home, *shell;
    const char *gecos; /* NULL: as it was; of somebody new, empty */
    const struct imported_group *groups;
    size_t group_count;
    bool has_groups; /* else the groups stay as they were */
    bool moves;      /* to `home`, also if known: else that is for somebody new */
};

enum import_effect { IMPORT_REFUSED, IMPORT_SAME, IMPORT_CHANGED, IMPORT_NEW };

struct import_row {
    struct imported_person person; /* borrowed texts */
    enum import_effect effect;     /* what came of it */
    struct error why;              /* of IMPORT_REFUSED */
};

struct store_import;
bool store_import_begin(struct store *store, struct store_import **begun, struct error *why);
void store_import_release(struct store_import *import); /* accepts NULL */

/* What is wrong with a person by itself and beside what is stored; records nothing. */
bool store_import_check(struct store_import *import, const struct imported_person *person,
                        struct error *why);
/*
 * Records the rows in one transaction; one that cannot be is left out and says why. No lock is
 * held while other sources of names are asked. False: none of these rows was recorded.
 */
bool store_import_rows(struct store_import *import, struct import_row *rows, size_t count,
                       time_t now, struct error *why);
/* Whether a publication is due, for this import or for an earlier one that did not get so far. */
bool store_import_waits(struct store_import *import, bool *waits, struct error *why);
