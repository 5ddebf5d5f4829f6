/* SPDX-License-Identifier: MIT */
/*
 * One sign-in of one person: what is asked, in which order, and what it leaves
 * behind. What follows from the answers is decided in login/policy.h.
 */
#pragma once

#include "cache/attempts.h"
#include "cache/store_time.h"
#include "cache/verifier.h"
#include "login/link.h"
#include "login/policy.h"
#include "login/talk.h"

/*
 * What the module is told a part of the work may take (talk_wait): its own deadline, and some
 * seconds for what has none, disk and processors. The network has no more than its budget.
 */
#define ATTEMPT_STORE_MS   TALK_STORE_MS
#define ATTEMPT_PUBLISH_MS 45000 /* the same, and 20 s: PUBLISH_MS of cache/publish_lock.c */
#define ATTEMPT_DISK_MS    5000

/* What became of an acceptance: login/record.h. */
struct recording {
    bool allowed, was_known, done, public_changed;
};

/* All that a sign-in works with; borrowed but for what is said to be its own. */
struct attempt {
    const struct request *request;
    const struct config *config;
    struct store *store;
    struct talk *talk;
    bool may_enrol;           /* the caller is root: a person not known yet may be remembered */
    bool ours;                /* the name is in one of our domains */
    char name[NAME_MOST + 1]; /* the full one, by which store and platform know the person */

    /* What is known here: login/known.h. */
    time_t now;
    struct times times;
    struct person person; /* when `known`: what counts, with refusals that only a note keeps */
    struct person row;    /* the same as the store has it */
    enum refused noted;   /* the note, REFUSED_NOT when there was none */
    bool known;
    bool passphrase;      /* what is typed is a local one, or was, whoever the name belonged to */
    bool offline_person;  /* `offline_allow` has the person */
    time_t last_password; /* of the person when the secret had been typed */
    char issuer[IDENTITY_TEXT_MOST + 1]; /* whose people are ours; empty: not known yet */

    /* Its own, released by attempt_release. */
    int shared, runtime; /* folders, open: what helpers share, and /run's; -1: there is none */
    int password_turn, token_turn; /* cache/turn.h; -1: not held */
    struct attempts *tries;
    struct kdf_slots *slots;
    struct link link;
    char *secret;
    char *token;            /* the refresh token that was sent */
    char *claims;           /* the platform's last challenge, for a device code; or NULL */
    struct outcome outcome; /* the platform's last answer */

    int64_t begun_ms;       /* by clock_ms() */
    int64_t typed_ms;       /* by clock_ms(), when the secret had been typed; 0: there is none */
    int64_t spent_ms;       /* of the budget, when the platform's last answer came, or none */
    struct deadline budget; /* of all requests together; 0: nothing was asked yet */
    struct deadline kdf;    /* of all waiting for key derivations */
    bool asked_password, asked_token, asked_code;
    bool has_codes;            /* place_has_codes; the prompt has said so */
    bool code_unserved;        /* one was wanted, and nobody gave it */
    bool password_unserved;    /* an answer came, but not to password grants, or those rest */
    bool by_others;            /* another sign-in has proven it while this one waited */
    bool mass_event;           /* too many were refused at once for each to deserve it */
    bool offline, not_allowed; /* let in by what is remembered; kept out by `allow` */
    enum words more;           /* what the platform wants beside this password; else WORDS_NONE */
    enum result result;        /* what the platform said last */
    enum words advice;         /* and what that adds for somebody who may know */
    enum alarm alarm;          /* what somebody has to mend before the platform can be asked well */
    enum local local;
    struct recording recording; /* of what was accepted */
    struct error why;           /* the last thing that went wrong, for the log */
};

/*
 * Opens what it works with; the attempt must not move from now on. False: nobody can sign in on
 * this host now (`why`).
 */
bool attempt_begin(struct attempt *attempt, struct error *why);
void attempt_release(struct attempt *attempt);

/* Which of the person's buckets and windows counts. */
enum attempt_kind attempt_kind_of(const struct attempt *attempt);

/*
 * Counts this attempt before the secret is checked. False: there is none left, or that cannot be
 * known; the person has been told, and `verdict` says which.
 */
bool attempt_count(struct attempt *attempt, enum verdict *verdict);

/* The authentication of a person by a secret. Talks to the person. */
enum verdict attempt_sign_in(struct attempt *attempt);
/* The account phase, for people whom another module let in. */
enum verdict attempt_account(struct attempt *attempt);
