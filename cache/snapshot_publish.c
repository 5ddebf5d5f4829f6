/* SPDX-License-Identifier: MIT */
/*
 * From an image to the file that has the name. At every moment, also after a
 * power cut, the name leads to the whole old file or the whole new one.
 */
#include "base/own.h"
#include "cache/snapshot_build.h"
#include "cache/snapshot_write.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define NAME      "snapshot"
#define PREVIOUS  "snapshot.previous"
#define NEW       "snapshot.new"
#define NEXT_LINK "snapshot.previous.new"

struct publication {
    const char *folder; /* for error texts */
    int folder_fd;
    int old_fd; /* -1: there is none that we may change */
};

static bool failed(const struct publication *p, const char *what, struct error *why)
{
    return error_set(why, ERROR_SYSTEM, "%s/%s: cannot %s: %s", p->folder, NAME, what,
                     strerror(errno));
}

/* The old file's generation; 0 when there is none, or none that can be read. */
static uint64_t old_generation(const struct publication *p)
{
    struct snapshot_header header;
    OWNED(close_fd)
    int fd = openat(p->folder_fd, NAME, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

    if (fd < 0 || pread(fd, &header, sizeof header, 0) != sizeof header ||
        memcmp(header.magic, SNAPSHOT_MAGIC, sizeof header.magic) != 0)
        return 0;
    return le64toh(header.generation);
}

static bool write_all(int fd, const void *bytes, size_t size)
{
    const char *from = bytes;

    while (size) {
        ssize_t written = write(fd, from, size);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return false;
        from += written;
        size -= (size_t)written;
    }
    return true;
}

/* Space is taken first: a full disk is noticed before anything has been written. */
static bool write_image(const struct publication *p, int fd, const struct image *image,
                        struct error *why)
{
    int error = posix_fallocate(fd, 0, (off_t)le64toh(image->header.size));

    if (error) {
        errno = error;
        return failed(p, "reserve space", why);
    }
    if (!write_all(fd, &image->header, sizeof image->header) ||
        !write_all(fd, image->tables, image->tables_size) ||
        !write_all(fd, image->people, image->people_size) ||
        !write_all(fd, image->groups, image->groups_size))
        return failed(p, "write", why);
    if (fchmod(fd, 0644) != 0) /* whatever the umask */
        return failed(p, "set the mode", why);
    return fsync(fd) == 0 || failed(p, "sync", why);
}

static bool write_new(const struct publication *p, const struct image *image, struct error *why)
{
    OWNED(close_fd) int fd = -1;

    if (unlinkat(p->folder_fd, NEW, 0) != 0 && errno != ENOENT)
        return failed(p, "remove an unfinished one", why);
    fd = openat(p->folder_fd, NEW, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return failed(p, "create a new one", why);
    return write_image(p, fd, image, why);
}

/*
 * By a second link, so that the old file keeps its name until the new one takes it. What belongs
 * to somebody else, or stands on a file system without links, is not kept.
 */
static bool link_old(const struct publication *p, struct error *why)
{
    unlinkat(p->folder_fd, NEXT_LINK, 0);
    return linkat(p->folder_fd, NAME, p->folder_fd, NEXT_LINK, 0) == 0 || errno == ENOENT ||
           errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP ||
           failed(p, "keep the old one", why);
}

/*
 * Tells whoever maps the old file. By pwrite and not through a mapping: on a full copying file
 * system the one gives an error, the other SIGBUS. Only one byte changes, so it cannot be seen
 * half done. Failure is harmless: readers look for themselves every two seconds.
 */
static bool mark_old(const struct publication *p)
{
    uint32_t word = htole32(1);
    char magic[sizeof SNAPSHOT_MAGIC - 1];

    return p->old_fd >= 0 && pread(p->old_fd, magic, sizeof magic, 0) == sizeof magic &&
           memcmp(magic, SNAPSHOT_MAGIC, sizeof magic) == 0 &&
           pwrite(p->old_fd, &word, sizeof word, offsetof(struct snapshot_header, superseded)) ==
               sizeof word;
}

static bool replace(const struct publication *p, const struct image *image, struct error *why)
{
    bool synced;

    if (!write_new(p, image, why) || !link_old(p, why))
        return false;
    if (renameat(p->folder_fd, NEW, p->folder_fd, NAME) != 0)
        return failed(p, "put the new one in place", why);
    /* From here on the new one has the name; what fails now cannot bring the old one back. */
    renameat(p->folder_fd, NEXT_LINK, p->folder_fd, PREVIOUS);
    synced = fsync(p->folder_fd) == 0 || failed(p, "sync the folder", why);
    (void)mark_old(p);
    return synced;
}

static void remove_leftovers(const struct publication *p)
{
    unlinkat(p->folder_fd, NEW, 0);
    unlinkat(p->folder_fd, NEXT_LINK, 0);
}

struct folder {
    int fd, old_fd;
};

static void folder_close(struct folder *folder)
{
    close_fd(&folder->fd);
    close_fd(&folder->old_fd);
}

static bool folder_open(const char *path, struct folder *opened, struct publication *p,
                        struct error *why)
{
    *p = (struct publication){.folder = path, .old_fd = -1};
    opened->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (opened->fd < 0)
        return failed(p, "open the folder", why);
    opened->old_fd = openat(opened->fd, NAME, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    p->folder_fd = opened->fd;
    p->old_fd = opened->old_fd;
    return true;
}

static bool replace_or_clean(const struct publication *p, const struct image *image,
                             struct error *why)
{
    if (replace(p, image, why))
        return true;
    remove_leftovers(p);
    return false;
}

bool snapshot_publish(struct snapshot_builder *builder, const char *path, struct error *why)
{
    OWNED(folder_close) struct folder folder = {-1, -1};
    OWNED(image_release) struct image image = {0};
    struct publication p;

    if (!folder_open(path, &folder, &p, why))
        return false;
    if (!image_make(builder, old_generation(&p) + 1, &image, why))
        return error_context(why, "%s", path);
    return replace_or_clean(&p, &image, why);
}

bool snapshot_publish_again(const struct snapshot *older, const char *path, uint64_t *generation,
                            struct error *why)
{
    OWNED(folder_close) struct folder folder = {-1, -1};
    struct image image = {.tables = (unsigned char *)(uintptr_t)older->bytes + sizeof image.header,
                          .tables_size = older->people_at - sizeof image.header,
                          .people = (unsigned char *)(uintptr_t)older->bytes + older->people_at,
                          .people_size = older->groups_at - older->people_at,
                          .groups = (unsigned char *)(uintptr_t)older->bytes + older->groups_at,
                          .groups_size = older->size - older->groups_at};
    struct publication p;
    uint64_t before, its;

    if (!folder_open(path, &folder, &p, why))
        return false;
    memcpy(&image.header, older->bytes, sizeof image.header);
    its = le64toh(image.header.generation);
    before = old_generation(&p);
    before = before > its ? before : its;
    image.header.generation = htole64(before + 1);
    image.header.superseded = 0;
    image_seal(&image);
    if (!replace_or_clean(&p, &image, why))
        return false;
    *generation = before + 1;
    return true;
}
