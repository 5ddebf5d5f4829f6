/* SPDX-License-Identifier: MIT */
/*
 * Breakers that the store could not take, because its disk is read-only or full or others kept it
 * locked: one small file each, `breaker-NAME`, in the runtime folder. While there is a note it
 * counts instead of the store's row. A damaged one is a breaker that is closed.
 */
#pragma once

#include "base/breaker.h"
#include "base/clock.h"
#include "base/error.h"

/* A breaker as numbers, in the order of struct breaker: how it is kept anywhere. */
#define BREAKER_FIELDS 8
void breaker_to_fields(const struct breaker *breaker, int64_t fields[static BREAKER_FIELDS]);
/* Numbers that no breaker has are a closed one. */
void breaker_from_fields(const int64_t fields[static BREAKER_FIELDS], struct breaker *breaker);

/* `folder` may be -1: nothing is found then. False: there is no note. Takes no lock. */
bool breaker_note_read(int folder, const char *name, struct breaker *breaker);
/* Whether any note says that there is an outage. */
bool breaker_notes_tell_outage(int folder, time_t now);

/*
 * The note, locked until the descriptor is closed (close_fd); `make`: also if there was none. -1
 * and `errno` EAGAIN: another process has it; else there is none that counts. The kernel ends the
 * lock with the process.
 */
int breaker_note_lock(int folder, const char *name, bool make, const struct deadline *deadline,
                      struct error *why);
/* Of a note that is locked. */
bool breaker_note_load(int note, struct breaker *breaker); /* false: it was just made */
bool breaker_note_save(int note, const struct breaker *breaker, struct error *why);
void breaker_note_drop(int folder, const char *name);
