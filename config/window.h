/* SPDX-License-Identifier: MIT */
/* The window of ids as the configuration says it. Private to config/. */
#pragma once

#include "config/config.h"

/* Remembers where one of its two settings was given. Any other setting is ignored. */
void window_note(struct config *config, const char *setting, const char *origin, unsigned line);
/* Whether systemd and Debian leave it free. ERROR_CONFIG, with file and line. */
bool window_check(const struct config *config, struct error *why);
/*
 * Lets this process go by the window that is in force: what `latchkey config apply` has written to
 * NSS_CONF_FILE. As long as `config` says another one, no ids are given to new people.
 */
void window_put_in_force(const struct config *config);
