/* SPDX-License-Identifier: MIT */
#include "nss_module/mapping.h"

#include "cache/trust.h"
#include "config/paths.h"
#include "nss_module/form.h"
#include "nss_module/settings.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

bool mapping_has_the_name(const struct mapping *mapping)
{
    struct stat status;
    int before = errno;
    bool same = lstat(SNAPSHOT_PATH, &status) == 0 && status.st_dev == mapping->device &&
                status.st_ino == mapping->inode;

    errno = before;
    return same;
}

static bool map(int fd, struct mapping *made)
{
    char path[] = SNAPSHOT_PATH;
    struct mapping draft;
    struct stat status;
    void *bytes;

    /* So that ids and names are judged by what root has told. */
    if (!settings_are_known() || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) ||
        !only_owner_writes(&status) || status.st_size <= 0 ||
        (uintmax_t)status.st_size > SIZE_MAX || !folders_are_closed(path, status.st_uid))
        return false;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    if (!snapshot_from_bytes(bytes, (size_t)status.st_size, &draft.snapshot)) {
        munmap(bytes, (size_t)status.st_size);
        return false;
    }
    draft.snapshot.names = names_here();
    draft.device = status.st_dev;
    draft.inode = status.st_ino;
    /* A publisher gives the name away first, then marks. */
    draft.marked = snapshot_is_superseded(&draft.snapshot) && mapping_has_the_name(&draft);
    *made = draft;
    return true;
}

bool mapping_open(struct mapping *made)
{
    int before = errno, cancel, fd;
    bool mapped = false;

    /* A thread cancelled in open() would leave the descriptor behind. */
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &cancel);
    fd = open(SNAPSHOT_PATH, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
    if (fd >= 0) {
        mapped = map(fd, made);
        close(fd);
    }
    pthread_setcancelstate(cancel, NULL);
    errno = before;
    return mapped;
}

void mapping_close(struct mapping *mapping)
{
    if (mapping->snapshot.bytes)
        munmap((void *)(uintptr_t)mapping->snapshot.bytes, mapping->snapshot.size);
    *mapping = (struct mapping){0};
}
