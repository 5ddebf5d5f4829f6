/* SPDX-License-Identifier: MIT */
#include "nss_module/local_file.h"

#include "nss_module/bloom.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILE_MOST (64L << 20) /* bytes */
#define READ_STEP 4096u

static unsigned stamp_of(const struct stat *status)
{
    uint64_t stamp = mix(mix(status->st_dev, status->st_ino), (uint64_t)status->st_size);

    stamp = mix(mix(stamp, (uint64_t)status->st_mtim.tv_sec), (uint64_t)status->st_mtim.tv_nsec);
    stamp = mix(mix(stamp, (uint64_t)status->st_ctim.tv_sec), (uint64_t)status->st_ctim.tv_nsec);
    return (unsigned)stamp ? (unsigned)stamp : 1;
}

static bool read_all(int fd, void (*take)(void *reader, const char *bytes, size_t size),
                     void *reader)
{
    char bytes[READ_STEP];
    long all = 0;

    while (all <= FILE_MOST) {
        ssize_t size = read(fd, bytes, sizeof bytes);

        if (size < 0 && errno == EINTR)
            continue;
        if (size <= 0)
            return size == 0;
        take(reader, bytes, (size_t)size);
        all += size;
    }
    return false;
}

bool local_file_read(const char *path, void (*take)(void *reader, const char *bytes, size_t size),
                     void *reader, unsigned *stamp)
{
    int cancel, fd;
    struct stat status;
    bool done = false;

    /* A thread cancelled in here would leave the descriptor behind. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        if (fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && read_all(fd, take, reader)) {
            *stamp = stamp_of(&status);
            done = true;
        }
        close(fd);
    }
    pthread_setcancelstate(cancel, NULL);
    return done;
}

__attribute__((noinline)) bool local_file_has_changed(const char *path, unsigned stamp)
{
    struct stat status;

    return stat(path, &status) != 0 || stamp_of(&status) != stamp;
}
