/* SPDX-License-Identifier: MIT */
#include "command/lines.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define ROOM_LEFT (64ul * 1024 * 1024)

bool lines_open(int fd, struct lines *lines, struct error *why)
{
    struct stat status;

    *lines = (struct lines){.fd = fd};
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return error_set(why, ERROR_SYSTEM, "not a file that can be read");
    lines->size = (uint64_t)status.st_size;
    lines->buffer = malloc(LINE_MOST + 1);
    return lines->buffer || error_set(why, ERROR_SYSTEM, "no memory for lines");
}

void lines_release(struct lines *lines)
{
    free(lines->buffer);
    lines->buffer = NULL;
}

/* Makes the buffer begin at the next line and be as full as it can. */
static bool fill(struct lines *lines, struct error *why)
{
    size_t done = (size_t)(lines->at - lines->from);

    memmove(lines->buffer, lines->buffer + done, lines->have - done);
    lines->have -= done;
    lines->from = lines->at;
    while (lines->have < LINE_MOST + 1) {
        ssize_t got = pread(lines->fd, lines->buffer + lines->have, LINE_MOST + 1 - lines->have,
                            (off_t)(lines->from + lines->have));

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(why, ERROR_SYSTEM, "reading line %zu: %m", lines->number);
        if (got == 0)
            break;
        lines->have += (size_t)got;
    }
    return true;
}

static const char *line_end(const struct lines *lines)
{
    size_t done = (size_t)(lines->at - lines->from);

    return lines->have > done ? memchr(lines->buffer + done, '\n', lines->have - done) : NULL;
}

/* To behind the end of a line that is longer than the buffer. */
static bool skip(struct lines *lines, struct error *why)
{
    const char *end = NULL;

    while (!end) {
        lines->at = lines->from + lines->have;
        if (!fill(lines, why))
            return false;
        if (!lines->have)
            return true;
        end = line_end(lines);
    }
    lines->at = lines->from + (uint64_t)(end - lines->buffer) + 1;
    return true;
}

enum line lines_next(struct lines *lines, const char **text, size_t *length, uint64_t *at,
                     struct error *why)
{
    const char *end = line_end(lines);

    lines->number++;
    if (!end) {
        if (!fill(lines, why))
            return LINES_FAILED;
        if (!lines->have)
            return LINES_END;
        end = line_end(lines);
    }
    *at = lines->at;
    if (!end && lines->have > LINE_MOST)
        return skip(lines, why) ? LINES_TOO_LONG : LINES_FAILED;
    *text = lines->buffer + (lines->at - lines->from);
    /* The last line may have no end. */
    *length = end ? (size_t)(end - *text) : lines->have;
    lines->at += *length + (end != NULL);
    return LINES_LINE;
}

/* The disk is that of the store: what never ends must not take the last of it from sign-ins. */
static bool has_room(int fd)
{
    struct statvfs disk;

    return fstatvfs(fd, &disk) != 0 || disk.f_blocks == 0 ||
           disk.f_bavail > ROOM_LEFT / disk.f_frsize;
}

static bool copy(int from, int to, struct error *why)
{
    char bytes[65536];
    ssize_t got;

    while ((got = read(from, bytes, sizeof bytes)) != 0) {
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return error_set(why, ERROR_SYSTEM, "reading: %m");
        if (!has_room(to))
            return error_set(why, ERROR_SYSTEM,
                             "the disk has no room for a copy of what comes: give it as a file");
        for (ssize_t done = 0, put; done < got; done += put) {
            put = write(to, bytes + done, (size_t)(got - done));
            if (put <= 0)
                return error_set(why, ERROR_SYSTEM, "keeping a copy: %m");
        }
    }
    return true;
}

int lines_seekable(int fd, const char *folder, struct error *why)
{
    OWNED(close_fd) int kept = -1;
    struct stat status;

    if (fstat(fd, &status) != 0) {
        error_set(why, ERROR_SYSTEM, "%m");
        return -1;
    }
    if (S_ISREG(status.st_mode))
        return fcntl(fd, F_DUPFD_CLOEXEC, 3);
    kept = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (kept < 0) {
        error_set(why, ERROR_SYSTEM, "a copy in %s: %m", folder);
        return -1;
    }
    return copy(fd, kept, why) ? take_fd(&kept) : -1;
}
