/* SPDX-License-Identifier: MIT */
#include "pam_module/home.h"

#include "base/own.h"
#include "base/text.h"

#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/stat.h>

#define ENTRY_LEAST 1024 /* first try for what getpwnam_r writes to */
#define ENTRY_MOST  (256ul * 1024)
#define NAMELESS    65534 /* stands for an owner who has no number here */

static bool folder_check(const struct passwd *entry, struct error *why)
{
    struct stat status;

    if (*entry->pw_dir != '/' || stat(entry->pw_dir, &status) != 0 || status.st_uid == 0 ||
        status.st_uid == entry->pw_uid || status.st_uid == NAMELESS)
        return true;
    error_set(why, ERROR_REFUSED, "the home folder %.150s belongs to uid %u instead of %u",
              entry->pw_dir, status.st_uid, entry->pw_uid);
    text_printable(why->text);
    return false;
}

bool home_check(const char *name, struct error *why)
{
    int failed = ERANGE;

    for (size_t size = ENTRY_LEAST; failed == ERANGE && size <= ENTRY_MOST; size *= 4) {
        OWNED(free_memory) char *memory = malloc(size);
        struct passwd entry, *found = NULL;

        if (!memory)
            return error_set(why, ERROR_SYSTEM, "no memory");
        failed = getpwnam_r(name, &entry, memory, size, &found);
        if (!failed && found)
            return folder_check(found, why);
    }
    return true;
}
