/* SPDX-License-Identifier: MIT */
#include "command/nss_conf.h"

#include "base/own.h"
#include "cache/name.h"
#include "cache/nss_conf.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#define DRAFT NSS_CONF_FILE ".new"

static bool __attribute__((format(printf, 2, 3))) add(struct buffer *text, const char *format, ...)
{
    char line[1024];
    va_list values;
    int length;

    va_start(values, format);
    length = vsnprintf(line, sizeof line, format, values);
    va_end(values);
    return length > 0 && (size_t)length < sizeof line && buffer_add(text, line, (size_t)length);
}

static bool add_domains(struct buffer *text, const struct strings *domains)
{
    for (size_t i = 0; i < domains->count; i++)
        if (!add(text, "domain %s\n", domains->items[i]))
            return false;
    return true;
}

static bool add_groups(struct buffer *text, const struct nss_facts *facts)
{
    for (size_t i = 0; i < facts->config->local_groups.count; i++)
        if (!add(text, "local_group %s %u %u\n", facts->config->local_groups.items[i],
                 facts->local_gids[i], facts->platform_gids[i]))
            return false;
    return true;
}

static bool compose(struct buffer *text, const struct nss_facts *facts)
{
    const struct config *config = facts->config;

    return add(text, "# Written by `latchkey config apply`; see latchkey-nss.conf(5).\n") &&
           add(text, "version 1\nwindow %u %u\nnames full\n", ID_LEAST, ID_MOST) &&
           (!*facts->issuer || add(text, "issuer %s\n", facts->issuer)) &&
           add_domains(text, &config->domains) &&
           add(text, "home %s\nshell %s\n", config->home, config->shell) &&
           add_groups(text, facts) && add(text, "end 1\n");
}

/* By the module's own reader, which cuts what it reads. */
static bool will_be_understood(const struct buffer *text)
{
    OWNED(free_memory) char *copy = malloc(text->length + 1);
    struct nss_conf ignored;

    if (!copy)
        return false;
    memcpy(copy, text->bytes, text->length + 1);
    return nss_conf_parse(copy, text->length, &ignored);
}

static bool write_all(int fd, const struct buffer *text)
{
    for (size_t done = 0; done < text->length;) {
        ssize_t n = write(fd, text->bytes + done, text->length - done);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

static bool write_draft(const struct buffer *text)
{
    OWNED(close_fd) int fd = -1;

    unlink(DRAFT); /* of a process that was killed */
    fd = open(DRAFT, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    return fd >= 0 && fchmod(fd, 0644) == 0 && write_all(fd, text) && fsync(fd) == 0;
}

static bool exchange(const struct buffer *text)
{
    OWNED(close_fd) int folder = open(CONFIG_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int failed;

    if (folder < 0)
        return false;
    if (write_draft(text) && rename(DRAFT, NSS_CONF_FILE) == 0)
        return fsync(folder) == 0;
    failed = errno;
    unlink(DRAFT);
    errno = failed;
    return false;
}

bool nss_conf_write(const struct nss_facts *facts, struct error *why)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(NSS_CONF_MOST);

    if (!compose(&text, facts) || !will_be_understood(&text))
        return error_set(why, ERROR_CONFIG,
                         NSS_CONF_FILE " cannot hold this configuration: there are too many "
                                       "domains, or home and shell are no plain paths");
    return exchange(&text) || error_set(why, ERROR_SYSTEM, NSS_CONF_FILE ": %s", strerror(errno));
}
