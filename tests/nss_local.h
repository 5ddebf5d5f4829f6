/* SPDX-License-Identifier: MIT */
/*
 * The NSS module with a local group file of our own, bound over the machine's for this process
 * alone. Each try is to be in a process of its own: what the module has read stays known to it.
 */
#pragma once

#include "tests/nss_questions.h"
#include "tests/place.h"

#define LOCAL STATE_DIR "/group"

static bool may_mount;

static inline void write_local(const char *text, size_t size)
{
    int fd = open(LOCAL, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, size), (ssize_t)size);
    close(fd);
}

static inline int begin(void **state)
{
    if (make_folders(state) != 0)
        return -1;
    write_local("", 0);
    may_mount = own_mounts() && mount(LOCAL, LOCAL_GROUP, "none", MS_BIND, NULL) == 0;
    return 0;
}

static inline int end(void **state)
{
    if (may_mount)
        umount(LOCAL_GROUP);
    unlink(LOCAL);
    unlink(STATE_DIR "/pipe");
    return remove_folders(state);
}

static inline int fresh(void **state)
{
    write_local("", 0);
    unlink(STATE_DIR "/pipe");
    return publish_first(state);
}

struct answers {
    enum nss_status by_name, by_gid;
    bool listed, walked;
    long others; /* of ada's groups, in her list */
    unsigned walked_over;
    enum nss_status list, walk;
};

static inline void ask_walk(struct answers *answers)
{
    struct group group;

    nss.setgrent(0);
    while ((answers->walk = nss.getgrent(&group, room, sizeof room, &error)) ==
           NSS_STATUS_SUCCESS) {
        answers->walked |= strcmp(group.gr_name, "team") == 0;
        answers->walked_over++;
    }
    nss.endgrent();
}

static inline struct answers ask_all(void)
{
    gid_t gids[GROUPS + 1], *list = gids;
    long taken = 1, size = GROUPS + 1;
    struct answers answers = {0};
    struct group group;

    gids[0] = ADA;
    answers.by_name = nss.getgrnam("team", &group, room, sizeof room, &error);
    answers.by_gid = nss.getgrgid(TEAM, &group, room, sizeof room, &error);
    answers.list = nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error);
    for (long i = 1; i < taken; i++) {
        answers.listed |= gids[i] == TEAM;
        answers.others += gids[i] != TEAM;
    }
    ask_walk(&answers);
    return answers;
}
