/* SPDX-License-Identifier: MIT */
/* The ways out when what this host remembers is lost, or stands in the way. */
#include "base/own.h"
#include "cache/store_recover.h"
#include "cache/store_time.h"
#include "command/command.h"
#include "command/host.h"
#include "config/paths.h"

#include <inttypes.h>

OWN_DEFINE(store_owned, struct store, store_close);

static int failed(const struct error *why)
{
    fprintf(stderr, "latchkey store recover: %s\n", why->text);
    return EXIT_HOST;
}

static void tell_json(const struct recovered *recovered)
{
    printf("{\"people\": %zu, \"groups\": %zu, \"bare_ids\": %zu, \"generations\": [",
           recovered->people, recovered->groups, recovered->bare);
    for (size_t i = 0; i < 2 && recovered->generations[i]; i++)
        printf("%s%" PRIu64, i ? ", " : "", recovered->generations[i]);
    printf("], \"damaged_file\": \"%s\", \"new_host_key\": %s, \"apply_again\": %s}\n",
           recovered->aside, recovered->new_key ? "true" : "false",
           recovered->maps_groups ? "true" : "false");
}

static void tell(const struct recovered *recovered)
{
    printf("%zu people and %zu groups keep their names and ids, from generation %" PRIu64,
           recovered->people, recovered->groups, recovered->generations[0]);
    if (recovered->generations[1])
        printf(" and %" PRIu64, recovered->generations[1]);
    printf(" of the snapshot\n");
    if (recovered->bare)
        printf("%zu more ids had names that are another's now: nobody gets them again\n",
               recovered->bare);
    if (*recovered->aside)
        printf("the damaged file is kept as " PRIVATE_DIR "/%s\n", recovered->aside);
    if (recovered->new_key)
        puts("the host key was lost too: there is a new one");
    puts("everybody has to sign in online once\n"
         "which account each name belonged to is NOT known any more: the first account that the\n"
         "platform accepts under a name gets its id, and with it the files. If a name may have\n"
         "gone to somebody else at the platform meanwhile, change the owner of those files first.\n"
         "Ids of people and groups that neither snapshot showed may be given again.");
    if (recovered->maps_groups)
        puts("run latchkey config apply once somebody has signed in: until then nobody may be in "
             "the local groups of [local groups]");
}

static int recover(bool json)
{
    OWNED(store_owned) struct store *store = NULL;
    struct error why = {0};
    struct recovered recovered;

    if (!host_become_owner(true, &why))
        return failed(&why);
    switch (store_recover(PRIVATE_DIR, PUBLIC_DIR, &recovered, &why)) {
    case RECOVERY_NOT_NEEDED:
        fputs("latchkey store recover: the store is there and sound; nothing was changed\n",
              stderr);
        return EXIT_NOT_SO;
    case RECOVERY_FAILED:
        return failed(&why);
    case RECOVERY_DONE:
        break;
    }
    if (json)
        tell_json(&recovered);
    else
        tell(&recovered);
    if (!store_open(PRIVATE_DIR, &store, &why) || !store_publish(store, PUBLIC_DIR, &why))
        return failed(&why);
    return EXIT_GOOD;
}

static int trust_clock(void)
{
    OWNED(store_owned) struct store *store = NULL;
    struct error why = {0};

    if (host_become_owner(false, &why) && store_open(PRIVATE_DIR, &store, &why) &&
        store_trust_time(store, time(NULL), &why))
        return EXIT_GOOD;
    fprintf(stderr, "latchkey store trust-clock: %s\n", why.text);
    return EXIT_HOST;
}

static int run(const struct command *command, int count, char **arguments)
{
    bool json = count == 3 && strcmp(arguments[2], "--json") == 0;

    if (count == 2 && strcmp(arguments[1], "trust-clock") == 0)
        return trust_clock();
    if (count < 2 || strcmp(arguments[1], "recover") != 0)
        return command_misused(command, "there is only store recover, and store trust-clock alone");
    if (count > 3 || (count == 3 && !json))
        return command_misused(command, "recover: \"%s\" is too much", arguments[count - 1]);
    return recover(json);
}

const struct command command_store = {
    .name = "store",
    .does = "make a new store for a lost one, or say that the clock is right",
    .synopsis = "{recover [--json] | trust-clock}",
    .help =
        "recover  Makes a store in which everybody whom the snapshots name keeps name and id.\n"
        "         Whose account it was is not known: the first one that is accepted under the\n"
        "         name gets the id. A damaged store is kept aside. See latchkey(8) first.\n"
        "         --json  for programs: an object of people, groups, bare_ids, generations,\n"
        "                 damaged_file, new_host_key, apply_again\n"
        "trust-clock\n"
        "         Look at the clock of this host first: from now on what it showed before does\n"
        "         not count. So nobody is kept from signing in offline because it once ran\n"
        "         ahead. An online sign-in has the same effect.\n\n"
        "exit status: 0 done, 1 the store is sound and was left alone, 2 wrong use,\n"
        "             3 this host is at fault: nothing tells who has which id, or else",
    .run = run,
};
