/* SPDX-License-Identifier: MIT */
/*
 * Refusals that the store could not take, because its disk is read-only or full: one
 * small file a person under the runtime folder. Whoever has one there is treated as
 * refused until an acceptance has been recorded in the store.
 */
#pragma once

#include "base/error.h"
#include "cache/person.h"

/*
 * `folder` is open, or -1 where there is none: nothing can be kept then, and nothing is found. If
 * there is one already, refused_worse of both is kept.
 */
bool refusal_note_keep(int folder, uint32_t uid, enum refused refused, struct error *why);
/* REFUSED_NOT when there is none. What cannot be read counts as a refusal. */
enum refused refusal_note_read(int folder, uint32_t uid);
void refusal_note_drop(int folder, uint32_t uid);
