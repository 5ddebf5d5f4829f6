/* SPDX-License-Identifier: MIT */
#include "cache/publish_lock.h"

#include "base/clock.h"
#include "base/own.h"
#include "cache/private_file.h"
#include "cache/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>

#define LOCK_FILE  "publish.lock"
#define PUBLISH_MS 20000

int publish_lock(int folder, struct error *why)
{
    OWNED(close_fd) int fd = private_file_open(folder, LOCK_FILE, O_RDWR | O_CREAT, why);
    struct deadline deadline = deadline_in_ms(PUBLISH_MS);

    if (fd < 0)
        return -1;
    while (flock(fd, LOCK_EX | LOCK_NB) != 0)
        if (errno != EWOULDBLOCK || !wait_a_little(&deadline)) {
            error_set(why, ERROR_SYSTEM, "waiting for another publisher: %m");
            return -1;
        }
    return take_fd(&fd);
}
