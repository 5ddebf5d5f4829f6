/* SPDX-License-Identifier: MIT */
#include "platform/identity.h"

void identity_release(struct identity *identity)
{
    strings_release(&identity->groups);
    *identity = (struct identity){0};
}
