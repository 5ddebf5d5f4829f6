/* SPDX-License-Identifier: MIT */
/* getgrnam(3), getgrgid(3), getgrent(3): the snapshot's groups, and each person's own. */
#include "nss_module/answer.h"
#include "nss_module/coarse.h"
#include "nss_module/current.h"
#include "nss_module/form.h"
#include "nss_module/local_names.h"
#include "nss_module/settings.h"
#include "nss_module/walk.h"

#include <grp.h>
#include <string.h>

enum nss_status _nss_latchkey_getgrnam_r(const char *name, struct group *out, char *buffer,
                                         size_t size, int *error);
enum nss_status _nss_latchkey_getgrgid_r(gid_t gid, struct group *out, char *buffer, size_t size,
                                         int *error);
enum nss_status _nss_latchkey_setgrent(int stay_open);
enum nss_status _nss_latchkey_getgrent_r(struct group *out, char *buffer, size_t size, int *error);
enum nss_status _nss_latchkey_endgrent(void);

static struct walk groups;

#define NO_PASSWORD "*"

/* The password goes last, so that it does not disturb the alignment of what comes before. */
static struct answer_space space_before_password(char *buffer, size_t size)
{
    return (struct answer_space){.bytes = buffer,
                                 .size = size < sizeof NO_PASSWORD ? 0 : size - sizeof NO_PASSWORD};
}

static enum lookup unless_local(enum lookup lookup, const struct snapshot_group *group,
                                unsigned now)
{
    return lookup == LOOKUP_FOUND ? local_names_permit_with(group->name, group->gid, now) : lookup;
}

static enum nss_status fill(enum lookup lookup, const struct answer_space *space,
                            const struct snapshot_group *group, struct group *out, int *error)
{
    if (lookup == LOOKUP_FOUND) {
        *out = (struct group){
            .gr_name = group->name,
            .gr_passwd = memcpy(space->bytes + space->size, NO_PASSWORD, sizeof NO_PASSWORD),
            .gr_gid = group->gid,
            .gr_mem = group->members};
    }
    return answer(lookup, space, error);
}

enum nss_status _nss_latchkey_getgrnam_r(const char *name, struct group *out, char *buffer,
                                         size_t size, int *error)
{
    struct answer_space space = space_before_password(buffer, size);
    struct snapshot_group group;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    struct pin pin UNINITIALIZED;

    if (!name_is_group(name) && !may_be_a_person(name))
        return answer(LOOKUP_ABSENT, NULL, error);
    if (current_pin(&pin)) {
        lookup = snapshot_group_by_name(pin.snapshot, name, &space, &group);
        current_unpin(&pin);
    }
    lookup = unless_local(lookup, &group, pin.now);
    return fill(lookup, &space, &group, out, error);
}

enum nss_status _nss_latchkey_getgrgid_r(gid_t gid, struct group *out, char *buffer, size_t size,
                                         int *error)
{
    struct answer_space space = space_before_password(buffer, size);
    struct snapshot_group group;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    struct pin pin UNINITIALIZED;

    if (!settings_window_has(gid))
        return answer(LOOKUP_ABSENT, NULL, error);
    if (current_pin(&pin)) {
        lookup = snapshot_group_by_gid(pin.snapshot, gid, &space, &group);
        current_unpin(&pin);
    }
    lookup = unless_local(lookup, &group, pin.now);
    return fill(lookup, &space, &group, out, error);
}

enum nss_status _nss_latchkey_setgrent(int stay_open)
{
    (void)stay_open;
    return _nss_latchkey_endgrent();
}

/* The next group that may be shown. What cannot be judged stays the next one. */
static enum lookup next_group(struct answer_space *space, struct snapshot_group *group)
{
    const struct snapshot *snapshot = &groups.mapping.snapshot;
    struct snapshot_walk before;
    enum lookup next, lookup;

    do {
        before = groups.place;
        next = snapshot_next_group(snapshot, &groups.place, space, group);
        lookup = unless_local(next, group, coarse_seconds());
    } while (next == LOOKUP_FOUND && lookup == LOOKUP_ABSENT);
    if (lookup == LOOKUP_UNAVAILABLE)
        groups.place = before;
    return lookup;
}

enum nss_status _nss_latchkey_getgrent_r(struct group *out, char *buffer, size_t size, int *error)
{
    struct answer_space space = space_before_password(buffer, size);
    struct snapshot_group group;
    enum lookup lookup = LOOKUP_UNAVAILABLE;

    if (!walk_enter(&groups)) {
        *error = EAGAIN;
        return NSS_STATUS_TRYAGAIN;
    }
    if (walk_open(&groups))
        lookup = next_group(&space, &group);
    walk_leave(&groups);
    return fill(lookup, &space, &group, out, error);
}

enum nss_status _nss_latchkey_endgrent(void)
{
    if (!walk_enter(&groups))
        return NSS_STATUS_TRYAGAIN;
    walk_close(&groups);
    walk_leave(&groups);
    return NSS_STATUS_SUCCESS;
}
