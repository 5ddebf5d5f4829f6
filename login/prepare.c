/* SPDX-License-Identifier: MIT */
#include "login/prepare.h"

#include "base/own.h"
#include "cache/snapshot_file.h"
#include "cache/store.h"

#include <errno.h>
#include <fcntl.h>

OWN_DEFINE(store_owned, struct store, store_close);

static bool is_there(int folder, const char *name)
{
    return faccessat(folder, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0 || errno != ENOENT;
}

/* Whether ids may have been given out before. A file that cannot be read may name somebody. */
static bool names_anybody(int folder, const char *name)
{
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    if (!is_there(folder, name))
        return false;
    return !snapshot_file_map(folder, name, &snapshot) || snapshot.people || snapshot.groups;
}

enum publication { MISSING, UNUSABLE, GOOD };

/* A snapshot that says it is superseded although it has the name is an older one, put back. */
static enum publication look_at(int folder)
{
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    if (!is_there(folder, "snapshot"))
        return MISSING;
    return snapshot_file_map(folder, "snapshot", &snapshot) && !snapshot_is_superseded(&snapshot) &&
                   snapshot_file_is_whole(&snapshot)
               ? GOOD
               : UNUSABLE;
}

static const char *const done[] = {[MISSING] = ", and so is a first snapshot",
                                   [UNUSABLE] = ", and so is a new snapshot for one that was not",
                                   [GOOD] = ""};

bool prepare_host(const char *private_folder, const char *public_folder, struct error *why)
{
    OWNED(close_fd) int private = open(private_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(close_fd) int public = open(public_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(store_owned) struct store *store = NULL;
    enum publication found;

    if (private < 0 || public < 0)
        return error_set(why, ERROR_CONFIG, "opening %s and %s: %s", private_folder, public_folder,
                         strerror(errno));
    if (!is_there(private, "store.db") &&
        (names_anybody(public, "snapshot") || names_anybody(public, "snapshot.previous")))
        return error_set(
            why, ERROR_SYSTEM,
            "the store is lost, but %s names people or groups: restore store.db and host.key, or "
            "run latchkey store recover",
            public_folder);
    found = look_at(public);
    if (!store_create(private_folder, why) || !store_open(private_folder, &store, why) ||
        (found != GOOD && !store_publish(store, public_folder, why)))
        return false;
    printf("%s is ready%s\n", private_folder, done[found]);
    return true;
}
