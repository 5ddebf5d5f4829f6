/* SPDX-License-Identifier: MIT */
/*
 * The identity platform, as login sees it. Every call ends in one of three
 * answers. Only ANSWER_UNREACHABLE may be answered from the cache instead.
 */
#pragma once

#include "base/buffer.h"
#include "base/clock.h"
#include "base/error.h"
#include "base/lookup.h"
#include "platform/identity.h"

#include <time.h>

enum answer {
    ANSWER_REFUSED, /* zero on purpose: a refusal is never an outage */
    ANSWER_UNREACHABLE,
    ANSWER_ACCEPTED
};

/* What exactly was refused. */
enum refusal {
    REFUSAL_SECRET,    /* the typed password (platform.md D) */
    REFUSAL_TOKEN,     /* this refresh token; nothing worse is known (R) */
    REFUSAL_REVOKED,   /* this refresh token, on evidence of revocation (R+) */
    REFUSAL_MORE,      /* more than a password is required (I) */
    REFUSAL_ACCOUNT,   /* not found, not assigned (L) */
    REFUSAL_DISABLED,  /* (L, OFF) */
    REFUSAL_POLICY,    /* (L) */
    REFUSAL_EXPIRED,   /* the password has expired (L) */
    REFUSAL_UNTRUSTED, /* the answer failed verification: somebody else's token, bad signature */
    REFUSAL_SETUP,     /* the tenant does not know this client or has not consented (C2) */
    REFUSAL_LOCKED, /* locked after too many attempts, or a blocked address, whatever was typed */
    REFUSAL_DENIED, /* this time; says nothing about the password or the person (D) */
    REFUSALS
};

struct outcome {
    enum answer answer;
    enum refusal refusal; /* when refused */
    bool answered; /* the token endpoint answered over HTTPS: another kind of grant may do better */
    unsigned retry_after_seconds; /* 0: none was asked for */
    char *refresh_token;      /* when accepted, if there is one; owned, wiped by outcome_release */
    struct identity identity; /* when accepted */
    struct error why;         /* when not accepted: one line for the log */
};
void outcome_release(struct outcome *outcome);

/* Borrowed for the life of the platform. */
struct platform_settings {
    const char *issuer, *client_id, *scope, *name_claim, *groups_claim;
    unsigned algorithms; /* of platform/token.h, or-ed */
    const char *ca_file; /* empty: the system's trust store */
    unsigned connect_seconds;
};

/* Where documents are kept between processes. Either may fail without harm to the sign-in. */
struct documents {
    void *context;
    enum lookup (*load)(void *context, const char *url, struct buffer *body, time_t *fetched_at);
    void (*keep)(void *context, const char *url, const char *body, size_t length, time_t now);
};

struct platform;
bool platform_open(const struct platform_settings *settings, const struct documents *documents,
                   struct platform **opened, struct error *why);
void platform_close(struct platform *platform); /* accepts NULL */

/* `budget` bounds the whole call. `object_id` may be NULL: not known yet. One request when warm. */
void platform_password_grant(struct platform *platform, const char *name, const char *password,
                             const char *object_id, const struct deadline *budget,
                             struct outcome *outcome);
void platform_refresh_grant(struct platform *platform, const char *name, const char *refresh_token,
                            const char *object_id, const struct deadline *budget,
                            struct outcome *outcome);
