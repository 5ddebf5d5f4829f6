/* SPDX-License-Identifier: MIT */
/*
 * Where a domain's passwords are checked (INF-6; platform.md 2.1, 5.9): whoever is federated has
 * them checked elsewhere, and is never to be asked for one here. Asked about somebody who is new
 * to this host, before the password is sent, at most once a day for a domain.
 */
#pragma once

#include "platform/platform_internal.h"

#define REALM_FRESH_SECONDS (24L * 60 * 60)
#define REALM_BODY_MOST     (64u << 10)

enum realm {
    REALM_UNKNOWN,   /* nobody could say: `why` */
    REALM_FEDERATED, /* no password may be sent */
    REALM_MANAGED    /* one may; as where the platform has no such thing as realms */
};

/*
 * For `attempt->name`, before its password grant. Who has an object id was let in with a password
 * before: what is kept is enough then, and nobody is asked.
 */
enum realm realm_find(const struct attempt *attempt, struct error *why);

/* What a response says. A kind that is not known counts as managed: the grant will tell. */
enum realm realm_read(const char *body, size_t length, struct error *why);
