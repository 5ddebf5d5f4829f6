/* SPDX-License-Identifier: MIT */
#include "cache/turn.h"

#include "base/own.h"
#include "cache/wait.h"

#include <errno.h>
#include <fcntl.h>

/* A byte of this file stands for each number; it never has any content. */
#define FILE_NAME "turns"

static enum turn_taking unusable(struct error *why)
{
    error_set(why, ERROR_SYSTEM, FILE_NAME ": %s", strerror(errno));
    return TURN_UNUSABLE;
}

enum turn_taking turn_take(int folder, uint32_t number, const struct deadline *deadline, int *turn,
                           struct error *why)
{
    OWNED(close_fd)
    int fd = openat(folder, FILE_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = number, .l_len = 1};

    if (fd < 0)
        return unusable(why);
    while (fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno != EAGAIN && errno != EACCES && errno != EINTR)
            return unusable(why);
        if (!wait_a_little(deadline)) {
            error_set(why, ERROR_SYSTEM, "another process has the turn for too long");
            return TURN_BUSY;
        }
    }
    *turn = take_fd(&fd);
    return TURN_TAKEN;
}
