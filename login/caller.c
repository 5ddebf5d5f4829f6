/* SPDX-License-Identifier: MIT */
#include "login/caller.h"

#include "base/own.h"
#include "cache/naming.h"

#include <pwd.h>

#define ENTRY_BYTES 16384 /* our own entries are far shorter */

static bool is_himself(const struct caller *caller, const char *name)
{
    OWNED(free_memory) char *memory = malloc(ENTRY_BYTES);
    struct passwd entry, *found = NULL;

    return memory && getpwnam_r(name, &entry, memory, ENTRY_BYTES, &found) == 0 && found &&
           strcmp(found->pw_name, name) == 0 && found->pw_uid == caller->uid;
}

bool caller_may_ask(const struct caller *caller, const struct request *request)
{
    struct naming naming;

    if (!naming_read(&naming, &(struct error){0}) || !name_fits(request->user, naming.names))
        return false;
    if (caller->uid == 0)
        return true;
    return (request->action == ACTION_AUTHENTICATE || request->action == ACTION_ACCOUNT) &&
           is_himself(caller, request->user);
}
