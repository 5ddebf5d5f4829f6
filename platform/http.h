/* SPDX-License-Identifier: MIT */
/*
 * HTTPS to the platform: one request, one answer, everything bounded. Only
 * https, no redirects, no proxy, no cookies, nothing taken from the
 * environment (platform.md 4.6). The one file that knows libcurl.
 */
#pragma once

#include "base/clock.h"
#include "base/error.h"
#include "platform/http_header.h"
#include "platform/platform.h"

struct http;

#define HTTP_TYPE_MOST    63u
#define HTTP_HEADERS_MOST (64u << 10) /* bytes of all header lines of one answer */
#define HTTP_BODY_MOST    (256u << 10)

#define HTTP_THROTTLED_SECONDS 60u /* what 429 without Retry-After means, platform.md 4.4 */

struct http_answer {
    unsigned status;
    char type[HTTP_TYPE_MOST + 1]; /* media type, lower case, without parameters; may be empty */
    char etag[DOCUMENT_ETAG_MOST + 1];
    long max_age;  /* seconds; -1: not said */
    unsigned told; /* as in struct http_trace */
    char *body;    /* NUL-terminated, owned */
    size_t length;
};
void http_answer_release(struct http_answer *answer); /* wipes the body */

/*
 * `ca_file`: a PEM bundle; empty or NULL means the system's trust store, as a
 * hashed folder where there is one (far cheaper to start with than a bundle).
 * Not to be called while other threads read the environment.
 */
bool http_open(const char *ca_file, unsigned connect_seconds, struct http **opened,
               struct error *why);
void http_close(struct http *http); /* accepts NULL */

/*
 * True when a whole answer came back, whatever its status. False: nothing
 * trustworthy came back in time (ERROR_UNREACHABLE), or this machine failed
 * (ERROR_SYSTEM). A body of more than `most` bytes is no answer. With an `etag`
 * (empty or NULL: none) the server may answer 304 instead.
 */
bool http_get(struct http *http, const char *url, const char *etag, size_t most,
              const struct deadline *deadline, struct http_answer *answer, struct error *why);

/* `form` is sent as application/x-www-form-urlencoded, and never twice. */
bool http_post(struct http *http, const char *url, const char *form, size_t length,
               const struct deadline *deadline, struct http_answer *answer, struct error *why);

/*
 * How far the last request came. A host that could not be connected to, though there was time
 * enough, is not tried again for a while: requests to it fail at once, and this tells of the first.
 */
struct http_trace {
    bool tried;      /* false: there was no time left to try */
    bool remembered; /* what is told is of an earlier request to this host */
    bool sent;       /* it may have left this host */
    bool answering;  /* at least the beginning of an answer came back */
    bool unhurried;  /* there was as much time as a connection may take */
    enum alarm alarm;
    unsigned told; /* seconds to wait, of an answer, whole or not; 0: none were asked for */
    time_t at;
    int64_t ended_ms; /* on clock_ms(); 0: nothing was tried */
};
struct http_trace http_last(const struct http *http);
/* What only who has read the last answer can tell of it. */
void http_last_alarms(struct http *http, enum alarm alarm);
