/* SPDX-License-Identifier: MIT */
#include "cache/nss_conf_file.h"

#include "cache/trust.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#define NOBODY 65534u

/* What passes by itself says nothing about the file. */
static enum nss_conf_read failed(void)
{
    switch (errno) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case EIO:
    case EINTR:
    case EAGAIN:
    case ESTALE:
    case ETIMEDOUT:
        return NSS_CONF_UNREAD;
    default:
        return NSS_CONF_UNFIT;
    }
}

static bool is_roots(const struct stat *status)
{
    return S_ISREG(status->st_mode) && (status->st_uid == 0 || status->st_uid == NOBODY) &&
           only_owner_writes(status) && status->st_size <= NSS_CONF_MOST;
}

/* Unfit is also a file that is larger than there is room. */
static enum nss_conf_read read_all(int fd, char text[NSS_CONF_MOST + 1], size_t *size)
{
    for (*size = 0; *size <= NSS_CONF_MOST;) {
        ssize_t n = read(fd, text + *size, NSS_CONF_MOST + 1 - *size);

        if (n < 0 && errno != EINTR)
            return failed();
        if (n == 0) {
            text[*size] = '\0';
            return NSS_CONF_FIT;
        }
        *size += n > 0 ? (size_t)n : 0;
    }
    return NSS_CONF_UNFIT;
}

static enum nss_conf_read read_file(int fd, char text[NSS_CONF_MOST + 1], struct nss_conf *conf)
{
    char path[] = NSS_CONF_FILE;
    struct stat status;
    enum nss_conf_read got;
    size_t size;

    errno = 0;
    if (fstat(fd, &status) != 0)
        return failed();
    if (!is_roots(&status))
        return NSS_CONF_UNFIT;
    if (!folders_are_closed(path, status.st_uid))
        return failed(); /* closed, or not to be looked at now */
    got = read_all(fd, text, &size);
    if (got == NSS_CONF_FIT && !nss_conf_parse(text, size, conf))
        return NSS_CONF_UNFIT;
    return got;
}

enum nss_conf_read nss_conf_read(char text[NSS_CONF_MOST + 1], struct nss_conf *conf)
{
    enum nss_conf_read got;
    int cancel, fd, before = errno;

    /* A thread cancelled in here would leave the descriptor behind. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    fd = open(NSS_CONF_FILE, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        got = read_file(fd, text, conf);
        close(fd);
    } else {
        got = errno == ENOENT ? NSS_CONF_ABSENT : failed();
    }
    pthread_setcancelstate(cancel, NULL);
    errno = before;
    return got;
}
