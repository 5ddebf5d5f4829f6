/* SPDX-License-Identifier: MIT */
/*
 * A private and a public folder for one test, and people to put into them.
 * Everything lives under /dev/shm or /tmp and is removed again.
 */
#pragma once

#include "base/own.h"
#include "cache/store.h"
#include "tests/check.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

struct place {
    char private[32], public[32];
    int folder; /* the private one */
};

static inline void place_make(struct place *place)
{
    /* In memory where there is such a folder: thousands of fsync calls would only take time. */
    const char *root = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";

    snprintf(place->private, sizeof place->private, "%s/private-XXXXXX", root);
    snprintf(place->public, sizeof place->public, "%s/public-XXXXXX", root);
    assert_non_null(mkdtemp(place->private));
    assert_non_null(mkdtemp(place->public));
    place->folder = open(place->private, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(place->folder >= 0);
}

static inline int place_forget(const char *path, const struct stat *status, int flag,
                               struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

static inline void place_remove(struct place *place)
{
    close(place->folder);
    nftw(place->private, place_forget, 8, FTW_DEPTH | FTW_PHYS);
    nftw(place->public, place_forget, 8, FTW_DEPTH | FTW_PHYS);
}

/* Makes and opens a store there. */
static inline struct store *place_store(const struct place *place)
{
    struct store *store = NULL;
    struct error why = {0};

    if (!store_create(place->private, &why) || !store_open(place->private, &store, &why))
        fail_msg("%s", why.text);
    return store;
}

static inline void place_path(const struct place *place, const char *name, char path[64])
{
    snprintf(path, 64, "%s/%s", place->private, name);
}

/* All bytes of a file, with a NUL after them. */
static inline char *place_bytes(const struct place *place, const char *name, size_t *length)
{
    int fd = openat(place->folder, name, O_RDONLY | O_CLOEXEC);
    struct stat status;
    char *bytes;

    assert_true(fd >= 0);
    assert_int_equal(fstat(fd, &status), 0);
    *length = (size_t)status.st_size;
    bytes = calloc(1, *length + 1);
    assert_int_equal(read(fd, bytes, *length), *length);
    close(fd);
    return bytes;
}

static inline void place_write(const struct place *place, const char *name, const void *bytes,
                               size_t length, mode_t mode)
{
    int fd = openat(place->folder, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);

    assert_true(fd >= 0);
    assert_int_equal(fchmod(fd, mode), 0);
    assert_int_equal(write(fd, bytes, length), length);
    close(fd);
}

static inline struct account account_of(const char *object_id)
{
    struct account account = {.issuer = "https://login.example", .tenant = "contoso"};

    snprintf(account.object_id, sizeof account.object_id, "%s", object_id);
    return account;
}

/* Ada, accepted just now; to be changed as a test wants. */
#define ACCEPTANCE(account_)                            \
    ((struct acceptance){.account = (account_),         \
                         .name = "ada@contoso.example", \
                         .gecos = "Ada",                \
                         .home = "/home/ada",           \
                         .shell = "/bin/sh",            \
                         .now = 1000})

static inline struct person accept_person(struct store *store, const struct acceptance *acceptance)
{
    struct error why = {0};
    struct person person;
    bool changed;

    if (!store_accept(store, acceptance, &person, &changed, NULL, &why))
        fail_msg("%s", why.text);
    return person;
}

/* Runs `body` in a child; true when it returned 0. */
static inline bool in_child(int (*body)(const void *), const void *argument)
{
    int status;
    pid_t child = fork();

    if (child == 0)
        _exit(body(argument));
    assert_true(child > 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* For use in a child: mounts of its own. False where this is not allowed. */
static inline bool own_mounts(void)
{
    return unshare(CLONE_NEWNS) == 0 && mount(NULL, "/", "none", MS_REC | MS_PRIVATE, NULL) == 0;
}
#define CHILD_MAY_NOT 77
