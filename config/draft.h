/* SPDX-License-Identifier: MIT */
/* A configuration on its way from several files. Private to config/. */
#pragma once

#include "config/config.h"

#define CONFIG_SETTINGS_MOST 64

struct draft {
    struct config *config;
    bool given[CONFIG_SETTINGS_MOST]; /* by any file so far */
};

struct config *config_new(void); /* NULL: out of memory */

/* Adds the settings of one text. `origin` is its name in complaints. */
bool draft_read(struct draft *draft, const char *text, const char *origin, struct error *why);
/* Fills in what was not given; complains about what must be. */
bool draft_finish(struct draft *draft, const char *origin, struct error *why);

static inline void draft_release(struct draft *draft)
{
    config_release(draft->config);
}
