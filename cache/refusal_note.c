/* SPDX-License-Identifier: MIT */
#include "cache/refusal_note.h"

#include "base/own.h"
#include "cache/wait.h"

#include <errno.h>
#include <fcntl.h>

#define NAME_SIZE 32
#define LOCK_MS   200

static void name_of(uint32_t uid, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "refused-%u", (unsigned)uid);
}

/* An empty one was meant to say something, unless it is `fresh`: there was no room for the byte. */
static enum refused byte_read(int fd, bool fresh)
{
    uint8_t byte = 0;
    ssize_t length = pread(fd, &byte, 1, 0);

    if (length == 0 && fresh)
        return REFUSED_NOT;
    if (length != 1 || byte == REFUSED_NOT || byte >= REFUSED_KINDS)
        return REFUSED_REVOKED;
    return (enum refused)byte;
}

static int note_make(int folder, const char *name, bool *fresh)
{
    const int flags = O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK;
    int fd = openat(folder, name, flags | O_CREAT | O_EXCL, 0600);

    *fresh = fd >= 0;
    return fd >= 0 || errno != EEXIST ? fd : openat(folder, name, flags);
}

/* Whoever has it locked for longer does not keep the byte from being written. */
static void lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct deadline deadline = deadline_in_ms(LOCK_MS);

    while (fcntl(fd, F_OFD_SETLK, &whole) != 0 && wait_a_little(&deadline))
        ;
}

/* The file alone closes the door; the byte in it only says why. */
bool refusal_note_keep(int folder, uint32_t uid, enum refused refused, struct error *why)
{
    OWNED(close_fd) int fd = -1;
    char name[NAME_SIZE];
    bool fresh;
    uint8_t byte;

    name_of(uid, name);
    if (folder >= 0)
        fd = note_make(folder, name, &fresh);
    if (fd >= 0) {
        lock(fd);
        byte = (uint8_t)refused_worse(byte_read(fd, fresh), refused);
        if (pwrite(fd, &byte, 1, 0) == 1)
            return true;
    }
    return error_set(why, ERROR_SYSTEM, "a refusal cannot be kept in store or runtime folder: %s",
                     strerror(errno));
}

enum refused refusal_note_read(int folder, uint32_t uid)
{
    OWNED(close_fd) int fd = -1;
    char name[NAME_SIZE];

    name_of(uid, name);
    if (folder >= 0)
        fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return folder < 0 || errno == ENOENT ? REFUSED_NOT : REFUSED_REVOKED;
    return byte_read(fd, false);
}

void refusal_note_drop(int folder, uint32_t uid)
{
    char name[NAME_SIZE];

    name_of(uid, name);
    if (folder >= 0)
        unlinkat(folder, name, 0);
}
