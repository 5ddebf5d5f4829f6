/* SPDX-License-Identifier: MIT */
/*
 * What the PAM module and the login helper say to each other, over one
 * socket, in turns.
 *
 *     byte 0     byte 1   bytes 2-3          bytes 4...
 *     version    kind     length, big-endian text, not NUL-terminated
 *
 * The module sends BEGIN; the helper then asks and tells until it sends
 * VERDICT, which ends the conversation. End of file without a verdict is a
 * failure. Linked into both programs: libc and base only.
 *
 * The helper owes a frame from BEGIN, from each answer and from each frame of
 * its own on, but for questions: within FRAME_SILENCE_MS, or as WAIT has said.
 * WAIT counts for the next frame alone, so that who hangs is soon found out.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define FRAME_VERSION   3 /* 1 had no WAIT, 2 no mode: neither side takes another for its own */
#define FRAME_HEADER    4
#define FRAME_TEXT_MOST 4096

/*
 * For a helper that has not said how long it will take. From its start to its first frame it only
 * loads libraries and gives root up, 10 ms alone; the rest is for a machine with much else to do.
 * Not longer than the network may take by default (login_seconds), so that nobody waits longer for
 * a helper that hangs than for a platform that does.
 */
#ifndef FRAME_SILENCE_MS
#define FRAME_SILENCE_MS 8000
#endif
#define FRAME_WAIT_MOST_MS 999999

enum frame_kind {
    FRAME_BEGIN = 'B',    /* module to helper: struct request, encoded */
    FRAME_TELL = 'T',     /* helper to module: show this text */
    FRAME_FAIL = 'E',     /* helper to module: show this text as an error */
    FRAME_WAIT = 'W',     /* helper to module: its next frame comes within these milliseconds */
    FRAME_ASK = 'A',      /* helper to module: ask this, echo on */
    FRAME_SECRET = 'S',   /* helper to module: ask this, echo off */
    FRAME_REPLY = 'R',    /* module to helper: what the person typed */
    FRAME_NO_REPLY = 'N', /* module to helper: the application could not ask */
    FRAME_VERDICT = 'V'   /* helper to module: struct ruling, encoded, then text for PAM's log */
};

/* The module names each in PAM's words; see pam_module/attempt.c. */
enum verdict {
    VERDICT_FAILED, /* zero on purpose: forgetting to decide denies. PAM_SYSTEM_ERR */
    VERDICT_ADMIT,
    VERDICT_DENY,        /* wrong secret, or not one of ours: PAM_AUTH_ERR */
    VERDICT_FORBIDDEN,   /* right person, not allowed here: PAM_PERM_DENIED */
    VERDICT_EXPIRED,     /* account refused by the platform: PAM_ACCT_EXPIRED */
    VERDICT_UNAVAILABLE, /* nobody could be asked: PAM_AUTHINFO_UNAVAIL */
    VERDICT_MAXTRIES,    /* attempts used up: PAM_MAXTRIES */
    VERDICTS
};

/*
 * Who vouched for somebody who is let in: the platform, now or so lately that it need not be asked
 * again (recheck_minutes); or this host, with what it remembers.
 */
enum mode { MODE_NONE, MODE_ONLINE, MODE_OFFLINE, MODES };

struct ruling {
    enum verdict verdict;
    enum mode mode;        /* of VERDICT_ADMIT; else MODE_NONE */
    int64_t offline_until; /* MODE_OFFLINE: seconds since 1970 until when that works, 0: not said */
};

#define RULING_BYTES      10
#define RULING_UNTIL_MOST INT64_C(253402300799) /* the last second that has four digits of a year */

struct frame {
    enum frame_kind kind;
    size_t length;
    char text[FRAME_TEXT_MOST + 1]; /* NUL-terminated for convenience; may hold NULs before that */
};

/* Bytes written to `out`, which holds FRAME_HEADER + FRAME_TEXT_MOST. Zero when it does not fit. */
size_t frame_encode(enum frame_kind kind, const void *text, size_t length, uint8_t *out);
/* Reads one whole frame from the start of `bytes`. */
bool frame_decode(const uint8_t *bytes, size_t available, struct frame *frame, struct error *why);

/* One whole frame over a socket, however the kernel slices it, before the deadline. No SIGPIPE. */
bool frame_send(int fd, enum frame_kind kind, const void *text, size_t length,
                const struct deadline *deadline, struct error *why);
bool frame_receive(int fd, struct frame *frame, const struct deadline *deadline, struct error *why);

/* The first RULING_BYTES of VERDICT. False: it says nothing that could be meant, and ruling stays. */
void ruling_encode(const struct ruling *ruling, char *out);
bool ruling_decode(const struct frame *frame, struct ruling *ruling);

/* What WAIT says: digits alone, 1 to FRAME_WAIT_MOST_MS. False: it says nothing of that kind. */
bool frame_wait_ms(const struct frame *frame, int64_t *ms);

/* What BEGIN carries. Absent items are empty texts. */
enum action {
    ACTION_NONE,
    ACTION_AUTHENTICATE,
    ACTION_ACCOUNT,
    ACTION_PASSWORD, /* a new secret, from whoever knows the current one */
    ACTION_RESET,    /* the same, from root, who needs not know it */
    ACTIONS
};

struct request {
    enum action action;
    char user[256];
    char service[64];
    char remote_host[256]; /* PAM_RHOST */
    char terminal[64];     /* PAM_TTY */
    char remote_user[256]; /* PAM_RUSER: who calls su or sudo */
    bool silent;           /* PAM_SILENT */
};

/* The length of the text written to `out` (FRAME_TEXT_MOST bytes), 0 when it does not fit. */
size_t request_encode(const struct request *request, char *out);
bool request_decode(const char *text, size_t length, struct request *request, struct error *why);
