/* SPDX-License-Identifier: MIT */
/*
 * Writes a snapshot from a simple text, for tests: `snapshot_make FOLDER < TEXT`. Lines:
 *
 *     group GID NAME
 *     person UID NAME [GID ...]
 *     many COUNT GROUPS-EACH      (made-up people p1@contoso.example ..., groups g1 ...)
 */
#include "base/own.h"
#include "base/text.h"
#include "cache/name.h"
#include "cache/snapshot_write.h"

#include <errno.h>

#define WORDS_MOST 600

OWN_DEFINE(builder_release, struct snapshot_builder, snapshot_builder_release);

static bool number(const char *text, uint32_t *out)
{
    unsigned long long value;

    if (!text || !text_number(text, 0, UINT32_MAX, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

static bool add_person(struct snapshot_builder *builder, uint32_t uid, const char *name,
                       const uint32_t *gids, size_t count, struct error *why)
{
    char gecos[NAME_MOST + 8], home[NAME_MOST + 8];

    snprintf(gecos, sizeof gecos, "Person %.*s", (int)strcspn(name, "@"), name);
    snprintf(home, sizeof home, "/home/%s", name);
    return snapshot_add_person(builder, uid, name, gecos, home, "/bin/bash", gids, count, why);
}

static bool add_many(struct snapshot_builder *builder, uint32_t people, uint32_t each,
                     struct error *why)
{
    uint32_t groups = (people / 10 + WORDS_MOST) | 1u, gids[WORDS_MOST];
    char name[64];

    for (uint32_t i = 0; i < groups; i++) {
        snprintf(name, sizeof name, "g%u", i);
        if (!snapshot_add_group(builder, ID_LEAST + i, name, why))
            return false;
    }
    for (uint32_t i = 0; i < people; i++) {
        for (uint32_t k = 0; k < each; k++)
            gids[k] = ID_LEAST + (i * 7 + k) % groups;
        snprintf(name, sizeof name, "p%u@contoso.example", i);
        if (!add_person(builder, ID_LEAST + groups + i, name, gids, each, why))
            return false;
    }
    return true;
}

static bool add_line(struct snapshot_builder *builder, char *line, struct error *why)
{
    char *save = NULL, *kind = strtok_r(line, " \n", &save);
    char *one = strtok_r(NULL, " \n", &save), *two = strtok_r(NULL, " \n", &save);
    uint32_t id, each, gids[WORDS_MOST];
    size_t count = 0;

    if (!kind || !number(one, &id) || !two)
        return error_set(why, ERROR_MALFORMED, "a line wants a word, a number and a name");
    if (strcmp(kind, "group") == 0)
        return snapshot_add_group(builder, id, two, why);
    if (strcmp(kind, "many") == 0 && number(two, &each) && each <= WORDS_MOST)
        return add_many(builder, id, each, why);
    while (count < WORDS_MOST && number(strtok_r(NULL, " \n", &save), &gids[count]))
        count++;
    return add_person(builder, id, two, gids, count, why);
}

static bool make(const char *folder, struct error *why)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    OWNED(free_memory) char *line = NULL;
    size_t room = 0;

    if (!snapshot_builder_new(&builder, why))
        return false;
    while (getline(&line, &room, stdin) > 0)
        if (line[0] != '#' && line[0] != '\n' && !add_line(builder, line, why))
            return false;
    return snapshot_publish(builder, folder, why);
}

int main(int argc, char **argv)
{
    struct error why = {0};

    if (argc != 2) {
        fprintf(stderr, "usage: snapshot_make FOLDER < TEXT\n");
        return 2;
    }
    if (make(argv[1], &why))
        return 0;
    fprintf(stderr, "snapshot_make: %s\n", why.text);
    return 1;
}
