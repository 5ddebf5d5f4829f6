/* SPDX-License-Identifier: MIT */
/*
 * The identity platform, as login sees it. Every call ends in one of three
 * answers. Only ANSWER_UNREACHABLE may be answered from the cache instead.
 */
#pragma once

#include "base/breaker.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/document.h"
#include "base/error.h"
#include "base/lookup.h"
#include "platform/identity.h"

#include <stdint.h>

enum answer {
    ANSWER_REFUSED, /* zero on purpose: a refusal is never an outage */
    ANSWER_UNREACHABLE,
    ANSWER_ACCEPTED
};

/* What exactly was refused. */
enum refusal {
    REFUSAL_SECRET,     /* the typed password (platform.md D) */
    REFUSAL_TOKEN,      /* this refresh token; nothing worse is known (R) */
    REFUSAL_DOUBT,      /* this refresh token, without a reason: it is dead when that comes again */
    REFUSAL_REVOKED,    /* this refresh token, on evidence of revocation (R+) */
    REFUSAL_FREQUENCY,  /* this refresh token: a sign-in is due by policy (R+) */
    REFUSAL_MORE,       /* more than a password is required (I) */
    REFUSAL_FEDERATED,  /* the password is checked elsewhere: it was not sent, so it may be any */
    REFUSAL_ACCOUNT,    /* not found (L) */
    REFUSAL_UNASSIGNED, /* not assigned to this client (L) */
    REFUSAL_DISABLED,   /* (L, OFF) */
    REFUSAL_POLICY,     /* (L) */
    REFUSAL_RISK,       /* (L), and nothing that is remembered is to be trusted */
    REFUSAL_EXPIRED,    /* the password has expired (L) */
    REFUSAL_UNTRUSTED,  /* the answer failed verification: somebody else's token, bad signature */
    REFUSAL_SETUP,      /* the tenant does not know this client or has not consented (C2) */
    REFUSAL_LOCKED, /* locked after too many attempts, or a blocked address, whatever was typed */
    REFUSAL_DENIED, /* this time; says nothing about the password or the person (D) */
    REFUSALS
};

/* What the platform's number adds for the person who reads about it. */
enum advice {
    ADVICE_NONE,
    ADVICE_DEVICE,   /* only managed devices may */
    ADVICE_GUEST,    /* people of other organisations may not */
    ADVICE_HOURS,    /* not at this time */
    ADVICE_RISK,     /* stopped for security reasons */
    ADVICE_REGISTER, /* security information has to be registered first */
    ADVICE_DECLINED, /* the request was declined or not completed */
    ADVICE_ASSIGN,   /* no access to this system was given */
    ADVICE_POLICY,   /* a rule of the organisation forbids it */
    ADVICE_EXPIRED,  /* the password has to be changed first */
    ADVICE_VERIFY,   /* more than a password is required */
    ADVICE_AGAIN,    /* what was saved is of no more use: sign in once more */
    ADVICE_CODE,     /* a code that was typed elsewhere was not accepted */
    ADVICE_LATE,     /* it was not used in time */
    ADVICE_SETUP,    /* the set-up is at fault; also told when unreachable, as the next one */
    ADVICE_CLOCK,    /* the clock of this host is */
    ADVICES
};

/* Unreachable, but for something that somebody has to mend: it will not pass by itself. */
enum alarm {
    ALARM_NONE,
    ALARM_SETUP, /* the platform says that the set-up is at fault */
    ALARM_CLOCK, /* the clock of this host: for the platform, or for its certificate */
    ALARM_TLS,   /* the connection is not to be trusted */
    ALARM_PAGE,  /* somebody else's answer: a portal, a proxy, or too long */
    ALARMS
};

#define OUTCOME_ID_MOST 36u

struct outcome {
    enum answer answer;
    enum refusal refusal; /* when refused */
    enum advice advice;   /* when refused, or ADVICE_SETUP or ADVICE_CLOCK */
    enum alarm alarm;
    bool sent;          /* the request may have reached the platform, whatever came of it */
    bool others_served; /* unreachable, but another kind of grant may do better now */
    unsigned number;    /* Microsoft's, when one counted; else 0 */
    /* For support, of an error answer; may be empty. */
    char correlation_id[OUTCOME_ID_MOST + 1], trace_id[OUTCOME_ID_MOST + 1];
    char *refresh_token;      /* when accepted, if there is one; owned, wiped by outcome_release */
    char *access_token;       /* when accepted, if it can be kept; opaque; owned, wiped as well */
    int64_t access_seconds;   /* so long from now on it may be used; 0: not at all */
    int64_t renew_seconds;    /* so long from now on no other one is due; at most access_seconds */
    char *claims;             /* the challenge that came with a refusal, JSON; NULL: none; owned */
    struct identity identity; /* when accepted */
    struct error why;         /* when not accepted: one line for the log */
};
void outcome_release(struct outcome *outcome);

/* What can fail by itself; each has a breaker. */
enum dependency {
    DEPENDENCY_METADATA, /* discovery and keys */
    DEPENDENCY_PASSWORD, /* password grants of the token endpoint */
    DEPENDENCY_REFRESH,  /* refresh grants */
    DEPENDENCY_DEVICE,   /* device codes */
    DEPENDENCIES
};
const char *dependency_name(enum dependency dependency);

struct codes;

/* Borrowed for the life of the platform. */
struct platform_settings {
    const char *issuer; /* in any form of platform/authority.h */
    const char *client_id, *scope, *name_claim, *groups_claim;
    unsigned algorithms; /* of platform/token.h, or-ed */
    const char *ca_file; /* empty: the system's trust store */
    unsigned connect_seconds;
    bool guests; /* people who are at home elsewhere may sign in, without a password */
    const struct codes *codes; /* platform/codes.h */
};

/*
 * What one process leaves to the next. Any of it may fail without harm to the sign-in: what cannot
 * be read was never written.
 */
struct memory {
    void *context;
    /* Whatever it finds, facts->forced_at counts unless it is 0. */
    enum lookup (*load_document)(void *context, const char *url, struct buffer *body,
                                 struct document_facts *facts);
    /* `body` NULL: only the facts have changed. False: another process will not find them. */
    bool (*keep_document)(void *context, const char *url, const char *body, size_t length,
                          const struct document_facts *facts);
    void (*read_breaker)(void *context, enum dependency dependency, struct breaker *breaker);
    /* Changes what is kept, in one step: others may do the same at this moment. */
    void (*change_breaker)(void *context, enum dependency dependency,
                           const struct breaker_event *event);
    /*
     * The turn of `number` (below 16), one among all processes at a time, waited for until the
     * deadline. A descriptor to be closed, or -1. The kernel ends it with the process.
     */
    int (*take_turn)(void *context, unsigned number, const struct deadline *deadline);
};

struct platform;
/* Reads nothing and asks nobody yet. ERROR_CONFIG: `issuer` is not fit to be one. */
bool platform_open(const struct platform_settings *settings, const struct memory *memory,
                   struct platform **opened, struct error *why);
void platform_close(struct platform *platform); /* accepts NULL */

/*
 * The issuer that this platform's people have, from settings and memory alone. LOOKUP_ABSENT: not
 * known before the first discovery document of a tenant that is given by its domain.
 */
enum lookup platform_issuer(struct platform *platform, char issuer[static IDENTITY_TEXT_MOST + 1]);

/*
 * `budget` bounds the whole call. `object_id` may be NULL: not known yet. One request when warm;
 * none while a breaker is open. A request that was sent is not sent again. `by_password`: a password
 * of this person was accepted before. Of all others Microsoft is asked first whether it may be sent.
 */
void platform_password_grant(struct platform *platform, const char *name, const char *password,
                             const char *object_id, bool by_password, const struct deadline *budget,
                             struct outcome *outcome);
void platform_refresh_grant(struct platform *platform, const char *name, const char *refresh_token,
                            const char *object_id, const struct deadline *budget,
                            struct outcome *outcome);

/*
 * Finds out whether an outage is over, without anybody's secret. Asks only what has failed and is
 * due, one process at a time.
 */
enum probe {
    PROBE_NOT_NEEDED, /* nothing is out */
    PROBE_NOT_YET,    /* the wait is not over, or another process is asking */
    PROBE_FAILED,     /* still out: `why` */
    PROBE_OVER        /* answered: the next sign-in may ask in earnest */
};
enum probe platform_probe(struct platform *platform, enum dependency dependency,
                          const struct deadline *budget, struct error *why);
