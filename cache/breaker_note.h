/* SPDX-License-Identifier: MIT */
/*
 * Breakers that the store could not take, because its disk is read-only or full or others kept it
 * locked: one small file each, `breaker-NAME`, in the runtime folder. A damaged one is none.
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
bool breaker_equal(const struct breaker *one, const struct breaker *other);

struct breaker_note {
    struct breaker breaker;
    bool row_known;     /* else it holds only what has happened since it was made */
    struct breaker row; /* of the store, with which it was made */
};
/*
 * What a note and the store's row say together. The note alone as long as the row is the one it
 * was made with; else somebody has changed that meanwhile, or nobody could read it, and of both
 * the worse counts: no Retry-After is lost. One failure in a row that nobody could read, and one
 * in the note, are two.
 */
struct breaker breaker_note_over(const struct breaker_note *note, const struct breaker *row);

/* `folder` may be -1: nothing is found then. False: there is no note. Takes no lock. */
bool breaker_note_read(int folder, const char *name, struct breaker_note *note);
/* Whether any note, taken alone, says that there is an outage. */
bool breaker_notes_tell_outage(int folder, time_t now);

/*
 * The note, locked until the descriptor is closed (close_fd); `make`: also if there was none. -1
 * and `errno` EAGAIN: another process has it; else there is none that counts. The kernel ends the
 * lock with the process.
 */
int breaker_note_lock(int folder, const char *name, bool make, const struct deadline *deadline,
                      struct error *why);
/* Of a note that is locked. */
bool breaker_note_load(int fd, struct breaker_note *note); /* false: just made, or damaged */
bool breaker_note_save(int fd, const struct breaker_note *note, struct error *why);
void breaker_note_drop(int folder, const char *name);
