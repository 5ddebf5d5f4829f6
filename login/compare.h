/* SPDX-License-Identifier: MIT */
/*
 * The local half of a sign-in: the typed secret against the verifier, computed
 * beside the network. Without a verifier the same work is done for nothing, so
 * that nobody learns from the time whether a person is known here.
 */
#pragma once

#include "cache/secret.h"
#include "cache/verifier.h"
#include "login/policy.h"
#include "login/talk.h"

#include <pthread.h>
#include <semaphore.h>

#define COMPARE_SLOTS_MS   30000 /* for free slots, all together */
#define COMPARE_COMPUTE_MS 5000  /* to compute once, after the wait for a slot, on a busy machine */

struct compare {
    const struct host_key *key;
    struct kdf_slots *slots;
    const char *secret;
    char verifier[VERIFIER_MOST + 1]; /* its own copy; empty: nothing is known */
    const struct deadline *deadline;
    struct talk *talk; /* is told when this is what the module waits for */
    enum local local;
    bool failed; /* could not be computed: `why`; `local` is then LOCAL_WRONG */
    struct error why;
    bool threaded;
    pthread_t thread;
    sem_t moved; /* posted by the thread when a slot is held, and at the end */
};

/* Starts it (again), in a thread where one can be had; all that `compare` points to must stay until the end. */
void compare_begin(struct compare *compare);
/* Waits for it, and tells for how long: for a slot first, and to compute once there is one. */
enum local compare_end(struct compare *compare); /* may be called again */

/* Tells the same of what is computed next in this thread. */
void compare_tell(struct talk *talk, struct kdf_slots *slots, const struct deadline *deadline);
