/* SPDX-License-Identifier: MIT */
/*
 * When the platform's keys were last fetched because of a token with an unknown one, for a store
 * that cannot take that: one small file, `forced-keys`, in the runtime folder. Who reads and keeps
 * it has the turn to fetch; one that is damaged, or of a time to come, is none.
 */
#pragma once

#include "base/error.h"

#include <time.h>

/* 0: there is none for `url`. `folder` may be -1. */
time_t forced_note_read(int folder, const char *url);
bool forced_note_keep(int folder, const char *url, time_t forced_at, struct error *why);
