/* SPDX-License-Identifier: MIT */
#include "login/compare.h"

#include <errno.h>

static void *compute(void *context)
{
    struct compare *compare = context;
    bool right = false;

    compare->local = LOCAL_WRONG;
    compare->failed = false;
    if (!verifier_check(compare->key, compare->slots, compare->secret, compare->verifier,
                        compare->deadline, &right, &compare->why))
        compare->failed = true;
    else if (!*compare->verifier)
        compare->local = LOCAL_UNKNOWN;
    else if (right)
        compare->local = LOCAL_RIGHT;
    sem_post(&compare->moved);
    return NULL;
}

static void note_slot(void *context)
{
    struct compare *compare = context;

    sem_post(&compare->moved);
}

static void tell_computing(void *talk)
{
    talk_wait(talk, COMPARE_COMPUTE_MS);
}

static void tell_queue(struct talk *talk, const struct deadline *deadline)
{
    talk_wait(talk, deadline_left_ms(deadline) + COMPARE_COMPUTE_MS);
}

void compare_tell(struct talk *talk, struct kdf_slots *slots, const struct deadline *deadline)
{
    tell_queue(talk, deadline);
    kdf_slots_tell(slots, tell_computing, talk);
}

void compare_begin(struct compare *compare)
{
    sem_init(&compare->moved, 0, 0);
    kdf_slots_tell(compare->slots, note_slot, compare);
    compare->threaded = pthread_create(&compare->thread, NULL, compute, compare) == 0;
    if (compare->threaded)
        return;
    compare_tell(compare->talk, compare->slots, compare->deadline);
    compute(compare);
}

/* Waits until a slot is held, or it is over. */
static void await_slot(struct compare *compare)
{
    if (sem_trywait(&compare->moved) == 0)
        return;
    tell_queue(compare->talk, compare->deadline);
    while (sem_wait(&compare->moved) != 0 && errno == EINTR)
        ;
}

enum local compare_end(struct compare *compare)
{
    if (compare->threaded && pthread_tryjoin_np(compare->thread, NULL) != 0) {
        await_slot(compare);
        tell_computing(compare->talk);
        pthread_join(compare->thread, NULL);
    }
    compare->threaded = false;
    kdf_slots_tell(compare->slots, NULL, NULL);
    return compare->local;
}
