/*
 * One sign-in of one person: what is asked, in which order, and what it leaves
 * behind. What follows from the answers is decided in login/policy.h.
 */
#pragma once

#include "cache/attempts.h"
#include "cache/store.h"
#include "cache/verifier.h"
#include "config/config.h"
#include "login/policy.h"
#include "login/talk.h"
#include "platform/platform.h"

/* All that a sign-in works with; borrowed but for what is said to be its own. */
struct attempt {
    const struct request *request;
    const struct config *config;
    struct store *store;
    struct talk *talk;
    bool may_enrol; /* the caller is root: a person not known yet may be remembered */
    time_t now, highest_time;

    struct person person; /* as known here when `known`; renewed when something is recorded */
    bool known;
    bool ours; /* the name is in one of our domains */

    /* Its own, released by attempt_release. */
    struct attempts *tries;
    struct kdf_slots *slots;
    struct platform *platform; /* opened when first asked */
    char *secret;
    struct outcome outcome; /* the platform's last answer */

    struct deadline budget; /* of all requests together */
    bool asked_password, asked_token;
    enum result result; /* what the platform said last */
    enum local local;
    struct error why; /* the last thing that went wrong, for the log */
};

/* Finds out who is meant. False: nobody can sign in on this host now (`why`). */
bool attempt_begin(struct attempt *attempt, struct error *why);
void attempt_release(struct attempt *attempt);

/* The authentication of a person by a secret. Talks to the person. */
enum verdict attempt_sign_in(struct attempt *attempt);
/* The account phase, for people whom another module let in. */
enum verdict attempt_account(struct attempt *attempt);
