/* SPDX-License-Identifier: MIT */
/*
 * One setting, by its row in the table of all that there are: config_setting_name says what a row
 * is called. Private to config/.
 */
#pragma once

#include "config/config.h"

bool setting_find(const char *name, size_t *index);
bool setting_is_list(size_t index);
/* Empties a list, which then takes its entries anew. */
void setting_begin_anew(size_t index, struct config *config);
/* Adds to a list; any other setting gets this value. ERROR_CONFIG, without file and line. */
bool setting_store(size_t index, const char *value, struct config *config, struct error *why);
/* What holds when it is not given, `config->issuer` being known; NULL: it must be given. */
const char *setting_preset(size_t index, const struct config *config);
