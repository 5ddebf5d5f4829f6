/* SPDX-License-Identifier: MIT */
/*
 * Whom bench_nss asks for: a folder with `passwd` and `group` as tests/container/bench_people.py
 * writes them. Keys lie in memory in the order in which they are asked, so that a measurement holds
 * no cache misses of its own.
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
};

struct people {
    const char *text;  /* of passwd, ended by a line feed */
    size_t size, part; /* `part`: bytes of the lines that keys are taken from */
    unsigned tens;     /* groups of ten, ten0 and so on */
    uint32_t shared;   /* gid of share0; share1 and so on follow it */
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
        !map_text(folder, "group", &groups, &size))
        return false;
    people->part = part_of(people->text, people->size, keys);
    end = groups + size;
    for (line = groups; line < end; line = next_line(line, end)) {
        if (strncmp(line, "ten", 3) == 0)
            people->tens++;
        else if (strncmp(line, "share0:", 7) == 0)
            people->shared = (uint32_t)strtoul(line + sizeof "share0:x:" - 1, NULL, 10);
    }
    if (keys && people->tens > keys / 10)
        people->tens = (unsigned)(keys / 10);
    return people->tens > 0 && people->shared != 0;
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
    const char *at = people->text + people_chance(people) % people->part;

    while (at > people->text && at[-1] != '\n')
        at--;
    return read_line(at, key);
}

/* The entry of one name; the file is long, so this is for a few only. */
static inline bool find_person(const struct people *people, const char *name, struct key *key)
{
    const char *end = people->text + people->size;
    size_t length = strlen(name);

    for (const char *line = people->text; line < end; line = next_line(line, end))
        if ((size_t)(end - line) > length && memcmp(line, name, length) == 0 && line[length] == ':')
            return read_line(line, key);
    return false;
}
