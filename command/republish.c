/* SPDX-License-Identifier: MIT */
#include "command/republish.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/snapshot_file.h"
#include "cache/store_export.h"
#include "command/child.h"
#include "command/host.h"
#include "command/json.h"
#include "config/paths.h"

#include <fcntl.h>

#define NAMED_MOST 20u             /* the others are counted */
#define WAIT_MS    INT64_C(600000) /* a million people take a minute or two */

/* What the child says. */
struct message {
    uint8_t good;      /* 1; else `why` counts alone */
    struct error why;  /* when it is good: why the following is not all */
    uint32_t left_out; /* who have no name here any more */
    char names[NAMED_MOST][NAME_MOST + 1];
};

OWN_DEFINE(store_owned, struct store, store_close);
OWN_DEFINE(export_owned, struct store_export, store_export_release);

/* ---- in the child ---- */

static bool is_in(const struct snapshot *snapshot, const struct naming *naming, const char *name)
{
    char shown[NAME_MOST + 1];
    struct snapshot_gids ignored;

    return naming_shown(naming, name, shown) &&
           snapshot_gids_of(snapshot, shown, &ignored) == LOOKUP_FOUND;
}

static bool list_left_out(struct store *store, const struct snapshot *snapshot,
                          struct message *message, struct error *why)
{
    OWNED(free_memory) struct exported_group *groups = calloc(GROUPS_MOST, sizeof *groups);
    OWNED(export_owned) struct store_export *export = NULL;
    struct exported_person person;
    enum lookup lookup;

    if (!groups)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!store_export_begin(store, &export, why))
        return false;
    while ((lookup = store_export_next(export, groups, &person, why)) == LOOKUP_FOUND)
        if (!is_in(snapshot, store_naming(store), person.name) && message->left_out++ < NAMED_MOST)
            (void)text_copy(message->names[message->left_out - 1], NAME_MOST + 1, person.name);
    return lookup == LOOKUP_ABSENT;
}

static bool publish(struct message *message, struct error *why)
{
    OWNED(close_fd) int folder = -1;
    OWNED(store_owned) struct store *store = NULL;
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    if (!host_become_owner(true, why) || !store_open(PRIVATE_DIR, &store, why) ||
        !store_publish(store, PUBLIC_DIR, why))
        return false;
    folder = open(PUBLIC_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0 || !snapshot_file_map(folder, "snapshot", &snapshot))
        return error_set(why, ERROR_SYSTEM, SNAPSHOT_PATH " cannot be read");
    if (list_left_out(store, &snapshot, message, why))
        *why = (struct error){0};
    return true;
}

static void answer(void *context, void *message)
{
    struct message *filled = message;

    (void)context;
    filled->good = publish(filled, &filled->why);
}

/* ---- in the parent ---- */

/* Whatever the child has become, the terminal gets one printable line of it. */
static const char *plain(char *text, size_t size)
{
    text[size - 1] = '\0';
    text_printable(text);
    return text;
}

static void tell_one(const char *name, bool first, bool json)
{
    if (json) {
        fputs(first ? "" : ", ", stdout);
        json_print(name);
        return;
    }
    printf("%s has no name on this host: it is not of the one domain, or means power, or it or the "
           "id is a local user's or a group's\n",
           name);
}

static void tell_left_out(struct message *message, bool json)
{
    fputs(json ? ",\n \"left_out\": [" : "", stdout);
    for (uint32_t i = 0; i < message->left_out && i < NAMED_MOST; i++)
        tell_one(plain(message->names[i], sizeof message->names[i]), i == 0, json);
    if (json)
        printf("], \"left_out_count\": %u", message->left_out);
    else if (message->left_out > NAMED_MOST)
        printf("and %u others have none\n", message->left_out - NAMED_MOST);
}

bool republish(bool json, struct error *why)
{
    struct message message;
    struct error silent = {0};
    bool heard = child_ask(answer, NULL, &message, sizeof message, WAIT_MS, &silent);

    if (heard && message.good == 1) {
        tell_left_out(&message, json);
        if (message.why.kind)
            fprintf(stderr, "who has no name on this host is not known of all: %s\n",
                    plain(message.why.text, sizeof message.why.text));
        return true;
    }
    fprintf(stderr, "%s\n", heard ? plain(message.why.text, sizeof message.why.text) : silent.text);
    return error_set(why, ERROR_SYSTEM,
                     "people are called otherwise now, but cannot be shown so: put that right and "
                     "run latchkey snapshot rebuild");
}
