/* SPDX-License-Identifier: MIT */
/*
 * The token endpoint's formats: the form that asks (RFC 6749 4.3, 6), the
 * tokens it answers (5.1; platform.md 2.6), and the error (5.2). Secrets pass
 * through here: they are wiped, and never in an error text.
 */
#pragma once

#include "platform/classify.h"
#include "platform/lifetime.h"

#define FORM_MOST                (64u << 10) /* bytes of an encoded form */
#define GRANT_REFRESH_TOKEN_MOST 16384u      /* bytes */
#define OAUTH_CLAIMS_MOST        4096u       /* bytes of a claims challenge */
#define GRANT_ACCESS_TOKEN_MOST  16384u      /* bytes of one that is kept */

/* Allocated once, so that no copy of a secret stays behind. Starts as zero. */
struct form {
    char *bytes; /* owned; not NUL-terminated */
    size_t length;
};

/* application/x-www-form-urlencoded. ERROR_SYSTEM when it gets too long or memory is out. */
bool form_add(struct form *form, const char *name, const char *value, struct error *why);
void form_release(struct form *form); /* wipes */

struct tokens {
    char *id_token;      /* owned; not looked into */
    char *refresh_token; /* owned; NULL: none came */
    char *access_token;  /* owned; not looked into; NULL: too long to be kept */
    struct lifetime access;
};

/* The access token must be there, whatever it is. ERROR_MALFORMED: not usable tokens. */
bool tokens_read(const char *body, size_t length, struct tokens *tokens, struct error *why);
void tokens_release(struct tokens *tokens); /* wipes */

/* Leaves `error->error` empty when the body is no well-formed error. */
void oauth_error_read(const char *body, size_t length, struct oauth_error *error);

/*
 * The claims challenge of an error body, as text to be sent back (CA-23); owned by the caller.
 * NULL when it is no JSON object, or one of more than OAUTH_CLAIMS_MOST bytes.
 */
void oauth_claims_read(const char *body, size_t length, char **claims);

/* One line for the log. `number`: the one that counted. */
void oauth_error_tell(const struct codes *codes, unsigned status, const struct oauth_error *error,
                      unsigned number, struct error *why);
