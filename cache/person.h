/* SPDX-License-Identifier: MIT */
/* A person as this machine remembers one. Open value types, copied, nothing to release. */
#pragma once

#include "cache/name.h"

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#define ISSUER_MOST    255
#define TENANT_MOST    63
#define OBJECT_ID_MOST 255
#define GECOS_MOST     127
#define PATH_TEXT_MOST 511
#define VERIFIER_MOST  383

/* Who somebody is, for good: names are only labels of this. */
struct account {
    char issuer[ISSUER_MOST + 1];
    char tenant[TENANT_MOST + 1]; /* empty where the issuer has no tenants */
    char object_id[OBJECT_ID_MOST + 1];
};

/* What a refusal by the platform left behind. Order is stored: append only. */
enum refused {
    REFUSED_NOT,      /* in good standing */
    REFUSED_PASSWORD, /* the platform refused a secret that is right here: changed elsewhere */
    REFUSED_ACCOUNT,  /* not found, removed */
    REFUSED_DISABLED,
    REFUSED_REVOKED,    /* sessions revoked; the account itself may be well */
    REFUSED_POLICY,     /* conditional access, risk, device, hours */
    REFUSED_UNASSIGNED, /* well, but not meant to use this application */
    REFUSED_KINDS
};

/*
 * What counts when a refusal comes to what was known. An old password closes least, and hides
 * nothing that was known before; of all others the newer one counts.
 */
static inline enum refused refused_worse(enum refused known, enum refused newer)
{
    if (newer == REFUSED_NOT || (newer == REFUSED_PASSWORD && known != REFUSED_NOT))
        return known;
    return newer;
}

struct person {
    uint32_t uid; /* and gid: a person's primary group is his own */
    char name[NAME_MOST + 1];
    char gecos[GECOS_MOST + 1];
    char home[PATH_TEXT_MOST + 1];
    char shell[PATH_TEXT_MOST + 1];
    struct account account;
    char verifier[VERIFIER_MOST + 1]; /* empty: no secret is known here */
    bool passphrase; /* what is typed is a local one, also when the verifier is gone: never sent */
    bool has_token;
    time_t last_online;      /* the platform last said yes about this person; 0: never */
    time_t last_password;    /* the platform last said yes to the password itself; 0: never */
    enum refused refused;    /* anything but REFUSED_NOT: offline sign-in is closed */
    uint32_t refusals;       /* recorded, ever: tells a new refusal from an old one */
    time_t refused_at;       /* since then, for this reason */
    time_t token_doubted_at; /* the refresh token was refused then, without a reason; 0: was not */
    time_t more_wanted_at;   /* more than the refresh token was wanted then; 0: was not */
};
