/* SPDX-License-Identifier: MIT */
/* getpwnam(3), getpwuid(3), getpwent(3): the snapshot's people as glibc wants them. */
#include "nss_module/answer.h"
#include "nss_module/coarse.h"
#include "nss_module/current.h"
#include "nss_module/first_sign_in.h"
#include "nss_module/form.h"
#include "nss_module/local_names.h"
#include "nss_module/settings.h"
#include "nss_module/walk.h"

#include <pwd.h>
#include <string.h>

enum nss_status _nss_latchkey_getpwnam_r(const char *name, struct passwd *out, char *buffer,
                                         size_t size, int *error);
enum nss_status _nss_latchkey_getpwuid_r(uid_t uid, struct passwd *out, char *buffer, size_t size,
                                         int *error);
enum nss_status _nss_latchkey_setpwent(int stay_open);
enum nss_status _nss_latchkey_getpwent_r(struct passwd *out, char *buffer, size_t size, int *error);
enum nss_status _nss_latchkey_endpwent(void);

static struct walk people;

#define NO_PASSWORD "*" /* none is known to NSS, and no shadow entry is needed */

/* The password comes first, so that the texts of the snapshot can be copied in one piece. */
static struct answer_space space_behind_password(char *buffer, size_t size)
{
    if (size < sizeof NO_PASSWORD)
        return (struct answer_space){.bytes = buffer};
    return (struct answer_space){.bytes = buffer + sizeof NO_PASSWORD,
                                 .size = size - sizeof NO_PASSWORD};
}

static enum nss_status fill(enum lookup lookup, const struct answer_space *space,
                            const struct snapshot_person *person, struct passwd *out, char *buffer,
                            int *error)
{
    if (lookup == LOOKUP_FOUND) {
        memcpy(buffer, NO_PASSWORD, sizeof NO_PASSWORD);
        *out = (struct passwd){.pw_name = person->name,
                               .pw_passwd = buffer,
                               .pw_uid = person->uid,
                               .pw_gid = person->uid,
                               .pw_gecos = person->gecos,
                               .pw_dir = person->home,
                               .pw_shell = person->shell};
    }
    return answer(lookup, space, error);
}

/* A full name, which no local group or user has, is not read again: it has only just been written. */
static enum lookup unless_local(enum lookup lookup, const struct snapshot_person *person,
                                unsigned now)
{
    if (lookup != LOOKUP_FOUND)
        return lookup;
    return names_here() == NAMES_FULL ? local_gid_permits(person->uid, now)
                                      : local_names_permit_with(person->name, person->uid, now);
}

static enum lookup by_name(const struct pin *pin, const char *name, struct answer_space *space,
                           struct snapshot_person *person)
{
    enum lookup lookup = snapshot_person_by_name(pin->snapshot, name, space, person);

    if (lookup == LOOKUP_ABSENT)
        return first_sign_in_answer(pin->snapshot, name, space, person);
    lookup = unless_local(lookup, person, pin->now);
    return lookup == LOOKUP_FOUND && !first_sign_in_agrees(person) ? LOOKUP_ABSENT : lookup;
}

enum nss_status _nss_latchkey_getpwnam_r(const char *name, struct passwd *out, char *buffer,
                                         size_t size, int *error)
{
    struct answer_space space = space_behind_password(buffer, size);
    struct snapshot_person person;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    struct pin pin UNINITIALIZED;

    if (!may_be_a_person(name))
        return answer(LOOKUP_ABSENT, NULL, error);
    if (current_pin(&pin)) {
        lookup = by_name(&pin, name, &space, &person);
        current_unpin(&pin);
    }
    return fill(lookup, &space, &person, out, buffer, error);
}

enum nss_status _nss_latchkey_getpwuid_r(uid_t uid, struct passwd *out, char *buffer, size_t size,
                                         int *error)
{
    struct answer_space space = space_behind_password(buffer, size);
    struct snapshot_person person;
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    struct pin pin UNINITIALIZED;

    if (!settings_window_has(uid))
        return answer(LOOKUP_ABSENT, NULL, error);
    if (current_pin(&pin)) {
        lookup = snapshot_person_by_uid(pin.snapshot, uid, &space, &person);
        current_unpin(&pin);
    }
    lookup = unless_local(lookup, &person, pin.now);
    return fill(lookup, &space, &person, out, buffer, error);
}

enum nss_status _nss_latchkey_setpwent(int stay_open)
{
    (void)stay_open;
    return _nss_latchkey_endpwent();
}

/* The next person who may be shown. What cannot be judged stays the next one. */
static enum lookup next_person(struct answer_space *space, struct snapshot_person *person)
{
    const struct snapshot *snapshot = &people.mapping.snapshot;
    struct snapshot_walk before;
    enum lookup next, lookup;

    do {
        before = people.place;
        next = snapshot_next_person(snapshot, &people.place, space, person);
        lookup = unless_local(next, person, coarse_seconds());
    } while (next == LOOKUP_FOUND && lookup == LOOKUP_ABSENT);
    if (lookup == LOOKUP_UNAVAILABLE)
        people.place = before;
    return lookup;
}

enum nss_status _nss_latchkey_getpwent_r(struct passwd *out, char *buffer, size_t size, int *error)
{
    struct answer_space space = space_behind_password(buffer, size);
    struct snapshot_person person;
    enum lookup lookup = LOOKUP_UNAVAILABLE;

    if (!walk_enter(&people)) {
        *error = EAGAIN;
        return NSS_STATUS_TRYAGAIN;
    }
    if (walk_open(&people))
        lookup = next_person(&space, &person);
    walk_leave(&people);
    return fill(lookup, &space, &person, out, buffer, error);
}

enum nss_status _nss_latchkey_endpwent(void)
{
    if (!walk_enter(&people))
        return NSS_STATUS_TRYAGAIN;
    walk_close(&people);
    walk_leave(&people);
    return NSS_STATUS_SUCCESS;
}
