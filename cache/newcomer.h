/* SPDX-License-Identifier: MIT */
/* Somebody who has no id on this host yet. */
#pragma once

#include "cache/elsewhere.h"

/*
 * Whether a person of this name may be given one. ERROR_REFUSED: another source of nsswitch.conf
 * has such a person, with a uid outside our window. ERROR_CONFIG: another window of ids has to be
 * put in force first. May block, as other sources do, unless they are listed in `list`.
 */
bool newcomer_may_come(const struct elsewhere *list, const char *name, struct error *why);
