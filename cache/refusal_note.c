/* SPDX-License-Identifier: MIT */
#include "cache/refusal_note.h"

#include "base/own.h"

#include <errno.h>
#include <fcntl.h>

#define NAME_SIZE 32

static void name_of(uint32_t uid, char name[NAME_SIZE])
{
    snprintf(name, NAME_SIZE, "refused-%u", (unsigned)uid);
}

bool refusal_note_keep(int folder, uint32_t uid, enum refused refused, struct error *why)
{
    OWNED(close_fd) int fd = -1;
    char name[NAME_SIZE];
    uint8_t byte = (uint8_t)refused;

    name_of(uid, name);
    if (folder >= 0)
        fd = openat(folder, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    /* The file alone closes the door; the byte in it only says why. */
    return (fd >= 0 && write(fd, &byte, 1) == 1) ||
           error_set(why, ERROR_SYSTEM, "a refusal cannot be kept in store or runtime folder: %s",
                     strerror(errno));
}

enum refused refusal_note_read(int folder, uint32_t uid)
{
    OWNED(close_fd) int fd = -1;
    char name[NAME_SIZE];
    uint8_t byte;

    name_of(uid, name);
    if (folder >= 0)
        fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0)
        return folder < 0 || errno == ENOENT ? REFUSED_NOT : REFUSED_REVOKED;
    if (read(fd, &byte, 1) != 1 || byte == REFUSED_NOT || byte >= REFUSED_KINDS)
        return REFUSED_REVOKED;
    return (enum refused)byte;
}

void refusal_note_drop(int folder, uint32_t uid)
{
    char name[NAME_SIZE];

    name_of(uid, name);
    if (folder >= 0)
        unlinkat(folder, name, 0);
}
