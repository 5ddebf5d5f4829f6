/* SPDX-License-Identifier: MIT */
/*
 * The helper's side of the conversation with the person, over the socket that
 * the PAM module holds at its other end. Texts are for people, plain UTF-8,
 * at most FRAME_TEXT_MOST bytes. A wait for a person ends after TALK_REPLY_MS, and
 * with the conversation.
 */
#pragma once

#include "login/frame.h"

/* sudo gives its user five minutes too; sshd and login end the wait earlier by themselves. */
#ifndef TALK_REPLY_MS
#define TALK_REPLY_MS 300000
#endif
#define TALK_REPLY_MOST 512 /* bytes; PAM_MAX_RESP_SIZE */

/*
 * From the request to the last answer of the person, however many there are: what is left to be
 * done then must be over before the unit ends the helper (RuntimeMaxSec).
 */
#define TALK_ALL_MS 480000

/* For talk_wait: 15 s of waiting for others (PATIENCE_MS of cache/store_internal.h), and the disk. */
#define TALK_STORE_MS 20000

struct talk {
    int fd;               /* borrowed */
    int64_t patience_ms;  /* for a person's next answers, when longer than TALK_REPLY_MS */
    int64_t ends_ms;      /* by clock_ms(): no person is waited for after that; 0: no end */
    struct deadline owed; /* when the module expects the next frame; 0: nothing was sent yet */
};

enum heard {
    HEARD_FAILED,  /* zero: the conversation is over, `why` says how */
    HEARD_NOTHING, /* the application could not ask, or the person gave no answer */
    HEARD_REPLY    /* `reply` is owned by the caller; free_secret */
};

bool talk_tell(struct talk *talk, const char *text, struct error *why) __attribute__((nonnull));
/* As talk_tell, but shown as an error. */
bool talk_fail(struct talk *talk, const char *text, struct error *why) __attribute__((nonnull));

/*
 * Tells the module that the next frame comes within `ms`: at the beginning of whatever may take
 * time. A helper that hangs is ended when that is over, so it is what the part itself may take at
 * the most. talk_wait_longer says it only if what was said before does not reach as far.
 */
void talk_wait(struct talk *talk, int64_t ms) __attribute__((nonnull));
void talk_wait_longer(struct talk *talk, int64_t ms) __attribute__((nonnull));

/* Both leave `reply` untouched unless HEARD_REPLY. Typing is shown, or hidden. */
enum heard talk_ask(struct talk *talk, const char *prompt, char **reply, struct error *why)
    __attribute__((nonnull));
enum heard talk_secret(struct talk *talk, const char *prompt, char **reply, struct error *why)
    __attribute__((nonnull));

/*
 * Waits until `at_ms` by clock_ms(), or not at all, while the module owes us nothing. False as soon
 * as nobody is at the other end any more.
 */
bool talk_is_there(const struct talk *talk, int64_t at_ms) __attribute__((nonnull));

/* The last word. `text` is for the log of the calling program, not for the person; may be empty. */
bool talk_verdict(struct talk *talk, const struct ruling *ruling, const char *text,
                  struct error *why) __attribute__((nonnull));
