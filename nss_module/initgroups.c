/*
 * initgroups(3), getgrouplist(3). Not optional: without it glibc walks through
 * all groups, and gives wrong lists to programs with threads.
 */
#include "nss_module/answer.h"
#include "nss_module/current.h"

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

static bool add_all(const struct list *list, const struct snapshot_gids *gids, gid_t skipped)
{
    if (!reserve(list, gids->count))
        return false;
    for (uint32_t i = 0; i < gids->count && *list->start < *list->size; i++) {
        gid_t gid = snapshot_gid(gids, i);

        if (gid != 0 && gid != skipped)
            (*list->groups)[(*list->start)++] = gid;
    }
    return true;
}

enum nss_status _nss_latchkey_initgroups_dyn(const char *user, gid_t group, long *start, long *size,
                                             gid_t **groups, long limit, int *error)
{
    struct list list = {.start = start, .size = size, .limit = limit, .groups = groups};
    struct snapshot_gids gids;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    bool added = true;
    struct pin pin;

    if (!name_is_person(user))
        return answer(LOOKUP_ABSENT, NULL, error);
    if (current_pin(&pin)) {
        lookup = snapshot_gids_of(pin.snapshot, user, &gids);
        if (lookup == LOOKUP_FOUND)
            added = add_all(&list, &gids, group);
        current_unpin(&pin);
    }
    if (!added) {
        *error = ENOMEM;
        return NSS_STATUS_TRYAGAIN;
    }
    return answer(lookup, NULL, error);
}
