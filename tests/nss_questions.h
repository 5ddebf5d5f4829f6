/* SPDX-License-Identifier: MIT */
/*
 * The NSS module as glibc loads it, and what it is asked in tests. Wants a build
 * with a state folder of its own (make B=... statedir=...), which is written to.
 */
#pragma once

#include "tests/check.h"

#include "base/own.h"
#include "cache/name.h"
#include "cache/snapshot_write.h"
#include "config/paths.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <nss.h>
#include <pwd.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>

OWN_DEFINE(builder_release, struct snapshot_builder, snapshot_builder_release);

static struct {
    enum nss_status (*getpwnam)(const char *, struct passwd *, char *, size_t, int *);
    enum nss_status (*getpwuid)(uid_t, struct passwd *, char *, size_t, int *);
    enum nss_status (*setpwent)(int);
    enum nss_status (*getpwent)(struct passwd *, char *, size_t, int *);
    enum nss_status (*endpwent)(void);
    enum nss_status (*getgrnam)(const char *, struct group *, char *, size_t, int *);
    enum nss_status (*getgrgid)(gid_t, struct group *, char *, size_t, int *);
    enum nss_status (*setgrent)(int);
    enum nss_status (*getgrent)(struct group *, char *, size_t, int *);
    enum nss_status (*endgrent)(void);
    enum nss_status (*initgroups)(const char *, gid_t, long *, long *, gid_t **, long, int *);
} nss;

static const struct {
    const char *name;
    void *to;
} entries[] = {
    {"getpwnam_r", &nss.getpwnam},       {"getpwuid_r", &nss.getpwuid},
    {"setpwent", &nss.setpwent},         {"getpwent_r", &nss.getpwent},
    {"endpwent", &nss.endpwent},         {"getgrnam_r", &nss.getgrnam},
    {"getgrgid_r", &nss.getgrgid},       {"setgrent", &nss.setgrent},
    {"getgrent_r", &nss.getgrent},       {"endgrent", &nss.endgrent},
    {"initgroups_dyn", &nss.initgroups},
};

static inline bool load(const char *path)
{
    void *module = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    char name[64];

    for (size_t i = 0; module && i < sizeof entries / sizeof entries[0]; i++) {
        void *found;

        snprintf(name, sizeof name, "_nss_latchkey_%s", entries[i].name);
        found = dlsym(module, name);
        if (!found)
            return false;
        memcpy(entries[i].to, &found, sizeof found);
    }
    return module != NULL;
}

/* ---- what is published: three people, two groups, a big one; texts carry the round ---- */

#define ADA    (ID_LEAST + 100)
#define BOB    (ID_LEAST + 101)
#define TEAM   (ID_LEAST + 1)
#define BIG    (ID_LEAST + 2)
#define CROWD  30u
#define ADAS   "ada@contoso.example"
#define GROUPS 23u /* that ada is in, from TEAM on; no multiple of four */

static inline bool fill(struct snapshot_builder *b, unsigned round, struct error *why)
{
    uint32_t gids[GROUPS];
    char text[64], home[64];
    bool good = true;

    snprintf(text, sizeof text, "round %u", round);
    snprintf(home, sizeof home, "/home/%u", round);
    for (uint32_t i = 0; i < GROUPS; i++) {
        char name[32];

        gids[i] = TEAM + i;
        snprintf(name, sizeof name, i == 0 ? "team" : i == 1 ? "big" : "g%u", i);
        good = good && snapshot_add_group(b, gids[i], name, why);
    }
    good = good && snapshot_add_person(b, ADA, ADAS, text, home, "/bin/sh", gids, GROUPS, why) &&
           snapshot_add_person(b, BOB, "bob@contoso.example", text, home, "/bin/sh", NULL, 0, why);
    for (uint32_t i = 0; i < CROWD; i++) {
        char name[64];

        snprintf(name, sizeof name, "crowd%u@contoso.example", i);
        good =
            good && snapshot_add_person(b, BOB + 1 + i, name, "", "/", "/bin/sh", &gids[1], 1, why);
    }
    return good;
}

static inline void publish(unsigned round)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    struct error why = {0};

    if (!snapshot_builder_new(&builder, &why) || !fill(builder, round, &why) ||
        !snapshot_publish(builder, PUBLIC_DIR, &why)) {
        print_error("%s\n", why.text);
        abort(); /* also in threads */
    }
}

static inline int publish_first(void **state)
{
    (void)state;
    publish(1);
    return 0;
}

static inline enum nss_status ada(struct passwd *found)
{
    static _Thread_local char buffer[1024];
    int error = 0;

    return nss.getpwnam(ADAS, found, buffer, sizeof buffer, &error);
}

static inline unsigned round_of(const struct passwd *found)
{
    return (unsigned)strtoul(found->pw_gecos + strlen("round "), NULL, 10);
}

static inline void expect_round(unsigned round)
{
    struct passwd found;

    assert_int_equal(ada(&found), NSS_STATUS_SUCCESS);
    assert_int_equal(round_of(&found), round);
}

/* Within two seconds, or a minute on a machine that has much to do. */
static inline void expect_soon(unsigned round)
{
    struct passwd found;
    struct timespec now;
    time_t until;

    clock_gettime(CLOCK_MONOTONIC, &now);
    until = now.tv_sec + 60;
    do {
        assert_int_equal(ada(&found), NSS_STATUS_SUCCESS);
        clock_gettime(CLOCK_MONOTONIC, &now);
        sched_yield();
    } while (round_of(&found) != round && now.tv_sec < until);
    assert_int_equal(round_of(&found), round);
}

static char room[65536];
static int error;

static inline long groups_of(const char *name, gid_t group, long size, long limit, gid_t **list,
                             long *taken)
{
    *list = size ? calloc((size_t)size, sizeof **list) : NULL;
    *taken = 0;
    return nss.initgroups(name, group, taken, &size, list, limit, &error) == NSS_STATUS_SUCCESS
               ? size
               : -1;
}

static bool made_state, made_public;

static inline int make_folders(void **state)
{
    (void)state;
    made_state = mkdir(STATE_DIR, 0755) == 0;
    made_public = mkdir(PUBLIC_DIR, 0755) == 0;
    return access(PUBLIC_DIR, W_OK);
}

static inline int remove_folders(void **state)
{
    (void)state;
    unlink(SNAPSHOT_PATH);
    unlink(SNAPSHOT_PATH ".previous");
    if (made_public)
        rmdir(PUBLIC_DIR);
    if (made_state)
        rmdir(STATE_DIR);
    return 0;
}

/* A state folder that may be the machine's own is not to be touched. */
static inline bool may_use_state_dir(void)
{
    return strncmp(STATE_DIR, "/var/", 5) != 0 && strncmp(STATE_DIR, "/usr/", 5) != 0;
}

/* Programs that use the same state folder take turns; until the end of this process. */
static inline bool take_turn(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);

    return fd >= 0 && flock(fd, LOCK_EX) == 0;
}

/* The argument, or what stands beside this program. */
static inline void module_path(int argc, char **argv, char path[4096])
{
    const char *slash = strrchr(argv[0], '/');

    snprintf(path, 4096, "%.*s/../libnss_latchkey.so.2", slash ? (int)(slash - argv[0]) : 1,
             slash ? argv[0] : ".");
    if (argc > 1)
        snprintf(path, 4096, "%s", argv[1]);
}

static inline bool load_module(int argc, char **argv)
{
    char path[4096];

    module_path(argc, argv, path);
    if (may_use_state_dir() && load(path) && take_turn(path))
        return true;
    printf("wants a module built with a statedir of its own, not %s: %s\n", STATE_DIR, path);
    return false;
}
