/* SPDX-License-Identifier: MIT */
#include "command/child.h"

#include "base/clock.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

/* ---- in the child ---- */

/* A lock that it kept open would stay locked for as long as it likes, or as its children do. */
bool child_leave_everything(int fd)
{
    /* Out of the way, in case that any of them was closed. */
    int kept = fcntl(fd, F_DUPFD_CLOEXEC, CHILD_FD + 1),
        null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    return kept >= 0 && null >= 0 && dup2(null, STDIN_FILENO) >= 0 &&
           dup2(null, STDOUT_FILENO) >= 0 && dup2(null, STDERR_FILENO) >= 0 &&
           dup2(kept, CHILD_FD) >= 0 && close_range(CHILD_FD + 1, ~0u, 0) == 0;
}

static bool tell(const uint8_t *answer, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = write(CHILD_FD, answer + done, size - done);

        if (n < 0 && errno != EINTR)
            return false;
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

/* ---- in the parent ---- */

static bool hear(int fd, uint8_t *answer, size_t size, int64_t wait_ms)
{
    const struct deadline deadline = deadline_in_ms(wait_ms);

    for (size_t done = 0; done < size;) {
        struct pollfd wait = {.fd = fd, .events = POLLIN};
        int ready = poll(&wait, 1, deadline_left_ms(&deadline));
        ssize_t n = ready == 1 ? read(fd, answer + done, size - done) : ready;

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

bool child_ask(void (*task)(void *context, void *answer), void *context, void *answer, size_t size,
               int64_t wait_ms, struct error *why)
{
    OWNED(close_fd) int heard = -1;
    int ends[2];
    pid_t child;
    bool good;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(why, ERROR_SYSTEM, "a pipe: %s", strerror(errno));
    heard = ends[0];
    memset(answer, 0, size);
    child = fork();
    if (child == 0) {
        if (!child_leave_everything(ends[1]))
            _exit(1);
        task(context, answer);
        _exit(!tell(answer, size));
    }
    close(ends[1]);
    if (child < 0)
        return error_set(why, ERROR_SYSTEM, "a process: %s", strerror(errno));
    good = hear(heard, answer, size, wait_ms);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return good ||
           error_set(why, ERROR_SYSTEM, "no answer from the process that looks at the store");
}
