/* SPDX-License-Identifier: MIT */
/*
 * The access token that came with a person's last acceptance, for questions to the platform's
 * directory (platform.md CA-6 to CA-9). It is opaque, kept sealed beside the refresh token, and
 * goes whenever that goes.
 */
#pragma once

#include "cache/store.h"

enum access {
    ACCESS_NONE,   /* zero: there is none, or none that may be used now */
    ACCESS_USABLE, /* no other one is due */
    ACCESS_DUE     /* another one is due; until that has come, or this one's end, it may be used */
};

/*
 * `token` is owned by the caller, to be wiped (free_secret), and untouched on ACCESS_NONE. Nobody
 * who is refused has one, and none is of use before the time it was kept at: the clock was set
 * back, and nobody can tell how old it is. `why` is filled when it could not be read.
 */
enum access store_access_token(struct store *store, const struct person *person, time_t now,
                               char **token, struct error *why);
