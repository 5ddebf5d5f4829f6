/* SPDX-License-Identifier: MIT */
/*
 * names_deed PRIVATE PUBLIC: enrols one person for each line `p HEX`, and one group for each `g HEX`, through the store,
 * and publishes the snapshot at the end. HEX is the name, as bytes without a NUL. Says for each
 * line whether it was `taken` or `refused`.
 */
#include "base/own.h"
#include "cache/store.h"

#include <stdio.h>

#define LINE_MOST 262144u

OWN_DEFINE(store_release, struct store, store_close);

static bool unhex(const char *hex, char *out)
{
    size_t n = 0;

    for (; hex[0] && hex[0] != '\n'; hex += 2) {
        char pair[3] = {hex[0], hex[1], 0}, *end;

        out[n++] = (char)strtoul(pair, &end, 16);
        if (*end)
            return false;
    }
    out[n] = '\0';
    return true;
}

static struct account account_of(unsigned number)
{
    struct account account = {.issuer = "https://login.example", .tenant = "contoso"};

    snprintf(account.object_id, sizeof account.object_id, "object-%u", number);
    return account;
}

static bool person_taken(struct store *store, unsigned number, const char *name, struct error *why)
{
    struct account account = account_of(number);
    struct acceptance acceptance = {.account = &account,
                                    .name = name,
                                    .gecos = "Somebody",
                                    .home = "/",
                                    .shell = "/bin/sh",
                                    .now = 1000};
    struct person person;
    bool changed;

    return store_accept(store, &acceptance, &person, &changed, NULL, why);
}

/* By somebody who is in this group alone. */
static bool group_taken(struct store *store, const char *name, struct error *why)
{
    OWNED(strings_release)
    struct strings groups = STRINGS_WITH_LIMIT(1), left_out = STRINGS_WITH_LIMIT(1);
    struct account account = account_of(0);
    struct acceptance acceptance = {.account = &account,
                                    .name = "everybody@contoso.example",
                                    .gecos = "In every group",
                                    .home = "/",
                                    .shell = "/bin/sh",
                                    .group_ids = &groups,
                                    .now = 1000};
    struct person person;
    bool changed;

    return strings_add(&groups, name) &&
           store_accept(store, &acceptance, &person, &changed, &left_out, why) &&
           left_out.count == 0;
}

static bool take_all(struct store *store)
{
    static char line[LINE_MOST + 4], name[LINE_MOST];
    unsigned number = 1;

    while (fgets(line, sizeof line, stdin)) {
        struct error why = {0};

        if (line[1] != ' ' || !unhex(line + 2, name))
            return false;
        puts((line[0] == 'p' ? person_taken(store, number++, name, &why)
                             : group_taken(store, name, &why))
                 ? "taken"
                 : "refused");
    }
    return true;
}

int main(int argc, char **argv)
{
    OWNED(store_release) struct store *store = NULL;
    struct error why = {0};

    if (argc != 3 || !store_create(argv[1], &why) || !store_open(argv[1], &store, &why) ||
        !take_all(store) || !store_publish(store, argv[2], &why)) {
        fprintf(stderr, "names_deed: %s\n", why.text);
        return 1;
    }
    return 0;
}
