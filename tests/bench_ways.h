/* SPDX-License-Identifier: MIT */
/*
 * The ways to ask that bench_nss compares, each as the functions of an NSS module: a module's own;
 * glibc's getpwnam_r(3) and its like, as programs call them; and a bare probe of the snapshot, which
 * finds, copies and checks nothing: the limit for any reader of that file.
 */
#pragma once

#include "cache/snapshot_format.h"
#include "cache/snapshot_read.h"

#include <dlfcn.h>
#include <errno.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>

struct way {
    enum nss_status (*person)(const char *, struct passwd *, char *, size_t, int *);
    enum nss_status (*uid)(uid_t, struct passwd *, char *, size_t, int *);
    enum nss_status (*group)(const char *, struct group *, char *, size_t, int *);
    enum nss_status (*lists)(const char *, gid_t, long *, long *, gid_t **, long, int *);
};

/* ---- a module ---- */

static inline void *function_of(void *module, const char *service, const char *function)
{
    char name[96];

    snprintf(name, sizeof name, "_nss_%s_%s", service, function);
    return dlsym(module, name);
}

/* `path`: "libc" for the services that are built into it. Functions that are not there stay NULL. */
static inline bool way_of_module(const char *path, const char *service, struct way *way)
{
    void *module = strcmp(path, "libc") == 0 ? RTLD_DEFAULT : dlopen(path, RTLD_NOW | RTLD_LOCAL);
    const struct {
        const char *name;
        void *to;
    } functions[] = {{"getpwnam_r", &way->person},
                     {"getpwuid_r", &way->uid},
                     {"getgrnam_r", &way->group},
                     {"initgroups_dyn", &way->lists}};

    if (!module && strcmp(path, "libc") != 0)
        return false;
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++)
        memcpy(functions[i].to, &(void *){function_of(module, service, functions[i].name)},
               sizeof(void *));
    return way->person != NULL;
}

/* ---- glibc ---- */

static inline enum nss_status status_of(int error, const void *found)
{
    if (error)
        return NSS_STATUS_UNAVAIL;
    return found ? NSS_STATUS_SUCCESS : NSS_STATUS_NOTFOUND;
}

static inline enum nss_status glibc_person(const char *name, struct passwd *out, char *buffer,
                                           size_t size, int *error)
{
    struct passwd *found;

    *error = getpwnam_r(name, out, buffer, size, &found);
    return status_of(*error, found);
}

static inline enum nss_status glibc_uid(uid_t uid, struct passwd *out, char *buffer, size_t size,
                                        int *error)
{
    struct passwd *found;

    *error = getpwuid_r(uid, out, buffer, size, &found);
    return status_of(*error, found);
}

static inline enum nss_status glibc_group(const char *name, struct group *out, char *buffer,
                                          size_t size, int *error)
{
    struct group *found;

    *error = getgrnam_r(name, out, buffer, size, &found);
    return status_of(*error, found);
}

static inline enum nss_status glibc_lists(const char *user, gid_t group, long *start, long *size,
                                          gid_t **groups, long limit, int *error)
{
    int count = (int)*size;

    (void)limit;
    *error = 0;
    if (getgrouplist(user, group, *groups, &count) < 0)
        return NSS_STATUS_UNAVAIL;
    *start = count;
    return NSS_STATUS_SUCCESS;
}

/* ---- the bare probe ---- */

static struct snapshot probed;

static inline bool probe_finds_name(size_t at, const char *name, size_t length)
{
    struct snapshot_person_record person;
    struct snapshot_group_record group;

    if (at < probed.groups_at) {
        memcpy(&person, probed.bytes + at, sizeof person);
        return person.name == length &&
               memcmp(probed.bytes + at + sizeof person, name, length) == 0;
    }
    memcpy(&group, probed.bytes + at, sizeof group);
    return group.name == length && memcmp(probed.bytes + at + sizeof group, name, length) == 0;
}

/* Of an id when `name` is NULL. 0: there is none. */
static inline size_t probe(size_t table, uint64_t hash, uint32_t key, const char *name,
                           size_t length)
{
    uint64_t bucket = snapshot_first_bucket(hash, probed.buckets);
    struct snapshot_entry entry;

    for (size_t i = 0;; i++) {
        if (i && i % SNAPSHOT_BUCKET == 0 && ++bucket == probed.buckets)
            bucket = 0;
        memcpy(&entry,
               probed.bytes + table + bucket * SNAPSHOT_LINE + i % SNAPSHOT_BUCKET * sizeof entry,
               sizeof entry);
        if (!entry.place)
            return 0;
        if (entry.key == key &&
            (!name || probe_finds_name((size_t)entry.place * SNAPSHOT_UNIT, name, length)))
            return (size_t)entry.place * SNAPSHOT_UNIT;
    }
}

static inline size_t probe_name(const char *name)
{
    size_t length = strlen(name);
    uint64_t hash = snapshot_hash_name(probed.seed, name, length);

    return probe(sizeof(struct snapshot_header), hash, (uint32_t)hash, name, length);
}

static inline enum nss_status probe_copy(size_t at, struct passwd *out, char *buffer)
{
    struct snapshot_person_record record;

    if (!at)
        return NSS_STATUS_NOTFOUND;
    memcpy(&record, probed.bytes + at, sizeof record);
    memcpy(buffer, probed.bytes + at + sizeof record,
           (size_t)record.name + record.gecos + record.home + record.shell + 4);
    *out = (struct passwd){.pw_name = buffer, .pw_uid = record.uid, .pw_gid = record.uid};
    out->pw_gecos = out->pw_name + record.name + 1;
    out->pw_dir = out->pw_gecos + record.gecos + 1;
    out->pw_shell = out->pw_dir + record.home + 1;
    return NSS_STATUS_SUCCESS;
}

static inline enum nss_status probe_person(const char *name, struct passwd *out, char *buffer,
                                           size_t size, int *error)
{
    (void)size;
    *error = 0;
    return probe_copy(probe_name(name), out, buffer);
}

static inline enum nss_status probe_uid(uid_t uid, struct passwd *out, char *buffer, size_t size,
                                        int *error)
{
    (void)size;
    *error = 0;
    return probe_copy(probe(probed.ids_at, snapshot_hash_id(probed.seed, uid), uid, NULL, 0), out,
                      buffer);
}

/* The name of a member whose place stands at `at`; its size. */
static inline size_t probe_member(size_t at, char *name)
{
    struct snapshot_person_record person;
    uint32_t place;

    memcpy(&place, probed.bytes + at, sizeof place);
    memcpy(&person, probed.bytes + (size_t)place * SNAPSHOT_UNIT, sizeof person);
    memcpy(name, probed.bytes + (size_t)place * SNAPSHOT_UNIT + sizeof person,
           (size_t)person.name + 1);
    return (size_t)person.name + 1;
}

static inline enum nss_status probe_group(const char *name, struct group *out, char *buffer,
                                          size_t size, int *error)
{
    struct snapshot_group_record record;
    char **members = (char **)(void *)buffer, *text;
    size_t at = probe_name(name), places;

    (void)size;
    *error = 0;
    if (!at)
        return NSS_STATUS_NOTFOUND;
    memcpy(&record, probed.bytes + at, sizeof record);
    text = buffer + ((size_t)record.members + 1) * sizeof *members;
    memcpy(text, probed.bytes + at + sizeof record, (size_t)record.name + 1);
    places = snapshot_round_up(at + sizeof record + record.name + 1, sizeof(uint32_t));
    *out = (struct group){.gr_name = text, .gr_gid = record.gid, .gr_mem = members};
    text += record.name + 1;
    for (uint32_t i = 0; i < record.members; i++) {
        text += probe_member(places + i * sizeof(uint32_t), members[i] = text);
    }
    members[record.members] = NULL;
    return NSS_STATUS_SUCCESS;
}

/* Into a list that has room. */
static inline enum nss_status probe_lists(const char *user, gid_t group, long *start, long *size,
                                          gid_t **groups, long limit, int *error)
{
    struct snapshot_person_record record;
    size_t at = probe_name(user), texts;

    (void)group;
    (void)limit;
    *error = 0;
    if (!at)
        return NSS_STATUS_NOTFOUND;
    memcpy(&record, probed.bytes + at, sizeof record);
    texts = (size_t)record.name + record.gecos + record.home + record.shell + 4;
    if (*size - *start < (long)record.gids)
        return NSS_STATUS_UNAVAIL;
    memcpy(*groups + *start,
           probed.bytes + at + sizeof record + (size_t)snapshot_round_up(texts, sizeof(uint32_t)),
           record.gids * sizeof(uint32_t));
    *start += (long)record.gids;
    return NSS_STATUS_SUCCESS;
}

static const struct way probing = {probe_person, probe_uid, probe_group, probe_lists},
                        calling = {glibc_person, glibc_uid, glibc_group, glibc_lists};
