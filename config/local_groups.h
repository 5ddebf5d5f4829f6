/* SPDX-License-Identifier: MIT */
/* The lines of the section [local groups]. Private to config/. */
#pragma once

#include "config/config.h"

#define LOCAL_GROUPS_SECTION "local groups"
#define LOCAL_GROUPS_SETTING "%s is a setting: move it above [" LOCAL_GROUPS_SECTION "]"

/* `name` = `object_id`: one pair more; a GUID counts in small letters. ERROR_CONFIG, without file and line. */
bool local_groups_add(struct config *config, const char *name, const char *object_id,
                      struct error *why);
