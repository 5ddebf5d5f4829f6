/* SPDX-License-Identifier: MIT */
/*
 * A model of who is in a snapshot, published into a folder of its own and read
 * back: shared by the test programs about snapshots.
 */
#pragma once

#include "tests/check.h"

#include "base/own.h"
#include "cache/snapshot_walk.h"
#include "cache/snapshot_write.h"

#include <fcntl.h>
#include <sys/stat.h>

OWN_DEFINE(builder_release, struct snapshot_builder, snapshot_builder_release);

/* ---- a folder, and files in it ---- */

struct file {
    unsigned char *bytes; /* exactly `size` of them, so that ASan sees the first byte behind */
    size_t size;
};

static char folder[] = "/tmp/test_snapshot.XXXXXX";

static inline const char *in_folder(const char *name)
{
    static char path[sizeof folder + 64];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static inline struct file read_file(const char *name)
{
    OWNED(close_fd) int fd = open(in_folder(name), O_RDONLY | O_CLOEXEC);
    struct stat status = {0};
    struct file file;

    assert_true(fd >= 0 && fstat(fd, &status) == 0);
    file.size = status.st_size > 0 ? (size_t)status.st_size : 1;
    file.bytes = malloc(file.size);
    assert_non_null(file.bytes);
    assert_int_equal(read(fd, file.bytes, file.size), (ssize_t)file.size);
    return file;
}

static const char *const leftovers[] = {"snapshot", "snapshot.previous", "snapshot.new",
                                        "snapshot.previous.new", "victim"};

static inline int empty_folder(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof leftovers / sizeof leftovers[0]; i++)
        unlink(in_folder(leftovers[i]));
    return 0;
}

static inline int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static inline int remove_folder(void **state)
{
    empty_folder(state);
    return rmdir(folder);
}

/* ---- a model: who is in the snapshot ---- */

#define PEOPLE_MOST 3000u
#define GROUPS_MOST 40u
#define EACH_MOST   12u

struct model_person {
    uint32_t uid, gids[EACH_MOST];
    char name[64], gecos[64], home[80], shell[32];
    size_t count;
};

static struct model {
    struct model_person people[PEOPLE_MOST];
    uint32_t people_count, groups_count;
    char groups[GROUPS_MOST][32];
} model;

#define GID(i) (ID_LEAST + 7 + (uint32_t)(i)*3)

static uint32_t dice; /* deterministic: a failure can be had again */

static inline uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static inline void fill_model(uint32_t people, uint32_t groups)
{
    model.people_count = people;
    model.groups_count = groups;
    for (uint32_t i = 0; i < groups; i++)
        snprintf(model.groups[i], sizeof model.groups[i], "%.*s%u", (int)roll(9) + 1, "xudoteams",
                 i);
    for (uint32_t i = 0; i < people; i++) {
        struct model_person *p = &model.people[i];

        *p = (struct model_person){.uid = ID_MOST - i * 5};
        snprintf(p->name, sizeof p->name, "p%u%.*s@contoso.example", i, (int)roll(10),
                 "abcdefghij");
        snprintf(p->gecos, sizeof p->gecos, "%.*s", (int)roll(12), "M\xc3\xbcller, Ada");
        snprintf(p->home, sizeof p->home, "/home/%.60s", p->name);
        snprintf(p->shell, sizeof p->shell, "/bin/%.*s", (int)roll(4), "zsh");
        for (uint32_t k = 0, first = roll(groups + 1); groups && k < roll(EACH_MOST) && k < groups;
             k++)
            p->gids[p->count++] = GID((first + k) % groups);
    }
}

static inline bool add_model(struct snapshot_builder *builder, struct error *why)
{
    for (uint32_t i = 0; i < model.people_count; i++) {
        const struct model_person *p = &model.people[i];

        if (!snapshot_add_person(builder, p->uid, p->name, p->gecos, p->home, p->shell, p->gids,
                                 p->count, why))
            return false;
    }
    for (uint32_t i = 0; i < model.groups_count; i++)
        if (!snapshot_add_group(builder, GID(i), model.groups[i], why))
            return false;
    return true;
}

static inline void publish_model(void)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    struct error why = {0};

    if (!snapshot_builder_new(&builder, &why) || !add_model(builder, &why) ||
        !snapshot_publish(builder, folder, &why))
        fail_msg("%s", why.text);
}

static inline struct file model_file(uint32_t people, uint32_t groups)
{
    fill_model(people, groups);
    publish_model();
    return read_file("snapshot");
}

/* ---- asking, with room of exactly the size that was allocated ---- */

static char room[65536];

static inline struct answer_space space(void)
{
    return (struct answer_space){.bytes = room, .size = sizeof room};
}

static inline bool is_in_room(const void *text)
{
    return (const char *)text >= room && (const char *)text < room + sizeof room;
}
