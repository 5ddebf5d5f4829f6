/* SPDX-License-Identifier: MIT */
/* A person's access token as whoever needs one would get it, now or so many seconds later. */
#include "cache/store_access.h"

#include "base/own.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

OWN_DEFINE(close_store, struct store, store_close);

/* A store belongs to whoever opens it. */
static bool become_owner(const char *folder)
{
    struct stat status;

    return stat(folder, &status) == 0 && setegid(status.st_gid) == 0 && seteuid(status.st_uid) == 0;
}

int main(int argc, char **argv)
{
    static const char *const words[] = {"none", "usable", "due"};
    OWNED(close_store) struct store *store = NULL;
    OWNED(free_secret) char *token = NULL;
    struct error why = {0};
    struct person person;
    enum access access;

    if (argc != 4 || !become_owner(argv[1])) {
        fprintf(stderr, "usage: access_token PRIVATE-FOLDER NAME SECONDS-FROM-NOW\n");
        return 2;
    }
    if (!store_open(argv[1], &store, &why) ||
        store_person_by_name(store, argv[2], &person, &why) != LOOKUP_FOUND) {
        fprintf(stderr, "%s: %s\n", argv[2], why.text);
        return 1;
    }
    access =
        store_access_token(store, &person, time(NULL) + strtol(argv[3], NULL, 10), &token, &why);
    printf("%s%s%s\n", words[access], token ? " " : "", token ? token : "");
    return why.kind != ERROR_NONE;
}
