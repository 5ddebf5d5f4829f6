/* SPDX-License-Identifier: MIT */
/* How people are called on this host, by root's word (nss_module/settings.h). */
#pragma once

#include "cache/name.h"

/* Full names where root has not said anything. */
enum names names_here(void);

/* Whether somebody of ours may be called so here. Costs next to nothing, but for the first time. */
bool may_be_a_person(const char *name);
