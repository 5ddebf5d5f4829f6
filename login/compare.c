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

void compare_begin(struct compare *compare)
{
    compare->threaded = pthread_create(&compare->thread, NULL, compute, compare) == 0;
    if (!compare->threaded)
        compute(compare);
}

enum local compare_end(struct compare *compare)
{
    if (compare->threaded)
        pthread_join(compare->thread, NULL);
    compare->threaded = false;
    return compare->local;
}
