/* SPDX-License-Identifier: MIT */
/* What stands behind the module's name in a PAM service file. */
#pragma once

#include <security/pam_modules.h>
#include <stdbool.h>

struct options {
    bool debug;
    bool use_first_pass; /* never ask for the first secret: take PAM_AUTHTOK or fail */
    bool try_first_pass; /* take PAM_AUTHTOK where there is one, else ask */
    bool use_authtok;    /* never ask for a new secret: take PAM_AUTHTOK or fail */
    bool nodelay;        /* no pause after a failure */
};

/* A word that means nothing is logged and otherwise ignored: a slip must not lock everybody out. */
struct options options_read(pam_handle_t *pam, int count, const char **words);
