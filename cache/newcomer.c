/* SPDX-License-Identifier: MIT */
#include "cache/newcomer.h"

#include "cache/id_window.h"

#include <errno.h>
#include <pwd.h>
#include <stddef.h>

#define ENTRY_MOST 16384 /* bytes that an entry of another source may take */

/*
 * A name to which another source gives a uid is that person's: whoever asks would get the one or
 * the other. A source that cannot answer now does not count: people must not be kept out by it.
 */
static bool is_nobodys(const char *name, struct error *why)
{
    char space[ENTRY_MOST];
    struct passwd person, *found = NULL;

    if (getpwnam_r(name, &person, space, sizeof space, &found) == ERANGE)
        return error_set(why, ERROR_REFUSED, "%s has a long entry from another source of names",
                         name);
    return !found || id_is_ours(found->pw_uid) ||
           error_set(why, ERROR_REFUSED, "%s is uid %u by another source of names", name,
                     (unsigned)found->pw_uid);
}

bool newcomer_may_come(const struct elsewhere *list, const char *name, struct error *why)
{
    if (id_window_waits())
        return error_set(why, ERROR_CONFIG,
                         "id_min and id_max are not in force: run latchkey config apply");
    if (!list)
        return is_nobodys(name, why);
    return !elsewhere_has_name(list, name) ||
           error_set(why, ERROR_REFUSED, "%s has another uid by another source of names", name);
}
