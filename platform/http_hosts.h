/* SPDX-License-Identifier: MIT */
/*
 * Hosts that could not be connected to a moment ago, within one process: what has cost one
 * connect timeout must not cost another. Pure but for the clock. Starts as zero.
 */
#pragma once

#include "platform/http.h"

#define HTTP_HOST_MOST  255u /* with its port */
#define HTTP_HOSTS_MOST 4    /* a platform has one or two */

struct http_hosts {
    struct http_host {
        char name[HTTP_HOST_MOST + 1]; /* empty: none */
        int64_t at_ms;
        struct http_trace trace;
        struct error why;
    } hosts[HTTP_HOSTS_MOST];
    unsigned next; /* to be used */
};

void http_hosts_add(struct http_hosts *hosts, const char *url, const struct http_trace *trace,
                    const struct error *why);
/* True when the host of this URL is one; what was known of the failure is handed out again. */
bool http_hosts_have(const struct http_hosts *hosts, const char *url, struct http_trace *trace,
                     struct error *why);
