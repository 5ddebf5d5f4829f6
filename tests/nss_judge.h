/* SPDX-License-Identifier: MIT */
/*
 * Asks the NSS module and judges each answer by what must hold whatever stands in the file: ids in
 * our window, legal names, none of a local group, the answer to the question that was asked, every
 * text within the buffer. For programs that count instead of ending at the first failure.
 */
#pragma once

#include "tests/nss_local.h"

#include <stdatomic.h>

#define JUDGE_ROOM 131072u

static atomic_uint judged_bad, judged_answers;
static const char *const no_locals[1];
static const char *const *judge_locals = no_locals; /* names of local groups; NULL-terminated */
static uint32_t judge_local_gid;                    /* the number of one; 0: of none */

__attribute__((format(printf, 2, 3))) static inline bool must(bool good, const char *format, ...)
{
    va_list args;

    if (good || atomic_fetch_add(&judged_bad, 1) > 20)
        return good;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return false;
}

static inline bool text_within(const char *text, const char *space)
{
    return text && text >= space && text < space + JUDGE_ROOM &&
           memchr(text, 0, (size_t)(space + JUDGE_ROOM - text));
}

static inline bool field_within(const char *text, const char *space, char first)
{
    return text_within(text, space) && name_is_field(text, strlen(text)) &&
           (!first || *text == first);
}

static inline void judge_person(enum nss_status status, const struct passwd *p, const char *name,
                                uint32_t uid, const char *space)
{
    if (status != NSS_STATUS_SUCCESS) {
        must(status == NSS_STATUS_NOTFOUND || status == NSS_STATUS_UNAVAIL ||
                 status == NSS_STATUS_TRYAGAIN,
             "a person: status %d", status);
        return;
    }
    atomic_fetch_add(&judged_answers, 1);
    must(text_within(p->pw_name, space) && name_is_person(p->pw_name), "a person's name");
    must(id_is_ours(p->pw_uid) && p->pw_gid == p->pw_uid, "a person's id %u", p->pw_uid);
    must(text_within(p->pw_passwd, space) && strcmp(p->pw_passwd, "*") == 0, "a password");
    must(field_within(p->pw_gecos, space, 0) && field_within(p->pw_dir, space, '/') &&
             field_within(p->pw_shell, space, '/'),
         "a person's texts");
    must(!name || strcmp(p->pw_name, name) == 0, "asked for %s, told of %s", name, p->pw_name);
    must(!uid || p->pw_uid == uid, "asked for %u, told of %u", uid, p->pw_uid);
}

static inline bool is_local_name(const char *name)
{
    for (const char *const *local = judge_locals; *local; local++)
        if (strcmp(*local, name) == 0)
            return true;
    return false;
}

static inline void judge_group(enum nss_status status, const struct group *g, const char *name,
                               uint32_t gid, const char *space)
{
    if (status != NSS_STATUS_SUCCESS) {
        must(status == NSS_STATUS_NOTFOUND || status == NSS_STATUS_UNAVAIL ||
                 status == NSS_STATUS_TRYAGAIN,
             "a group: status %d", status);
        return;
    }
    atomic_fetch_add(&judged_answers, 1);
    must(text_within(g->gr_name, space) && id_is_ours(g->gr_gid), "a group's gid %u", g->gr_gid);
    must(name_is_person(g->gr_name) ||
             (name_is_group(g->gr_name) && !name_is_dangerous(g->gr_name) &&
              !is_local_name(g->gr_name)),
         "a group called %s", g->gr_name);
    must(!name || strcmp(g->gr_name, name) == 0, "asked for %s, told of %s", name, g->gr_name);
    must(!gid || g->gr_gid == gid, "asked for %u, told of %u", gid, g->gr_gid);
    for (char **member = g->gr_mem; *member; member++)
        must(text_within(*member, space) && name_is_person(*member), "a member of %s", g->gr_name);
}

/* `space` has JUDGE_ROOM bytes. */
static inline void ask_about_name(const char *name, char *space)
{
    struct passwd person;
    struct group group;
    int result = 0;

    judge_person(nss.getpwnam(name, &person, space, JUDGE_ROOM, &result), &person, name, 0, space);
    judge_group(nss.getgrnam(name, &group, space, JUDGE_ROOM, &result), &group, name, 0, space);
}

static inline void ask_about_id(uint32_t id, char *space)
{
    struct passwd person;
    struct group group;
    int result = 0;

    judge_person(nss.getpwuid(id, &person, space, JUDGE_ROOM, &result), &person, NULL, id, space);
    judge_group(nss.getgrgid(id, &group, space, JUDGE_ROOM, &result), &group, NULL, id, space);
}

static inline void ask_about_list(const char *name)
{
    gid_t *list = calloc(4, sizeof *list);
    long taken = 1, size = 4;
    int result = 0;

    if (nss.initgroups(name, ID_MOST, &taken, &size, &list, 65536, &result) == NSS_STATUS_SUCCESS)
        for (long i = 1; i < taken; i++)
            must(id_is_ours(list[i]) && list[i] != judge_local_gid, "%s is in %u", name, list[i]);
    must(taken >= 1 && taken <= size && size <= 65536, "%s has %ld of %ld", name, taken, size);
    free(list);
}

static inline void ask_about_all(char *space)
{
    struct passwd person;
    struct group group;
    enum nss_status status;
    int result;

    nss.setpwent(0);
    while ((status = nss.getpwent(&person, space, JUDGE_ROOM, &result)) == NSS_STATUS_SUCCESS)
        judge_person(status, &person, NULL, 0, space);
    nss.endpwent();
    nss.setgrent(0);
    while ((status = nss.getgrent(&group, space, JUDGE_ROOM, &result)) == NSS_STATUS_SUCCESS)
        judge_group(status, &group, NULL, 0, space);
    nss.endgrent();
}
