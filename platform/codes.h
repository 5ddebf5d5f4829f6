/* SPDX-License-Identifier: MIT */
/*
 * What Microsoft's numbers ("AADSTS50126", "AADB2C90225") mean for a sign-in: platform.md 3.3 and
 * 3.5 as data, in the file `codes`, whose format is latchkey-codes(5). The numbers refine the OAuth
 * error; they change without notice, so nothing may depend on a number being known.
 */
#pragma once

#include "base/error.h"
#include "platform/platform.h"

#include <stddef.h>

/* The verdict letters of platform.md 3.1, told apart as far as a sign-in needs it. */
enum code_class {
    CODE_UNKNOWN,    /* not in the table, or not meant for the grants we make (N, P) */
    CODE_SECRET,     /* D: the typed password is wrong */
    CODE_DENIED,     /* D: denied this time; says nothing about password or person */
    CODE_LOCKED,     /* D: too many attempts, or a blocked address; whatever was typed */
    CODE_MORE,       /* I, U*: interaction or a second factor is needed */
    CODE_STEP,       /* I, R: the same; what this refresh token has proven of it is not enough */
    CODE_ACCOUNT,    /* L: the person is not known here */
    CODE_UNASSIGNED, /* L: the person may not use this client */
    CODE_DISABLED,   /* L, OFF */
    CODE_POLICY,     /* L */
    CODE_RISK,       /* L: stopped for security reasons; what is remembered is not to be trusted */
    CODE_EXPIRED,    /* L: the password has expired */
    CODE_TOKEN,      /* R: this refresh token is dead */
    CODE_DOUBT,      /* R without any detail: dead when it comes again */
    CODE_DEVICE,     /* R/L: the token's device is gone; a policy when a password meets it */
    CODE_REVOKED,    /* R+: dead on evidence of revocation */
    CODE_FREQUENCY,  /* R+: a new sign-in is due by policy; the password is as good as before */
    CODE_SETUP,      /* C2: an administrator has not allowed this client */
    CODE_BROKEN,     /* C1: a technical fault of the set-up; treated as an outage */
    CODE_OUTAGE,     /* U */
    CODE_THROTTLED,  /* U: nothing may be asked for a minute */
    CODE_CLASSES
};

#define CODE_B2C        2000000000u /* added to a number of B2C; Microsoft's others are below it */
#define CODE_TEXT_MOST  79u         /* bytes of what a code says */
#define CODE_NAME_MOST  16u         /* bytes of "AADB2C90225" */
#define CODES_TEXT_MOST (256u << 10)
#define CODES_ROWS_MOST 2000u

struct code {
    unsigned first, last; /* the numbers it is about, both included */
    enum code_class class;
    enum advice advice;
    char says[CODE_TEXT_MOST + 1]; /* a few words for the log */
};

struct codes;
/*
 * Reads a table; what it does not have is looked up in `behind`, which becomes part of it (NULL:
 * nowhere, and then it must have rows and a version of its own). ERROR_CONFIG names `origin`, the
 * line and the cure; `behind` is then left alone, as it is on ERROR_SYSTEM (memory).
 */
bool codes_read(const char *text, size_t length, const char *origin, struct codes *behind,
                struct codes **codes, struct error *why);
/* The table that this program was built with. */
bool codes_built_in(struct codes **codes, struct error *why);
void codes_release(struct codes *codes); /* accepts NULL */

/* NULL when it is not there. A row of one number, in any table, comes before a range in any. */
const struct code *codes_find(const struct codes *codes, unsigned number);
/* Of the first table that gives one: a date, such as "2026-11-22". */
const char *codes_version(const struct codes *codes);
/* Rows in order, those of `behind` last, NULL after them: for tests. */
const struct code *codes_row(const struct codes *codes, size_t index);
/* As Microsoft writes it: "AADSTS50126", "AADB2C90225"; empty for 0. */
void code_name(unsigned number, char name[static CODE_NAME_MOST + 1]);
