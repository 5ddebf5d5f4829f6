/* SPDX-License-Identifier: MIT */
#include "cache/boot.h"

#include "base/own.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

/* FNV-1a. */
uint32_t boot_tag(void)
{
    OWNED(close_fd) int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
    struct statfs place;
    char text[64];
    ssize_t length;
    uint32_t hash = 2166136261U;

    /* What somebody else mounted there is on another file system. */
    if (fd < 0 || fstatfs(fd, &place) != 0 || place.f_type != PROC_SUPER_MAGIC)
        return 0;
    length = read(fd, text, sizeof text);
    for (ssize_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    return length > 0 ? hash : 0;
}
