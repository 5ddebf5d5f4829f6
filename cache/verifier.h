/* SPDX-License-Identifier: MIT */
/*
 * What lets us check a typed secret without the platform: yescrypt by crypt_r(3)
 * over base64(HMAC(host key, secret)). The text names its own cost. The number
 * of computations at once on this host is bounded by slots, because each takes
 * 64 MiB; whoever finds none waits until a deadline.
 */
#pragma once

#include "base/clock.h"
#include "cache/person.h"
#include "cache/secret.h"

#ifndef VERIFIER_COST
#define VERIFIER_COST 7 /* yescrypt's "cost" of 64 MiB */
#endif

/*
 * Bounds the computations of all processes. `folder` holds the slot file and must be writable
 * (under /run where the disk is not), else ERROR_SYSTEM; `slots` of 1 to 64. One per thread
 * and process: what is inherited by fork(2) shares its slots instead of competing for them.
 */
struct kdf_slots;
bool kdf_slots_open(int folder, unsigned slots, struct kdf_slots **opened, struct error *why);
/* As many as processors, at least 1 and at most 64. */
unsigned kdf_slots_of_this_host(void);
void kdf_slots_close(struct kdf_slots *slots); /* accepts NULL */
/* `held` is called, by the thread that computes, whenever it has found a slot. NULL: nobody is. */
void kdf_slots_tell(struct kdf_slots *slots, void (*held)(void *context), void *context);

bool verifier_make(const struct host_key *key, struct kdf_slots *slots, const char *secret,
                   unsigned cost, const struct deadline *deadline, char out[VERIFIER_MOST + 1],
                   struct error *why);

/*
 * `*right` says whether `secret` is the one. An empty verifier, an empty secret or a
 * malformed verifier is never right, and takes as long as any other: the caller may
 * pass "" for people that do not exist. False only when it could not be computed
 * (memory, no slot before the deadline).
 */
bool verifier_check(const struct host_key *key, struct kdf_slots *slots, const char *secret,
                    const char *verifier, const struct deadline *deadline, bool *right,
                    struct error *why);

/* True when `verifier` was made with a lower cost than `cost`. */
bool verifier_is_weak(const char *verifier, unsigned cost);
