/* SPDX-License-Identifier: MIT */
/*
 * Every sentence that a person can see while signing in. Nothing else talks to people. Also part of
 * the PAM module, which speaks when there is no helper to do it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum words {
    WORDS_NONE,
    WORDS_ASK_PASSWORD,
    WORDS_ASK_PASSWORD_OR_CODE,
    WORDS_ASK_CODE_DONE, /* whether a code was entered elsewhere */
    WORDS_BAD,           /* wrong, unknown, disabled, locked: one text until the secret is proven */
    WORDS_OFFLINE_BAD,   /* the same while the platform cannot be reached */
    WORDS_WINDOW_ENDED,
    WORDS_CLOCK,
    WORDS_CHANGED,  /* the password was changed elsewhere */
    WORDS_DISABLED, /* from here on: only after the secret was right */
    WORDS_REVOKED,
    WORDS_POLICY,
    WORDS_EXPIRED,
    WORDS_MORE,
    WORDS_SETUP,
    WORDS_NOT_ALLOWED,
    WORDS_OFFLINE_PERSON,  /* may sign in, but not offline */
    WORDS_OFFLINE_SERVICE, /* nobody may by this service, offline */
    WORDS_LOCKED,
    WORDS_RISK,
    WORDS_DEVICE,
    WORDS_GUEST,
    WORDS_HOURS,
    WORDS_REGISTER,
    WORDS_DECLINED,
    WORDS_CODE,      /* a code that was typed elsewhere was not accepted */
    WORDS_CODE_LATE, /* it was not used in time */
    WORDS_CODE_NOT_YET,
    WORDS_STOPPED,
    WORDS_NO_ECHO,      /* no code can be shown, as no question with echo can be asked */
    WORDS_OTHER_PERSON, /* somebody else entered it */
    WORDS_TIME,         /* like WORDS_SETUP told to all, as it says nothing about anybody */
    WORDS_TRIES,
    WORDS_ELSEWHERE,   /* the name is somebody else's here, or not to be used */
    WORDS_BROKEN,      /* this host is at fault */
    WORDS_ASK_CURRENT, /* from here on about local passphrases */
    WORDS_ASK_NEW,
    WORDS_ASK_AGAIN,
    WORDS_CHOOSE,
    WORDS_CHOSEN,
    WORDS_NOT_CHOSEN,
    WORDS_UNLIKE, /* the two that were typed */
    WORDS_TYPED_BEFORE,
    WORDS_UNFIT,
    WORDS_NO_RULES,
    WORDS_NOT_KEPT,
    WORDS_NO_PASSPHRASE,
    WORDS_NOT_SEEN,         /* nobody has signed in by that name */
    WORDS_NOT_CHANGED_HERE, /* the password */
    WORDS_NO_HELPER,        /* from here on said by the PAM module: nobody could be asked */
    WORDS_LATE,             /* the helper hangs */
    WORDS_OUT_OF_ORDER,
    WORDS_ONCE_MORE, /* known from now on */
    WORDS_HOME,      /* the home folder is somebody else's */
    WORDS_NO_NAMES,  /* a source of names cannot be asked */
    WORDS_END
};

const char *words_text(enum words words);

/* For somebody who typed a name in capital letters: how it is written here. */
void words_right_spelling(const char *name, char *out, size_t size);

/* For somebody whose password is the platform's: where to change it; `url` may be empty. */
void words_change_there(const char *url, char *out, size_t size);

#define WORDS_SOON_SECONDS 259200 /* the last 3 days of offline sign-in */
/*
 * For somebody let in by what is remembered, when the session begins: until when that works, and what
 * to do before, when that is soon.
 */
void words_offline_until(const char *date, bool soon, char *out, size_t size);
