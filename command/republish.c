/* SPDX-License-Identifier: MIT */
#include "command/republish.h"

#include "base/own.h"
#include "cache/snapshot_file.h"
#include "cache/store_export.h"
#include "command/host.h"
#include "command/json.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/wait.h>

#define NAMED_MOST 20u /* the others are counted */

OWN_DEFINE(store_owned, struct store, store_close);
OWN_DEFINE(export_owned, struct store_export, store_export_release);

/* ---- in the child ---- */

static bool is_in(const struct snapshot *snapshot, const struct naming *naming, const char *name)
{
    char shown[NAME_MOST + 1];
    struct snapshot_gids ignored;

    return naming_shown(naming, name, shown) &&
           snapshot_gids_of(snapshot, shown, &ignored) == LOOKUP_FOUND;
}

static void tell_one(const char *name, size_t number, bool json)
{
    if (number > NAMED_MOST)
        return;
    if (json) {
        fputs(number > 1 ? ", " : "", stdout);
        json_print(name);
        return;
    }
    printf("%s has no name on this host: it is not of the one domain, or means power, or it or the "
           "id is a local user's or a group's\n",
           name);
}

static void tell_who_is_left_out(struct store *store, const struct snapshot *snapshot, bool json)
{
    OWNED(free_memory) struct exported_group *groups = calloc(GROUPS_MOST, sizeof *groups);
    OWNED(export_owned) struct store_export *export = NULL;
    struct exported_person person;
    struct error ignored = {0};
    size_t left_out = 0;

    if (!groups || !store_export_begin(store, &export, &ignored))
        return;
    fputs(json ? ",\n \"left_out\": [" : "", stdout);
    while (store_export_next(export, groups, &person, &ignored) == LOOKUP_FOUND)
        if (!is_in(snapshot, store_naming(store), person.name))
            tell_one(person.name, ++left_out, json);
    if (json)
        printf("], \"left_out_count\": %zu", left_out);
    else if (left_out > NAMED_MOST)
        printf("and %zu others have none\n", left_out - NAMED_MOST);
}

static bool publish(bool json, struct error *why)
{
    OWNED(close_fd) int folder = -1;
    OWNED(store_owned) struct store *store = NULL;
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    if (!host_become_owner(true, why) || !store_open(PRIVATE_DIR, &store, why) ||
        !store_publish(store, PUBLIC_DIR, why))
        return false;
    folder = open(PUBLIC_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || !snapshot_file_map(folder, "snapshot", &snapshot))
        return error_set(why, ERROR_SYSTEM, SNAPSHOT_PATH " cannot be read");
    tell_who_is_left_out(store, &snapshot, json);
    return true;
}

static int be_the_child(bool json)
{
    struct error why = {0};
    bool good = publish(json, &why);

    if (!good)
        fprintf(stderr, "%s\n", why.text);
    fflush(stdout);
    return !good;
}

/* ---- in the parent ---- */

bool republish(bool json, struct error *why)
{
    int status = 0;
    pid_t child;

    fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(be_the_child(json));
    if (child < 0)
        return error_set(why, ERROR_SYSTEM, "a process: %s", strerror(errno));
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return error_set(why, ERROR_SYSTEM, "waiting: %s", strerror(errno));
    return (WIFEXITED(status) && WEXITSTATUS(status) == 0) ||
           error_set(why, ERROR_SYSTEM,
                     "people are called otherwise now, but cannot be shown so: put that right and "
                     "run latchkey snapshot rebuild");
}
