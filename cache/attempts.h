/* SPDX-License-Identifier: MIT */
/*
 * How often secrets may be tried. A bucket per person and per kind (local or
 * remote): 10 attempts, one more every 5 minutes, never a permanent lock.
 * An attempt is a lease taken before the secret is checked: given back on
 * success; spent on failure, and also when its holder dies. Whoever finds the
 * bucket empty only because of leases in flight waits until the deadline.
 *
 * The buckets are atomic slots of a small mapped file, `attempts`: no lock to hold, and a
 * kill at any moment cannot give an attempt back. A power cut can give back the first two: an
 * attempt that ends badly, and from the third one on each before it begins, waits for the
 * disk; a right one after at most one wrong one does not. Only time during which the machine
 * was up counts, so neither a clock that is set nor a reboot refills a bucket.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <stdint.h>

enum attempt_kind { ATTEMPT_LOCAL, ATTEMPT_REMOTE };

#define ATTEMPTS_MOST           10
#define ATTEMPTS_REFILL_SECONDS 300
#define WRONG_CHECKS_MOST       3   /* password grants with a secret that is wrong here ... */
#define WRONG_CHECKS_SECONDS    900 /* ... in any time of this length */

struct attempts;
/* `folder` is an open directory where the file lives or can be made. */
bool attempts_open(int folder, struct attempts **opened, struct error *why);
void attempts_close(struct attempts *attempts); /* accepts NULL; spends what was not given back */

/* Everybody whose name is not known here shares this bucket. */
#define ATTEMPTS_OF_STRANGERS 0u

/* One attempt of `uid`. False: used up (ERROR_REFUSED), or the file failed us (ERROR_SYSTEM). */
bool attempts_take(struct attempts *attempts, uint32_t uid, enum attempt_kind kind,
                   const struct deadline *deadline, struct error *why);
/* The attempt taken last was right: it does not count. */
void attempts_give_back(struct attempts *attempts);

/*
 * A password that is wrong here may have been changed at the platform, so it may be checked
 * there: not too often (counted per person and kind, so that guesses from afar leave the
 * console its own), and the same wrong one not twice in an hour, of whichever kind. `tag` is a
 * short keyed hash of what was typed. At most one check of a tag is under way at a time; the
 * same one reserved at the same moment elsewhere is refused, in the worst case to both.
 *
 * A reservation counts unless it is returned. Its tag is kept when it is remembered as wrong
 * and let go when not, at the next reservation or at close; a holder that was killed keeps it
 * for 90 s. So one wrong password can be sent twice only when a helper is killed between the
 * platform's answer and attempts_remember_wrong.
 */
/* False: not now. True again, at no cost, for what this handle holds already. */
bool attempts_reserve_check(struct attempts *attempts, uint32_t uid, enum attempt_kind kind,
                            uint32_t tag);
/* The reservation made last, when it is of this person and kind; else nothing. */
void attempts_return_check(struct attempts *attempts, uint32_t uid, enum attempt_kind kind);
void attempts_remember_wrong(struct attempts *attempts, uint32_t uid, uint32_t tag);
