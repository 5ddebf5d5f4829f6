/* SPDX-License-Identifier: MIT */
/*
 * Whom bench_nss asks for: a folder with `passwd`, `group` and `lists` as bench_people.py of
 * tests/container writes them. Keys lie in memory in the order in which they are asked, so that a
 * measurement holds no cache misses of its own.
 */
#pragma once

#include "base/own.h"
#include "cache/name.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define PICKS    65536u
#define LISTED   2u /* people that are in exactly 5, 50 or 500 groups, of each kind */
#define DOMAIN   "@contoso.example"
#define NAME_FIT 64u /* longer names are not made */

struct key {
    char name[NAME_FIT];
    uint32_t id;
    uint64_t sum; /* of the gids; only of people of `lists` */
};

struct people {
    const char *text;  /* of passwd, ended by a line feed */
    size_t size, part; /* `part`: bytes of the lines that keys are taken from */
    const char *lists; /* NAME:NUMBER OF GROUPS:UID:SUM OF THEIR GIDS */
    size_t lists_size;
    unsigned teams; /* groups of ten, team-000000 and so on */
    uint64_t chance;
};

static inline bool map_text(const char *folder, const char *name, const char **text, size_t *size)
{
    char path[256];
    struct stat status;
    void *bytes;
    OWNED(close_fd) int fd = -1;

    snprintf(path, sizeof path, "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0 || status.st_size == 0)
        return false;
    bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    if (bytes == MAP_FAILED)
        return false;
    *text = bytes;
    *size = (size_t)status.st_size;
    return true;
}

static inline const char *next_line(const char *line, const char *end)
{
    const char *feed = memchr(line, '\n', (size_t)(end - line));

    return feed ? feed + 1 : end;
}

/* Where the lines of the first `keys` people end; 0 keys: of all. */
static inline size_t part_of(const char *text, size_t size, size_t keys)
{
    const char *line = text;

    if (!keys)
        return size;
    for (size_t i = 0; i < keys && line < text + size; i++)
        line = next_line(line, text + size);
    return (size_t)(line - text);
}

static inline bool people_read(const char *folder, size_t keys, struct people *people)
{
    const char *groups, *end, *line;
    size_t size;

    *people = (struct people){.chance = 1};
    if (!map_text(folder, "passwd", &people->text, &people->size) ||
        !map_text(folder, "lists", &people->lists, &people->lists_size) ||
        !map_text(folder, "group", &groups, &size))
        return false;
    people->part = part_of(people->text, people->size, keys);
    end = groups + size;
    for (line = groups; line < end; line = next_line(line, end))
        people->teams += strncmp(line, "team-", 5) == 0;
    if (keys && people->teams > keys / 10)
        people->teams = (unsigned)(keys / 10);
    return people->teams > 0;
}

static inline uint64_t people_chance(struct people *people)
{
    people->chance ^= people->chance << 13;
    people->chance ^= people->chance >> 7;
    people->chance ^= people->chance << 17;
    return people->chance;
}

static inline bool read_line(const char *line, struct key *key)
{
    size_t length = strcspn(line, ":\n");

    if (length >= sizeof key->name || line[length] != ':')
        return false;
    memcpy(key->name, line, length);
    key->name[length] = '\0';
    key->id = (uint32_t)strtoul(line + length + sizeof ":x:" - 1, NULL, 10);
    return id_is_ours(key->id);
}

/* Of the line that a random byte is in. */
static inline bool pick_person(struct people *people, struct key *key)
{
    const char *at = people->text;

    if (!people->part)
        return false;
    at += people_chance(people) % people->part;

    while (at > people->text && at[-1] != '\n')
        at--;
    return read_line(at, key);
}

/* The person of that number, from 0, of those in exactly `size` groups. */
static inline bool find_list(const struct people *people, unsigned size, unsigned number,
                             struct key *key)
{
    const char *end = people->lists + people->lists_size;

    for (const char *line = people->lists; line < end; line = next_line(line, end)) {
        size_t length = strcspn(line, ":\n");
        char *after;

        if (length >= sizeof key->name || line[length] != ':')
            return false;
        if (strtoul(line + length + 1, &after, 10) != size || number--)
            continue;
        memcpy(key->name, line, length);
        key->name[length] = '\0';
        key->id = (uint32_t)strtoul(after + 1, &after, 10);
        key->sum = strtoull(after + 1, NULL, 10);
        return id_is_ours(key->id);
    }
    return false;
}
