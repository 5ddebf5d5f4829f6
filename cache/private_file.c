/* SPDX-License-Identifier: MIT */
#include "cache/private_file.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <sys/random.h>

#define DRAFT_MOST 64 /* bytes of a draft's name */

int private_folder_open(const char *path, struct error *why)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;

    if (fd < 0 || fstat(fd, &status) != 0) {
        error_set(why, ERROR_SYSTEM, "%s: %m", path);
    } else if (status.st_uid != geteuid() || (status.st_mode & 077)) {
        error_set(why, ERROR_SYSTEM, "%s must belong to uid %u with mode 0700", path, geteuid());
    } else {
        return fd;
    }
    close_fd(&fd);
    return -1;
}

bool private_file_check(const struct stat *status, const char *name, struct error *why)
{
    if (!S_ISREG(status->st_mode))
        return error_set(why, ERROR_SYSTEM, "%s is not a regular file", name);
    if (status->st_uid != geteuid() || (status->st_mode & 077))
        return error_set(why, ERROR_SYSTEM, "%s must belong to uid %u with mode 0600", name,
                         geteuid());
    return true;
}

int private_file_open(int folder, const char *name, int flags, struct error *why)
{
    /* O_NONBLOCK: a pipe in the place of the file must not make us wait. */
    int fd = openat(folder, name, flags | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
    struct stat status;
    int reason = errno;

    if (fd < 0 || fstat(fd, &status) != 0) {
        error_set(why, ERROR_SYSTEM, "%s: %s", name, strerror(reason));
    } else if (!private_file_check(&status, name, why)) {
        reason = EPERM;
    } else {
        return fd;
    }
    close_fd(&fd);
    errno = reason;
    return -1;
}

/* A file nobody else can know the name of; it has its name here only until it is placed. */
static int draft_create(int folder, const char *name, char draft[DRAFT_MOST])
{
    uint64_t number;

    if (getrandom(&number, sizeof number, 0) != sizeof number)
        return -1;
    snprintf(draft, DRAFT_MOST, "%s.draft-%016" PRIx64, name, number);
    return openat(folder, draft, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
}

/* Only btrfs knows this, and only for an empty file; elsewhere it fails, and is not needed. */
static void write_in_place(int fd)
{
    int flags;

    if (ioctl(fd, FS_IOC_GETFLAGS, &flags) == 0) {
        flags |= FS_NOCOW_FL;
        (void)ioctl(fd, FS_IOC_SETFLAGS, &flags);
    }
}

static bool draft_fill(int fd, const void *bytes, size_t count, size_t length)
{
    /* Allocated in full: writing to it later through a mapping must not meet a full disk. */
    if (length > count)
        write_in_place(fd);
    errno = posix_fallocate(fd, 0, (off_t)length);
    return errno == 0 && fchmod(fd, 0600) == 0 && pwrite(fd, bytes, count, 0) == (ssize_t)count &&
           fsync(fd) == 0;
}

bool private_file_create(int folder, const char *name, const void *bytes, size_t count,
                         size_t length, struct error *why)
{
    char draft[DRAFT_MOST];
    OWNED(close_fd) int fd = draft_create(folder, name, draft);
    bool placed;
    int reason;

    if (fd < 0)
        return error_set(why, ERROR_SYSTEM, "%s cannot be made: %m", name);
    /* A link, not a rename: of two creators the first one wins and the other one learns of it. */
    placed = draft_fill(fd, bytes, count, length) && linkat(folder, draft, folder, name, 0) == 0;
    reason = errno;
    unlinkat(folder, draft, 0);
    if (placed && fsync(folder) == 0)
        return true;
    if (!placed)
        errno = reason;
    reason = errno;
    error_set(why, ERROR_SYSTEM, "%s cannot be made: %m", name);
    errno = reason;
    return false;
}
