/* SPDX-License-Identifier: MIT */
#include "cache/snapshot_rollback.h"

#include "base/own.h"
#include "cache/naming.h"
#include "cache/private_file.h"
#include "cache/publish_lock.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_write.h"

#include <errno.h>
#include <fcntl.h>

static void remember_first(void *context, size_t at, const char *what)
{
    struct error *why = context;

    if (why->kind == ERROR_NONE)
        error_set(why, ERROR_MALFORMED, SNAPSHOT_PREVIOUS ": byte %zu: %s", at, what);
}

/* Nobody would be found in it, or somebody else of that name. */
static bool is_as_people_are_called(const struct snapshot *mapped, struct error *why)
{
    struct naming naming;

    if (!naming_read(&naming, why))
        return false;
    return !mapped->people || mapped->domain == naming_mark(&naming) ||
           error_set(why, ERROR_CONFIG,
                     SNAPSHOT_PREVIOUS
                     " is of the time before `names`, or the domain of short names, was changed");
}

static enum lookup previous_map(int folder, struct snapshot *mapped, struct snapshot_facts *facts,
                                struct error *why)
{
    struct error first = {0};
    struct snapshot_faults faults = {.tell = remember_first, .context = &first};

    if (!snapshot_file_map(folder, SNAPSHOT_PREVIOUS, mapped)) {
        error_set(why, ERROR_SYSTEM, "%s",
                  errno == ENOENT ? "there is no " SNAPSHOT_PREVIOUS
                                  : SNAPSHOT_PREVIOUS " is not a snapshot that can be read");
        return LOOKUP_ABSENT;
    }
    if (!snapshot_check(mapped, facts, &faults, why))
        return LOOKUP_UNAVAILABLE;
    if (!faults.count && is_as_people_are_called(mapped, &first))
        return LOOKUP_FOUND;
    *why = first;
    return LOOKUP_ABSENT;
}

enum lookup snapshot_rollback(const char *private_folder, const char *public_folder,
                              struct rollback *done, struct error *why)
{
    OWNED(close_fd) int private = private_folder_open(private_folder, why);
    OWNED(close_fd) int lock = private < 0 ? -1 : publish_lock(private, why);
    OWNED(close_fd) int public = -1;
    OWNED(snapshot_file_unmap) struct snapshot previous = {0};
    struct rollback made;
    enum lookup found;

    if (lock < 0)
        return LOOKUP_UNAVAILABLE;
    public = open(public_folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (public < 0) {
        error_set(why, ERROR_SYSTEM, "%s: %m", public_folder);
        return LOOKUP_UNAVAILABLE;
    }
    found = previous_map(public, &previous, &made.previous, why);
    if (found != LOOKUP_FOUND)
        return found;
    if (!snapshot_publish_again(&previous, public_folder, &made.generation, why))
        return LOOKUP_UNAVAILABLE;
    *done = made;
    return LOOKUP_FOUND;
}
