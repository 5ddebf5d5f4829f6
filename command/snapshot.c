/* SPDX-License-Identifier: MIT */
/* The published file: is it well, back to the one before, or anew from the store. */
#include "base/own.h"
#include "cache/snapshot_check.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_rollback.h"
#include "command/command.h"
#include "command/host.h"
#include "command/json.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#define FAULTS_SHOWN 20

OWN_DEFINE(store_owned, struct store, store_close);

static int failed(const char *what, const struct error *why)
{
    fprintf(stderr, "latchkey snapshot %s: %s\n", what, why->text);
    return EXIT_HOST;
}

/* ---- verify ---- */

struct telling {
    const char *file;
    bool json;
    size_t shown;
};

static void begin_faults(const struct telling *telling)
{
    if (telling->json) {
        printf("{\"file\": ");
        json_print(telling->file);
        printf(", \"faults\": [");
    }
}

static void tell_fault(void *context, size_t at, const char *what)
{
    struct telling *telling = context;

    if (telling->shown++ >= FAULTS_SHOWN)
        return;
    if (telling->json) {
        printf("%s\n  {\"at\": %zu, \"what\": ", telling->shown > 1 ? "," : "", at);
        json_print(what);
        putchar('}');
    } else {
        printf("%s: byte %zu: %s\n", telling->file, at, what);
    }
}

static int end_faults(const struct telling *telling, const struct snapshot_facts *facts)
{
    const char *fits = telling->shown ? "damaged" : facts->superseded ? "superseded" : "good";

    if (telling->json)
        printf("%s], \"count\": %zu, \"state\": \"%s\"", telling->shown ? "\n" : "", telling->shown,
               fits);
    else if (telling->shown > FAULTS_SHOWN)
        printf("%s: and %zu more\n", telling->file, telling->shown - FAULTS_SHOWN);
    if (telling->json && facts->size)
        printf(",\n \"generation\": %" PRIu64 ", \"people\": %u, \"groups\": %u, \"memberships\": "
               "%" PRIu64 ", \"bytes\": %" PRIu64,
               facts->generation, facts->people, facts->groups, facts->memberships, facts->size);
    else if (facts->size)
        printf("%s: %s: generation %" PRIu64 ", %u people, %u groups, %" PRIu64
               " memberships, %" PRIu64 " bytes\n",
               telling->file, fits, facts->generation, facts->people, facts->groups,
               facts->memberships, facts->size);
    if (telling->json)
        puts("}");
    return telling->shown ? EXIT_NOT_SO : EXIT_GOOD;
}

/* Why this is not a file that readers would believe. */
static const char *unfit(int fd, int reason)
{
    struct stat status;

    if (reason == ENOENT)
        return "there is no such file";
    if (fd < 0 || fstat(fd, &status) != 0 || !S_ISREG(status.st_mode))
        return "it is not a regular file";
    if ((status.st_mode & 0777) != 0644)
        return "its mode is not 0644, so no reader believes it";
    return "its header is not one of a snapshot of this version, or does not fit its size";
}

/* What comes of opening is an answer about the file; what else goes wrong is not. */
static bool is_about_file(int reason)
{
    return reason == 0 || reason == EINVAL || reason == ELOOP || reason == ENOENT;
}

/*
 * Opened as the caller, who may read what others may not; read as somebody who can do no harm,
 * because anybody may have made the file.
 */
static int verify(const char *file, bool json)
{
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    OWNED(close_fd) int fd = open(file, SNAPSHOT_FILE_OPEN);
    struct telling telling = {.file = file, .json = json};
    struct snapshot_faults faults = {.tell = tell_fault, .context = &telling};
    struct snapshot_facts facts = {0};
    struct error why = {0};
    int reason = fd < 0 ? errno : 0;

    if (geteuid() == 0 && !host_become_owner(true, &why))
        return failed("verify", &why);
    if (fd >= 0 && !snapshot_file_map_open(fd, &snapshot))
        reason = errno;
    if (!is_about_file(reason)) {
        error_set(&why, ERROR_SYSTEM, "%s: %s", file, strerror(reason));
        return failed("verify", &why);
    }
    begin_faults(&telling);
    if (reason)
        tell_fault(&telling, 0, unfit(fd, reason));
    else if (!snapshot_check(&snapshot, &facts, &faults, &why))
        return failed("verify", &why);
    if (facts.superseded && strcmp(file, SNAPSHOT_PATH) == 0)
        tell_fault(&telling, 8,
                   "it is marked as superseded, but has the name: an older one was put "
                   "back by hand; run latchkey snapshot rebuild");
    return end_faults(&telling, &facts);
}

/* ---- rollback and rebuild ---- */

static void tell_rollback(const struct rollback *done, bool json)
{
    const struct snapshot_facts *shown = &done->previous;

    if (json)
        printf("{\"generation\": %" PRIu64 ", \"shows\": %" PRIu64
               ", \"people\": %u, \"groups\": %u}\n",
               done->generation, shown->generation, shown->people, shown->groups);
    else
        printf("generation %" PRIu64 " shows what generation %" PRIu64
               " did: %u people, %u groups\n"
               "what it replaces is kept as " PUBLIC_DIR "/" SNAPSHOT_PREVIOUS "\n"
               "the next sign-in that changes something public publishes from the store again\n",
               done->generation, shown->generation, shown->people, shown->groups);
}

static int rollback(bool json)
{
    struct error why = {0};
    struct rollback done;

    if (!host_become_owner(true, &why))
        return failed("rollback", &why);
    switch (snapshot_rollback(PRIVATE_DIR, PUBLIC_DIR, &done, &why)) {
    case LOOKUP_FOUND:
        tell_rollback(&done, json);
        return EXIT_GOOD;
    case LOOKUP_ABSENT:
        fprintf(stderr,
                "latchkey snapshot rollback: %s; nothing was changed: latchkey snapshot rebuild "
                "makes one from the store\n",
                why.text);
        return EXIT_NOT_SO;
    default:
        return failed("rollback", &why);
    }
}

static bool show(bool json, struct error *why)
{
    OWNED(close_fd) int folder = open(PUBLIC_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    struct snapshot_facts facts;

    if (folder < 0 || !snapshot_file_map(folder, SNAPSHOT_NAME, &snapshot))
        return error_set(why, ERROR_SYSTEM, SNAPSHOT_PATH " cannot be read");
    facts = snapshot_facts_of(&snapshot);
    if (json)
        printf("{\"generation\": %" PRIu64 ", \"people\": %u, \"groups\": %u}\n", facts.generation,
               facts.people, facts.groups);
    else
        printf("generation %" PRIu64 " is made from the store: %u people, %u groups\n",
               facts.generation, facts.people, facts.groups);
    return true;
}

static int rebuild(bool json)
{
    OWNED(store_owned) struct store *store = NULL;
    struct error why = {0};

    if (!host_become_owner(true, &why) || !store_open(PRIVATE_DIR, &store, &why) ||
        !store_publish(store, PUBLIC_DIR, &why) || !show(json, &why))
        return failed("rebuild", &why);
    return EXIT_GOOD;
}

static int run_verify(const struct command *command, int count, char **arguments)
{
    const char *file = SNAPSHOT_PATH;
    bool json = false, named = false;

    for (int i = 2; i < count; i++) {
        if (strcmp(arguments[i], "--json") == 0) {
            json = true;
        } else if (*arguments[i] == '-' || named) {
            return command_misused(command, "verify: \"%s\" is too much", arguments[i]);
        } else {
            file = arguments[i];
            named = true;
        }
    }
    return verify(file, json);
}

static int run(const struct command *command, int count, char **arguments)
{
    bool json = count > 2 && strcmp(arguments[2], "--json") == 0;

    if (count < 2)
        return command_misused(command, "verify, rollback or rebuild is missing");
    if (strcmp(arguments[1], "verify") == 0)
        return run_verify(command, count, arguments);
    if (strcmp(arguments[1], "rollback") != 0 && strcmp(arguments[1], "rebuild") != 0)
        return command_misused(command, "there is no snapshot %s", arguments[1]);
    if (count > (json ? 3 : 2))
        return command_misused(command, "%s: \"%s\" is too much", arguments[1],
                               arguments[json ? 3 : 2]);
    return strcmp(arguments[1], "rollback") == 0 ? rollback(json) : rebuild(json);
}

const struct command command_snapshot = {
    .name = "snapshot",
    .does = "verify the file that names everybody, go back, or make it anew",
    .synopsis = "verify [--json] [FILE] | rollback [--json] | rebuild [--json]",
    .help = "verify    Reads " SNAPSHOT_PATH ", or FILE, to the end, and\n"
            "          says what is wrong and at which byte.\n"
            "          --json  for programs: an object of file, faults, state, and what is in it\n"
            "rollback  Publishes the file before this one again, as a new generation.\n"
            "rebuild   Publishes what the store holds.\n"
            "          --json  of both: an object of generation, people, groups; of rollback also\n"
            "                  shows, the generation that this one is a copy of\n\n"
            "exit status: 0 good, or done, 1 damaged, or there is nothing sound to go back to,\n"
            "             2 wrong use, 3 this host is at fault",
    .run = run,
};
