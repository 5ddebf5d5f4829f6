/* SPDX-License-Identifier: MIT */
/* A snapshot of about 64 KiB in two files that take turns, and who stands where in it. */
#pragma once

#include "tests/nss_judge.h"

#include "cache/snapshot_format.h"
#include "cache/snapshot_record.h"

#include <stdlib.h>
#include <sys/mman.h>

#define PEOPLE 340u
#define TEAMS  24u
#define OTHER  SNAPSHOT_PATH ".other"
#define HANG   120u
#define NEAR   24u /* owners of one line that are asked about */

static struct {
    uint32_t at; /* of the record */
    uint32_t id;
    char name[48];
} owners[PEOPLE + TEAMS]; /* in the order of the file */

/* Each is one bit away from a local group, or from a dangerous name. */
static const char *const near_names[] = {"sudn", "dockes", "ops-admil", "backoffica", "rgot"};
#define NEAR_NAMES (sizeof near_names / sizeof near_names[0])
static const char *const locals[] = {"ops-admin", "backoffice", "payroll", NULL};
/* The last one's number is in our window, one bit away from a team's. */
static const char local_file[] =
    "ops-admin:x:1200:\nbackoffice:x:1201:\npayroll:x:1202:\nnear:x:1879048240:\n";
#define LOCAL_GID 1879048240u

static struct {
    unsigned char *bytes; /* mapped, shared */
    size_t length;
    int fd;
} files[2];
static unsigned current, tried, refused, every;
static unsigned char *clean;
static size_t size, records_at;
static uint32_t dice = 1;
static char space[JUDGE_ROOM];

static inline uint32_t roll(uint32_t sides)
{
    dice = dice * 1664525u + 1013904223u;
    return (dice >> 8) % sides;
}

static inline void publish_many(void)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    struct error why = {0};
    uint32_t gids[8];
    char name[48], gecos[64], home[64];

    if (!snapshot_builder_new(&builder, &why))
        abort();
    for (uint32_t i = 0; i < TEAMS; i++) {
        snprintf(name, sizeof name, "team-%u", i);
        if (!snapshot_add_group(builder, TEAM + i * 5, i < NEAR_NAMES ? near_names[i] : name, &why))
            abort();
    }
    for (uint32_t i = 0; i < PEOPLE; i++) {
        for (uint32_t k = 0; k < 8; k++)
            gids[k] = TEAM + (i + k) % TEAMS * 5;
        snprintf(name, sizeof name, "person%u.%.*s@contoso.example", i, (int)roll(9), "abcdefghi");
        snprintf(gecos, sizeof gecos, "Person %u %.*s", i, (int)roll(20),
                 "M\xc3\xbcller-Lee, of us all");
        snprintf(home, sizeof home, "/home/%s", name);
        if (!snapshot_add_person(builder, ID_LEAST + 1000 + i * 17, name, gecos, home, "/bin/bash",
                                 gids, roll(8) + 1, &why))
            abort();
    }
    if (!snapshot_publish(builder, PUBLIC_DIR, &why)) {
        printf("%s\n", why.text);
        abort();
    }
}

static inline bool open_file(unsigned i, const char *path)
{
    files[i].fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (files[i].fd < 0 || ftruncate(files[i].fd, (off_t)size) != 0)
        return false;
    files[i].bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, files[i].fd, 0);
    if (files[i].bytes == MAP_FAILED)
        return false;
    memcpy(files[i].bytes, clean, size);
    files[i].length = size;
    return true;
}

/* Who is where, as an undamaged file tells. */
static inline void find_owners(void)
{
    struct person_record person;
    struct group_record group;
    struct snapshot s;
    size_t at;
    uint32_t n = 0;

    if (!snapshot_from_bytes(clean, size, &s) || s.people != PEOPLE || s.groups != TEAMS)
        abort();
    records_at = at = s.people_at;
    for (uint32_t i = 0; i < s.people && person_record_read(&s, at, &person); i++, n++) {
        owners[n].at = (uint32_t)at;
        owners[n].id = person.uid;
        memcpy(owners[n].name, clean + person.text_at, person.name);
        at = person.end;
    }
    at = s.groups_at;
    for (uint32_t i = 0; i < s.groups && group_record_read(&s, at, &group); i++, n++) {
        owners[n].at = (uint32_t)at;
        owners[n].id = group.gid;
        memcpy(owners[n].name, clean + group.text_at, group.name);
        at = group.end;
    }
    if (n != PEOPLE + TEAMS)
        abort();
}

static inline bool prepare(void)
{
    struct stat status;
    int fd;

    unlink(SNAPSHOT_PATH); /* of a run that was ended */
    unlink(OTHER);
    publish_many();
    fd = open(SNAPSHOT_PATH, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &status) != 0)
        return false;
    size = (size_t)status.st_size;
    clean = malloc(size);
    if (!clean || read(fd, clean, size) != (ssize_t)size)
        return false;
    close(fd);
    find_owners();
    return open_file(0, SNAPSHOT_PATH) && open_file(1, OTHER);
}
