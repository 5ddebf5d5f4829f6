/* SPDX-License-Identifier: MIT */
/* What bench_nss asks, row by row of its table, and whether the answers are right. */
#pragma once

#include "tests/bench_people.h"
#include "tests/bench_ways.h"

#define ROOM  (8u << 20) /* bytes for an answer, so that none is asked for twice */
#define GIDS  4096
#define TRIES 5 /* while a daemon is filled, some questions take it too long */

struct bench {
    struct way way;
    struct people people;
};

/* ---- what is asked ---- */

enum kind { HIT, ID, MISS, GROUP, LISTS };

static const struct row {
    const char *name;
    enum kind kind;
    unsigned size; /* members of the group, or groups of the person */
} rows[] = {{"name", HIT, 0},           {"id", ID, 0},
            {"miss", MISS, 0},          {"group10", GROUP, 10},
            {"group1000", GROUP, 1000}, {"group50000", GROUP, 50000},
            {"in5", LISTS, 5},          {"in50", LISTS, 50},
            {"in500", LISTS, 500}};

/* By what stands before a `/`. */
static inline const struct row *find_row(const char *name)
{
    size_t length = strcspn(name, "/");

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    return NULL;
}

static inline bool make_key(struct bench *bench, const struct row *row, unsigned number,
                            struct key *key)
{
    switch (row->kind) {
    case HIT:
    case ID:
        return pick_person(&bench->people, key);
    case MISS:
        snprintf(key->name, sizeof key->name, "no.body%08x.%d" DOMAIN,
                 (unsigned)people_chance(&bench->people),
                 getpid()); /* no two processes ask for one */
        return true;
    case GROUP:
        if (row->size == 10)
            snprintf(key->name, sizeof key->name, "team-%06u",
                     (unsigned)(people_chance(&bench->people) % bench->people.teams));
        else
            snprintf(key->name, sizeof key->name, "%s-000000",
                     row->size == 1000 ? "site" : "region");
        return true;
    case LISTS:
        return find_list(&bench->people, row->size, number % LISTED, key);
    }
    return false;
}

static inline bool make_keys(struct bench *bench, const struct row *row, struct key *keys)
{
    for (unsigned i = 0; i < PICKS; i++)
        if (row->kind == LISTS && i >= LISTED)
            keys[i] = keys[i % LISTED];
        else if (!make_key(bench, row, i, &keys[i]))
            return false;
    return true;
}

/* ---- one question ---- */

struct room {
    char *bytes;
    gid_t *gids;
    long gids_size;
};

static inline bool make_room(struct room *room)
{
    *room = (struct room){
        .bytes = malloc(ROOM), .gids = calloc(GIDS, sizeof(gid_t)), .gids_size = GIDS};
    if (room->bytes) /* mapped before anything is measured */
        memset(room->bytes, 1, ROOM);
    return room->bytes && room->gids;
}

static inline bool list_is_right(const struct row *row, const struct key *key, const gid_t *gids,
                                 long count)
{
    uint64_t sum = 0;
    long others = 0;

    for (long i = 0; i < count; i++)
        if (gids[i] != key->id) {
            sum += gids[i];
            others++;
        }
    return others == (long)row->size && sum == key->sum;
}

static inline bool ask_for_lists(const struct bench *bench, const struct row *row,
                                 const struct key *key, struct room *room, bool closely)
{
    long start = 0;
    int error;

    if (bench->way.lists(key->name, key->id, &start, &room->gids_size, &room->gids, -1, &error) !=
        NSS_STATUS_SUCCESS)
        return false;
    return closely ? list_is_right(row, key, room->gids, start) : start >= (long)row->size;
}

static inline bool group_is_right(const struct row *row, const struct key *key,
                                  const struct group *group)
{
    unsigned members = 0;

    while (group->gr_mem[members])
        members++;
    return members == row->size && strcmp(group->gr_name, key->name) == 0;
}

static inline bool home_is_right(const char *name, const char *home)
{
    size_t length = strcspn(name, "@");

    return strncmp(home, "/home/", 6) == 0 && strlen(home + 6) == length &&
           strncmp(home + 6, name, length) == 0;
}

static inline bool person_is_right(const struct key *key, const struct passwd *person, bool closely)
{
    return person->pw_uid == key->id && (!closely || (strcmp(person->pw_name, key->name) == 0 &&
                                                      home_is_right(key->name, person->pw_dir) &&
                                                      strcmp(person->pw_shell, "/bin/bash") == 0));
}

/* False: not the right answer; `closely`: each field is looked at. */
static inline bool ask(const struct bench *bench, const struct row *row, const struct key *key,
                       struct room *room, bool closely)
{
    struct passwd person;
    struct group group;
    int error;

    switch (row->kind) {
    case HIT:
        return bench->way.person(key->name, &person, room->bytes, 1024, &error) ==
                   NSS_STATUS_SUCCESS &&
               person_is_right(key, &person, closely);
    case ID:
        return bench->way.uid(key->id, &person, room->bytes, 1024, &error) == NSS_STATUS_SUCCESS &&
               person_is_right(key, &person, closely);
    case MISS:
        return bench->way.person(key->name, &person, room->bytes, 1024, &error) ==
               NSS_STATUS_NOTFOUND;
    case GROUP:
        return bench->way.group(key->name, &group, room->bytes, ROOM, &error) ==
                   NSS_STATUS_SUCCESS &&
               (!closely || group_is_right(row, key, &group));
    case LISTS:
        return ask_for_lists(bench, row, key, room, closely);
    }
    return false;
}

static inline bool can_ask(const struct way *way, const struct row *row)
{
    return row->kind == GROUP ? way->group != NULL : row->kind != LISTS || way->lists != NULL;
}

/* ---- all questions of a row, once ---- */

static inline bool fill_one(struct bench *bench, const struct row *row, const struct key *key,
                            struct room *room)
{
    if (!can_ask(&bench->way, row))
        return true;
    for (unsigned i = 0; i < TRIES; i++)
        if (ask(bench, row, key, room, true))
            return true;
    fprintf(stderr, "bench_nss: %s: %s was not answered rightly\n", row->name, key->name);
    return false;
}

static inline bool fill_people(struct bench *bench, const struct row *row, struct room *room)
{
    const char *line = bench->people.text, *end = line + bench->people.part;
    struct key key;

    for (; line < end; line = next_line(line, end))
        if (!read_line(line, &key) || !fill_one(bench, row, &key, room))
            return false;
    return true;
}

static inline bool fill_row(struct bench *bench, const struct row *row)
{
    unsigned count = row->kind == LISTS ? LISTED : row->size == 10 ? bench->people.teams : 1;
    struct room room;
    struct key key;

    if (!make_room(&room))
        return false;
    if (row->kind == HIT || row->kind == ID)
        return fill_people(bench, row, &room);
    for (unsigned i = 0; i < count; i++) {
        if (!make_key(bench, row, i, &key))
            return false;
        if (row->size == 10)
            snprintf(key.name, sizeof key.name, "team-%06u", i);
        if (!fill_one(bench, row, &key, &room))
            return false;
    }
    return true;
}
