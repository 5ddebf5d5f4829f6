/* SPDX-License-Identifier: MIT */
#include "cache/forced_note.h"

#include "base/own.h"
#include "cache/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>

#define FILE_NAME "forced-keys"

/* As it is kept. */
struct note {
    uint64_t url; /* a hash of it: another key set is none of its business */
    int64_t forced_at;
    uint64_t checksum;
};

/* FNV-1a. Against accidents, not against malice. */
static uint64_t hash_of(const void *bytes, size_t length, uint64_t hash)
{
    const unsigned char *at = bytes;

    for (size_t i = 0; i < length; i++)
        hash = (hash ^ at[i]) * 1099511628211U;
    return hash;
}

static struct note note_of(const char *url, int64_t forced_at)
{
    struct note note = {.url = hash_of(url, strlen(url), 14695981039346656037U),
                        .forced_at = forced_at};

    note.checksum = hash_of(&note.forced_at, sizeof note.forced_at, note.url);
    return note;
}

time_t forced_note_read(int folder, const char *url)
{
    OWNED(close_fd) int fd = -1;
    struct note note, good;

    if (folder >= 0)
        fd = private_file_open(folder, FILE_NAME, O_RDONLY, &(struct error){0});
    if (fd < 0 || pread(fd, &note, sizeof note, 0) != sizeof note)
        return 0;
    good = note_of(url, note.forced_at);
    return note.url == good.url && note.checksum == good.checksum && note.forced_at > 0 &&
                   note.forced_at <= time(NULL)
               ? note.forced_at
               : 0;
}

bool forced_note_keep(int folder, const char *url, time_t forced_at, struct error *why)
{
    const struct note note = note_of(url, forced_at);
    OWNED(close_fd) int fd = -1;

    if (folder < 0)
        return error_set(why, ERROR_SYSTEM, "there is no runtime folder");
    fd = private_file_open(folder, FILE_NAME, O_RDWR | O_CREAT, why);
    if (fd < 0)
        return false;
    return pwrite(fd, &note, sizeof note, 0) == sizeof note ||
           error_set(why, ERROR_SYSTEM, FILE_NAME ": %s", strerror(errno));
}
