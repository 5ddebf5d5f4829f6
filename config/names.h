/* SPDX-License-Identifier: MIT */
/* How people are called, as the configuration says it. Private to config/. */
#pragma once

#include "config/config.h"

/* Remembers where the setting was given. Any other setting is ignored. */
void names_note(struct config *config, const char *setting, const char *origin, unsigned line);
/* The value of the setting. ERROR_CONFIG, without file and line. */
bool names_read(const char *value, enum names *names, struct error *why);
/* Whether it goes with the domains. ERROR_CONFIG, with file and line. */
bool names_check(const struct config *config, struct error *why);
