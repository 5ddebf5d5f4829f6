/* SPDX-License-Identifier: MIT */
#include "command/nss_conf.h"

#include "base/own.h"
#include "cache/name.h"
#include "cache/nss_conf.h"
#include "cache/wait.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/stat.h>

#define DRAFT   NSS_CONF_FILE ".new"
#define LOCK    NSS_CONF_FILE ".lock"
#define WAIT_MS 90000 /* longer than one that is waiting for the store */

/* What a line of the file can hold; a newline in a value would be a line of its own. */
static bool is_plain(const char *value)
{
    for (; *value; value++)
        if (*value <= ' ' || *value > '~')
            return false;
    return true;
}

static bool are_plain(const struct strings *values)
{
    for (size_t i = 0; i < values->count; i++)
        if (!is_plain(values->items[i]))
            return false;
    return true;
}

static bool all_is_plain(const struct nss_facts *facts)
{
    const struct config *config = facts->config;

    return is_plain(facts->issuer) && are_plain(&config->domains) && is_plain(config->home) &&
           is_plain(config->shell) && are_plain(&config->local_groups);
}

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
           add(text, "version 1\nwindow %u %u\nnames %s\n", config->id_min, config->id_max,
               config->names == NAMES_SHORT ? "short" : "full") &&
           (!*facts->issuer || add(text, "issuer %s\n", facts->issuer)) &&
           add_domains(text, &config->domains) &&
           add(text, "home %s\nshell %s\n", config->home, config->shell) &&
           add_groups(text, facts) && add(text, "end 1\n");
}

static bool domains_are_meant(const struct nss_conf *conf, const struct strings *domains)
{
    if (conf->domain_count != domains->count)
        return false;
    for (size_t i = 0; i < conf->domain_count; i++)
        if (strcmp(conf->domains[i], domains->items[i]) != 0)
            return false;
    return true;
}

static bool groups_are_meant(const struct nss_conf *conf, const struct nss_facts *facts)
{
    if (conf->group_count != facts->config->local_groups.count)
        return false;
    for (size_t i = 0; i < conf->group_count; i++)
        if (conf->groups[i].local != facts->local_gids[i] ||
            conf->groups[i].directory != facts->platform_gids[i])
            return false;
    return true;
}

static bool is_meant(const struct nss_conf *conf, const struct nss_facts *facts)
{
    const struct config *config = facts->config;

    return conf->window.least == config->id_min && conf->window.most == config->id_max &&
           conf->names == config->names && strcmp(conf->issuer, facts->issuer) == 0 &&
           strcmp(conf->home, config->home) == 0 && strcmp(conf->shell, config->shell) == 0 &&
           domains_are_meant(conf, &config->domains) && groups_are_meant(conf, facts);
}

/* By the module's own reader, which cuts what it reads: it must find what was meant, and no more. */
static bool will_be_understood(const struct buffer *text, const struct nss_facts *facts)
{
    OWNED(free_memory) char *copy = malloc(text->length + 1);
    struct nss_conf conf;

    if (!copy)
        return false;
    memcpy(copy, text->bytes, text->length + 1);
    return nss_conf_parse(copy, text->length, &conf) && is_meant(&conf, facts);
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

/* Not the folder, which anybody may open and lock. */
int nss_conf_lock(struct error *why)
{
    OWNED(close_fd) int fd = open(LOCK, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
    struct deadline deadline = deadline_in_ms(WAIT_MS);

    if (fd < 0) {
        error_set(why, ERROR_SYSTEM, LOCK ": %s", strerror(errno));
        return -1;
    }
    while (flock(fd, LOCK_EX | LOCK_NB) != 0)
        if (errno != EWOULDBLOCK || !wait_a_little(&deadline)) {
            error_set(why, ERROR_SYSTEM, "another latchkey config apply does not come to an end");
            return -1;
        }
    return take_fd(&fd);
}

bool nss_conf_write(const struct nss_facts *facts, struct error *why)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(NSS_CONF_MOST);

    if (!all_is_plain(facts) || !compose(&text, facts) || !will_be_understood(&text, facts))
        return error_set(why, ERROR_CONFIG,
                         NSS_CONF_FILE " cannot hold this configuration: there are too many "
                                       "domains, or a blank or a letter that is not ASCII in "
                                       "issuer, home or shell");
    return exchange(&text) || error_set(why, ERROR_SYSTEM, NSS_CONF_FILE ": %s", strerror(errno));
}
