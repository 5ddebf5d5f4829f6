/* SPDX-License-Identifier: MIT */
#include "platform/http_hosts.h"

#include "base/text.h"

#include <string.h>

#define REMEMBERED_MS 30000 /* longer than a sign-in, shorter than an outage */

/* Host and port of a URL; empty when they are too long to be remembered. */
static void host_of(const char *url, char host[static HTTP_HOST_MOST + 1])
{
    const char *from = strstr(url, "://");
    size_t length;

    from = from ? from + 3 : url;
    length = strcspn(from, "/?#");
    if (length > HTTP_HOST_MOST)
        length = 0;
    memcpy(host, from, length);
    host[length] = '\0';
    text_fold(host);
}

void http_hosts_add(struct http_hosts *hosts, const char *url, const struct http_trace *trace,
                    const struct error *why)
{
    struct http_host *host = &hosts->hosts[hosts->next];

    host_of(url, host->name);
    host->at_ms = clock_ms();
    host->trace = *trace;
    host->why = *why;
    hosts->next = (hosts->next + 1) % HTTP_HOSTS_MOST;
}

bool http_hosts_have(const struct http_hosts *hosts, const char *url, struct http_trace *trace,
                     struct error *why)
{
    char name[HTTP_HOST_MOST + 1];

    host_of(url, name);
    for (size_t i = 0; i < HTTP_HOSTS_MOST; i++) {
        const struct http_host *host = &hosts->hosts[i];

        if (!*host->name || strcmp(host->name, name) != 0 ||
            clock_ms() - host->at_ms > REMEMBERED_MS)
            continue;
        *trace = host->trace;
        trace->remembered = true;
        *why = host->why;
        return true;
    }
    return false;
}
