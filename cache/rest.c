/* SPDX-License-Identifier: MIT */
#include "cache/rest.h"

#include "base/clock.h"
#include "base/own.h"

#include <fcntl.h>

#define PLACES 256u

/*
 * What the file `rests` has many of. Nothing tells one that two writers have torn: at worst it
 * lets somebody rest until another one's end, so for REST_SECONDS, or not at all.
 */
struct rest {
    uint64_t number;
    int64_t until_ms; /* on clock_ms() */
};

static int rests_open(int folder, int flags)
{
    return folder < 0 ? -1
                      : openat(folder, "rests", flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0600);
}

static off_t place_of(uint64_t number)
{
    return (off_t)(number % PLACES * sizeof(struct rest));
}

bool rest_holds(int folder, uint64_t number)
{
    OWNED(close_fd) int fd = rests_open(folder, O_RDONLY);
    struct rest rest;
    int64_t left;

    if (fd < 0 || pread(fd, &rest, sizeof rest, place_of(number)) != (ssize_t)sizeof rest)
        return false;
    left = rest.until_ms - clock_ms();
    return rest.number == number && left > 0 && left <= REST_SECONDS * 1000LL;
}

void rest_begin(int folder, uint64_t number)
{
    OWNED(close_fd) int fd = rests_open(folder, O_RDWR | O_CREAT);
    const struct rest rest = {number, clock_ms() + REST_SECONDS * 1000LL};

    if (fd >= 0 && number != 0)
        (void)!pwrite(fd, &rest, sizeof rest, place_of(number));
}
