/* SPDX-License-Identifier: MIT */
/*
 * Where somebody's password is checked (INF-6; platform.md 2.1, 5.9): whoever is federated has it
 * checked elsewhere, and it is never to be sent. Two people of one domain may differ, in a staged
 * rollout: each is asked about by her own name, and nothing is kept.
 */
#pragma once

#include "platform/platform_internal.h"

#define REALM_BODY_MOST (64u << 10)

enum realm {
    REALM_UNKNOWN,   /* nobody could say: `why` */
    REALM_FEDERATED, /* no password may be sent */
    REALM_MANAGED    /* one may; as where the platform has no such thing as realms */
};

/*
 * For `attempt->name`, before its password grant. Whose password was accepted before is not asked
 * about: that was the answer.
 */
enum realm realm_find(const struct attempt *attempt, struct error *why);

/* What a response says. A kind that is not known counts as managed: the grant will tell. */
enum realm realm_read(const char *body, size_t length, struct error *why);
