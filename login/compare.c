/* SPDX-License-Identifier: MIT */
#include "login/compare.h"

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
    return NULL;
}

static void tell_wait(const struct compare *compare)
{
    talk_wait(compare->talk, deadline_left_ms(compare->deadline) + COMPARE_COMPUTE_MS);
}

void compare_begin(struct compare *compare)
{
    compare->threaded = pthread_create(&compare->thread, NULL, compute, compare) == 0;
    if (compare->threaded)
        return;
    tell_wait(compare);
    compute(compare);
}

enum local compare_end(struct compare *compare)
{
    if (compare->threaded && pthread_tryjoin_np(compare->thread, NULL) != 0) {
        tell_wait(compare);
        pthread_join(compare->thread, NULL);
    }
    compare->threaded = false;
    return compare->local;
}
