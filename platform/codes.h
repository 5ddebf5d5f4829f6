/* SPDX-License-Identifier: MIT */
/*
 * What Microsoft's numbers ("AADSTS50126") mean for a sign-in: platform.md 3.3
 * as data. The numbers refine the OAuth error; they change without notice, so
 * nothing may depend on a number being known.
 */
#pragma once

/* The verdict letters of platform.md 3.1, told apart as far as a sign-in needs it. */
enum code_class {
    CODE_UNKNOWN, /* not in the table, or not meant for the grants we make (N, P) */
    CODE_SECRET,  /* D: the typed password is wrong */
    CODE_DENIED,  /* D: denied this time; says nothing about password or person */
    CODE_LOCKED,  /* D: too many attempts, or a blocked address; whatever was typed */
    CODE_MORE,    /* I, U*: interaction or a second factor is needed */
    CODE_ACCOUNT, /* L: the person is not known here */
    CODE_DISABLED,
    CODE_POLICY,
    CODE_EXPIRED, /* L: the password has expired */
    CODE_TOKEN,   /* R: this refresh token is dead */
    CODE_DEVICE,  /* R/L: the token's device is gone; a policy when a password meets it */
    CODE_REVOKED, /* R+: dead on evidence of revocation */
    CODE_SETUP,   /* C2: an administrator has not allowed this client */
    CODE_BROKEN,  /* C1: a technical fault of the set-up; treated as an outage */
    CODE_OUTAGE,  /* U */
    CODE_CLASSES
};

/* CODE_UNKNOWN when the number is not in the table. */
enum code_class code_class(unsigned number);
/* A few words for the log; empty when the number is not in the table. */
const char *code_says(unsigned number);
