/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_file.h"

#include "base/own.h"
#include "cache/snapshot_checksum.h"
#include "cache/snapshot_format.h"
#include "cache/snapshot_record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

static bool is_for_readers(const struct stat *status)
{
    return S_ISREG(status->st_mode) && (status->st_mode & 0777) == 0644;
}

/* By its first person. Nobody else's word: for tools, which compare it with root's. */
static enum names names_of(const struct snapshot *snapshot)
{
    struct person_record record;

    return snapshot->people && person_record_read(snapshot, snapshot->people_at, &record) &&
                   !memchr(snapshot->bytes + record.text_at, '@', record.name)
               ? NAMES_SHORT
               : NAMES_FULL;
}

bool snapshot_file_map(int folder, const char *name, struct snapshot *mapped)
{
    OWNED(close_fd) int fd = openat(folder, name, SNAPSHOT_FILE_OPEN);

    return fd >= 0 && snapshot_file_map_open(fd, mapped);
}

bool snapshot_file_map_open(int fd, struct snapshot *mapped)
{
    struct stat status;
    void *bytes;

    if (fstat(fd, &status) != 0)
        return false;
    errno = EINVAL;
    if (!is_for_readers(&status) || status.st_size <= 0)
        return false;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    if (snapshot_from_bytes(bytes, (size_t)status.st_size, mapped)) {
        mapped->names = names_of(mapped);
        return true;
    }
    munmap(bytes, (size_t)status.st_size);
    errno = EINVAL;
    return false;
}

void snapshot_file_unmap(struct snapshot *mapped)
{
    if (mapped->bytes)
        munmap((void *)(uintptr_t)mapped->bytes, mapped->size);
    *mapped = (struct snapshot){0};
}

bool snapshot_file_is_whole(const struct snapshot *mapped)
{
    struct checksum checksum = checksum_start();
    struct snapshot_header header;
    uint64_t said;

    memcpy(&header, mapped->bytes, sizeof header);
    said = le64toh(header.checksum);
    header.checksum = 0;
    header.superseded = 0;
    checksum_add(&checksum, &header, sizeof header);
    checksum_add(&checksum, mapped->bytes + sizeof header, mapped->size - sizeof header);
    return checksum_end(&checksum) == said;
}
