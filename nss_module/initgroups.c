/* SPDX-License-Identifier: MIT */
/*
 * initgroups(3), getgrouplist(3). Not optional: without it glibc walks through
 * all groups, and gives wrong lists to programs with threads.
 */
#include "nss_module/answer.h"
#include "nss_module/current.h"
#include "nss_module/form.h"
#include "nss_module/local_names.h"
#include "nss_module/settings.h"

#include <grp.h>
#include <stdlib.h>

enum nss_status _nss_latchkey_initgroups_dyn(const char *user, gid_t group, long *start, long *size,
                                             gid_t **groups, long limit, int *error);

/* glibc's list: `*start` of `*size` are taken; it grows by realloc, but never beyond `limit`. */
struct list {
    long *start, *size, limit;
    gid_t **groups;
};

/* Room for `count` more, or for what the limit leaves of them. False: no memory. */
static bool reserve(const struct list *list, uint32_t count)
{
    long size = *list->start + (long)count;
    gid_t *grown;

    if (list->limit > 0 && size > list->limit)
        size = list->limit;
    if (size <= *list->size)
        return true; /* glibc's list is never larger than its limit */
    grown = reallocarray(*list->groups, (size_t)size, sizeof **list->groups);
    if (!grown)
        return false;
    *list->groups = grown;
    *list->size = size;
    return true;
}

static bool has(const struct list *list, long from, gid_t gid)
{
    for (long i = from; i < *list->start; i++)
        if ((*list->groups)[i] == gid)
            return true;
    return false;
}

/* The groups of this machine that root has given to those who are in this one of the directory. */
static void add_local(const struct list *list, const struct nss_conf *conf, gid_t directory,
                      long from, gid_t skipped)
{
    for (size_t i = 0; i < conf->group_count && *list->start < *list->size; i++)
        if (conf->groups[i].directory == directory && conf->groups[i].local != skipped &&
            !has(list, from, conf->groups[i].local) && local_mapping_stands(i))
            (*list->groups)[(*list->start)++] = conf->groups[i].local;
}

static void add_all_local(const struct list *list, const struct nss_conf *conf,
                          const struct snapshot_gids *gids, gid_t skipped)
{
    long from = *list->start;

    for (uint32_t i = 0; conf->group_count && i < gids->count; i++)
        add_local(list, conf, snapshot_gid(gids, i), from, skipped);
}

/*
 * All that may be given, or none when that cannot be told. Groups are given by number, and are not
 * looked up: the window is ours, so a number inside it that no local group has means nothing but
 * what the snapshot says; and a name that may not be is refused to whoever asks for the number's.
 */
static enum lookup add_all(const struct list *list, const struct snapshot_gids *gids, gid_t skipped,
                           unsigned now)
{
    gid_t *taken = *list->groups + *list->start;
    size_t room = (size_t)(*list->size - *list->start);
    size_t count = snapshot_gids_copy(gids, skipped, taken, room);
    enum lookup lookup = local_gids_leave(taken, &count, now);

    if (lookup == LOOKUP_FOUND)
        *list->start += (long)count;
    return lookup;
}

enum nss_status _nss_latchkey_initgroups_dyn(const char *user, gid_t group, long *start, long *size,
                                             gid_t **groups, long limit, int *error)
{
    struct list list = {.start = start, .size = size, .limit = limit, .groups = groups};
    struct snapshot_gids gids;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    const struct nss_conf *conf;
    bool room = true;
    struct pin pin UNINITIALIZED;

    if (!may_be_a_person(user))
        return answer(LOOKUP_ABSENT, NULL, error);
    /* glibc asks here about everybody: a local user must not get the groups of a namesake. */
    lookup = local_names_permit(user);
    if (lookup != LOOKUP_FOUND)
        return answer(lookup, NULL, error);
    lookup = LOOKUP_UNAVAILABLE;
    conf = settings_of_this_process();
    if (current_pin(&pin)) {
        lookup = snapshot_gids_of(pin.snapshot, user, &gids);
        room = lookup != LOOKUP_FOUND ||
               reserve(&list, gids.count + (conf ? (uint32_t)conf->group_count : 0));
        if (lookup == LOOKUP_FOUND && room)
            lookup = add_all(&list, &gids, group, pin.now);
        if (lookup == LOOKUP_FOUND && room && conf)
            add_all_local(&list, conf, &gids, group);
        current_unpin(&pin);
    }
    if (!room) {
        *error = ENOMEM;
        return NSS_STATUS_TRYAGAIN;
    }
    return answer(lookup, NULL, error);
}
