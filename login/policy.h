/* SPDX-License-Identifier: MIT */
/*
 * Who may come in. Every rule of admission is here and nowhere else. Pure:
 * facts in, decision out; no clock, file, network or log.
 */
#pragma once

#include "base/strings.h"
#include "cache/person.h"
#include "login/frame.h"
#include "login/words.h"

/* The typed secret against what this host remembers. */
enum local {
    LOCAL_UNKNOWN, /* nothing to compare with */
    LOCAL_WRONG,
    LOCAL_RIGHT,
    LOCALS
};

/* What the platform said last, and to what, as far as it makes a difference here. */
enum result {
    RESULT_UNTRUSTED, /* zero: an answer that nobody can vouch for */
    RESULT_SKIPPED,   /* not asked: the last proof is recent */
    RESULT_ACCEPTED_PASSWORD,
    RESULT_ACCEPTED_TOKEN,
    RESULT_ACCEPTED_CODE,
    RESULT_UNREACHABLE,
    RESULT_UNSERVED, /* unreachable, but only for passwords: something did answer */
    RESULT_SECRET,
    RESULT_TOKEN,
    RESULT_DOUBT,   /* as RESULT_TOKEN, but the token may still be good */
    RESULT_RESTING, /* not asked: the token was found doubtful a moment ago */
    RESULT_REVOKED,
    RESULT_FREQUENCY, /* a sign-in is due by policy; the password is as good as before */
    RESULT_MORE_PASSWORD,
    RESULT_FEDERATED, /* the password was not sent: nothing is known of it */
    RESULT_MORE_TOKEN,
    RESULT_MORE_RESTING, /* not asked: more than the token was wanted a moment ago */
    RESULT_ACCOUNT,
    RESULT_UNASSIGNED,
    RESULT_DISABLED,
    RESULT_POLICY,
    RESULT_RISK,
    RESULT_EXPIRED,
    RESULT_DENIED, /* this time; says nothing about the secret or the person */
    RESULT_LOCKED,
    RESULT_LOCK_RESTING, /* the password was not asked about: that was RESULT_LOCKED a moment ago */
    RESULT_SETUP,
    RESULT_CODE, /* a device code came to nothing; whoever had it in hand may be anybody */
    RESULTS
};

/* What would hold if the platform could not be reached. */
enum offline {
    OFFLINE_NEVER, /* zero: no online proof, nothing to go by */
    OFFLINE_OPEN,
    OFFLINE_ENDED,   /* the window is over */
    OFFLINE_CLOSED,  /* refused by the platform since */
    OFFLINE_CLOCK,   /* the clock was set back: nobody can tell */
    OFFLINE_PERSON,  /* not for this person, by `offline_allow` */
    OFFLINE_SERVICE, /* not by this service, by `offline_services` */
    OFFLINES
};

enum step {
    STEP_DENY, /* zero on purpose */
    STEP_ADMIT,
    STEP_ADMIT_OFFLINE,
    STEP_ASK_PASSWORD, /* one password grant with the secret just typed, then decide again */
    STEP_ASK_TOKEN,    /* redeem the refresh token, then decide again */
    STEP_ASK_CODE      /* sign in with a device code, then decide again */
};

struct decision {
    enum step step;
    enum verdict verdict; /* when denied */
    enum words words;
    enum refused remember; /* REFUSED_NOT: nothing */
    bool erase_verifier, erase_token;
    bool doubt_token;  /* the refresh token that was sent: it is dead when this comes again */
    bool rest_token;   /* the same one: it is not to be sent again for a while */
    bool new_verifier; /* the platform vouches for the typed secret: remember it */
};

struct facts {
    enum result result;
    enum local local;
    enum offline offline;
    bool may_ask_password;  /* not asked yet, settings and limits allow it, and it may be one */
    bool may_ask_token;     /* not asked yet, there is one, and its successor could be stored, or
                               what it would be told is known: policy_wants_more */
    bool password_unserved; /* the platform answered, but not to password grants, or those rest;
                               or no device code could be had */
    bool refused_before;    /* policy_was_refused_before */
    enum words advice;      /* what a refusal adds for somebody who may know, or what is wrong
                               where nobody was reached, told to all; or WORDS_NONE */
    bool token_stuck;       /* not asked yet, there is one, but its successor could not be stored */
    enum words more;        /* more than this password is required; else WORDS_NONE */
    bool may_ask_code;      /* not asked yet, and there can be one here: login/place.h */
    bool code_first;        /* rather than the password, where both would do */
};

struct decision policy_decide(const struct facts *facts);
/* Whether it makes a difference that the password may be asked about. */
bool policy_wants_password(enum result result, enum local local);

/*
 * Which online proof to begin with. Never PROOF_PASSWORD for somebody with a local passphrase: what
 * she types is not to be sent. PROOF_TOKEN then also if her token cannot be asked about, as it must
 * not look as if none was due.
 */
enum proof { PROOF_PASSWORD, PROOF_TOKEN, PROOF_NONE };

struct remembered {
    const struct person *person; /* NULL: not known here */
    time_t now;
    time_t highest_time;  /* ever seen here; 0: none */
    time_t earliest_time; /* that it can be by now, whatever the clock shows; 0: not known */
    unsigned recheck_minutes, password_recheck_hours;
    unsigned offline_days;
    bool offline_person, offline_service; /* they may sign in offline at all */
    bool may_ask_password;                /* what is typed may be sent to the platform */
    bool may_ask_token;
};

/*
 * Whether the refresh token was found doubtful so lately that it is not to be sent again: whoever
 * repeats a request that was refused is taken for a fault (platform.md 4.4).
 */
bool policy_token_rests(const struct remembered *remembered);
/*
 * Whether the platform wanted more than the refresh token so lately that it is not to be sent
 * again either. That answer stands: it is no outage, and nothing to be let in by.
 */
bool policy_wants_more(const struct remembered *remembered);
/* Whether the platform said long enough ago already that there is no such account. */
bool policy_was_refused_before(const struct remembered *remembered);

enum proof policy_proof(const struct remembered *remembered);

/* Whether the last online proof is old enough to ask again. */
bool policy_account_is_due(const struct remembered *remembered);

/*
 * The account phase, for people that another module has let in: `result` is that of a
 * token redemption; RESULT_SKIPPED when none was due; RESULT_TOKEN also when one was due
 * and there is no token. `local` is not read. STEP_ADMIT, STEP_ADMIT_OFFLINE or STEP_DENY.
 */
struct decision policy_account(const struct facts *facts, enum refused refused);

/* Whether the configuration lets this person in at all: `allow` of latchkey.conf(5). */
bool policy_allows(const struct strings *allow, const char *name, const struct strings *group_ids);
