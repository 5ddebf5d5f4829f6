#include "login/prepare.h"

#include "base/own.h"
#include "cache/snapshot_read.h"
#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

OWN_DEFINE(store_owned, struct store, store_close);

static bool is_there(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Whether ids may have been given out before. A file that cannot be read may name people. */
static bool names_people(int folder, const char *name)
{
    OWNED(close_fd) int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    struct snapshot snapshot;
    struct stat status;
    void *bytes;
    bool people;

    if (fd < 0)
        return errno != ENOENT;
    if (fstat(fd, &status) != 0 || status.st_size <= 0)
        return true;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return true;
    people = !snapshot_from_bytes(bytes, (size_t)status.st_size, &snapshot) || snapshot.people > 0;
    munmap(bytes, (size_t)status.st_size);
    return people;
}

bool prepare_host(const char *private_folder, const char *public_folder, struct error *why)
{
    OWNED(close_fd) int private = open(private_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(close_fd) int public = open(public_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(store_owned) struct store *store = NULL;
    bool published;

    if (private < 0 || public < 0)
        return error_set(why, ERROR_CONFIG, "opening %s and %s: %s", private_folder, public_folder,
                         strerror(errno));
    if (!is_there(private, "store.db") &&
        (names_people(public, "snapshot") || names_people(public, "snapshot.previous")))
        return error_set(why, ERROR_SYSTEM,
                         "the store is lost, but %s names people: restore store.db and host.key",
                         public_folder);
    published = is_there(public, "snapshot");
    if (!store_create(private_folder, why) || !store_open(private_folder, &store, why) ||
        (!published && !store_publish(store, public_folder, why)))
        return false;
    printf("%s is ready%s\n", private_folder, published ? "" : ", and so is a first snapshot");
    return true;
}
