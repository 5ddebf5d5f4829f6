/* SPDX-License-Identifier: MIT */
/*
 * power_deed WHAT FOLDER: for tests/power.py, which keeps what it does to the disk.
 *
 *     publish FOLDER PEOPLE    a snapshot of so many people; then `published` is said
 *     enrol FOLDER NAME        a store, if there is none, and somebody in it; `enrolled UID` is said at once
 *     snapshots -              of each folder named on a line: how many people its snapshot has
 *     stores -                 of each folder: the uids of ada and bob in its store, 0 for nobody
 *
 * The last two say `refused: ...` where there is nothing that can be read.
 */
#include "base/own.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_write.h"
#include "cache/store.h"

#include <fcntl.h>
#include <stdio.h>

OWN_DEFINE(store_release, struct store, store_close);
OWN_DEFINE(builder_release, struct snapshot_builder, snapshot_builder_release);

static bool publish(const char *folder, unsigned long people, struct error *why)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    char name[64];

    if (!snapshot_builder_new(&builder, why))
        return false;
    for (uint32_t i = 0; i < people; i++) {
        snprintf(name, sizeof name, "person-%u@contoso.example", i);
        if (!snapshot_add_person(builder, ID_LEAST + i, name, "", "/", "/bin/sh", NULL, 0, why))
            return false;
    }
    if (!snapshot_publish(builder, folder, why))
        return false;
    puts("published");
    return true;
}

static bool enrol(const char *folder, const char *name, struct error *why)
{
    OWNED(store_release) struct store *store = NULL;
    struct account account = {.issuer = "https://login.example", .tenant = "contoso"};
    struct acceptance acceptance = {.account = &account,
                                    .name = name,
                                    .gecos = "",
                                    .home = "/",
                                    .shell = "/bin/sh",
                                    .refresh_token = "token",
                                    .now = 1000};
    struct person person;
    bool changed;

    snprintf(account.object_id, sizeof account.object_id, "%s", name);
    if (!store_create(folder, why) || !store_open(folder, &store, why) ||
        !store_accept(store, &acceptance, &person, &changed, NULL, why))
        return false;
    printf("enrolled %u\n", person.uid);
    fflush(stdout);
    return true;
}

static bool tell_snapshot(const char *path, struct error *why)
{
    OWNED(close_fd) int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    if (!snapshot_file_map(folder, "snapshot", &snapshot))
        return error_set(why, ERROR_SYSTEM, "no snapshot: %m");
    if (!snapshot_file_is_whole(&snapshot))
        return error_set(why, ERROR_SYSTEM, "not whole");
    printf("%u\n", snapshot.people);
    return true;
}

static bool uid_of(struct store *store, const char *name, uint32_t *uid, struct error *why)
{
    struct person person;
    enum lookup lookup = store_person_by_name(store, name, &person, why);

    *uid = lookup == LOOKUP_FOUND ? person.uid : 0;
    return lookup != LOOKUP_UNAVAILABLE;
}

static bool tell_store(const char *path, struct error *why)
{
    OWNED(store_release) struct store *store = NULL;
    uint32_t ada, bob;

    if (!store_open(path, &store, why) || !uid_of(store, "ada@contoso.example", &ada, why) ||
        !uid_of(store, "bob@contoso.example", &bob, why))
        return false;
    printf("%u %u\n", ada, bob);
    return true;
}

static int tell_all(bool (*tell)(const char *, struct error *))
{
    char line[256];

    while (fgets(line, sizeof line, stdin)) {
        struct error why = {0};

        line[strcspn(line, "\n")] = '\0';
        if (!tell(line, &why))
            printf("refused: %s\n", why.text);
        fflush(stdout);
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct error why = {0};
    bool good = false;

    if (argc == 3 && strcmp(argv[1], "snapshots") == 0)
        return tell_all(tell_snapshot);
    if (argc == 3 && strcmp(argv[1], "stores") == 0)
        return tell_all(tell_store);
    if (argc == 4 && strcmp(argv[1], "publish") == 0)
        good = publish(argv[2], strtoul(argv[3], NULL, 10), &why);
    if (argc == 4 && strcmp(argv[1], "enrol") == 0)
        good = enrol(argv[2], argv[3], &why);
    if (!good)
        fprintf(stderr, "power_deed: %s\n", why.text);
    return !good;
}
