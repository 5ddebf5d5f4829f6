/* SPDX-License-Identifier: MIT */
/* Brings what the configuration says to those who cannot read it: for now, the NSS module. */
#include "base/own.h"
#include "cache/local.h"
#include "cache/name.h"
#include "cache/naming.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_format.h"
#include "command/command.h"
#include "command/host_ranges.h"
#include "command/json.h"
#include "command/nss_conf.h"
#include "command/pam_stack.h"
#include "command/republish.h"
#include "command/reserve.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>

#define SSHD_SERVICE "sshd"

OWN_DEFINE(release_config, struct config, config_release);

/* A group of this host that may be given away. */
static bool find_local(const char *name, uint32_t *gid, struct error *why)
{
    switch (local_group_gid(LOCAL_GROUP, name, gid, why)) {
    case LOOKUP_UNAVAILABLE:
        return false;
    case LOOKUP_ABSENT:
        return error_set(why, ERROR_CONFIG,
                         "[local groups]: " LOCAL_GROUP " has no group %.60s; run groupadd "
                         "--system %.60s, or take the line out",
                         name, name);
    case LOOKUP_FOUND:
        break;
    }
    if (*gid == 0)
        return error_set(why, ERROR_CONFIG,
                         "[local groups]: %.60s is the group of root (gid 0), which is not given "
                         "to anybody; take the line out, or use a group such as sudo",
                         name);
    if (id_is_ours(*gid))
        return error_set(why, ERROR_CONFIG,
                         "[local groups]: gid %u of %.60s is one that Latchkey gives to people; "
                         "run groupmod --gid NUMBER %.60s with a smaller one",
                         *gid, name, name);
    return true;
}

static bool find_all(const struct config *config, uint32_t *gids, struct error *why)
{
    for (size_t i = 0; i < config->local_groups.count; i++)
        if (!find_local(config->local_groups.items[i], &gids[i], why))
            return false;
    return true;
}

/* Why sshd is not told of people before their first sign-in; NULL: it is. */
static const char *why_not_ssh(const struct reserved *reserved)
{
    if (!*reserved->issuer)
        return "the platform has not told its issuer yet, so ssh cannot be the first way in: run "
               "this once more after the first sign-in";
    if (!pam_stack_has_us(PAM_DIR, PAM_DIR_LIB, SSHD_SERVICE))
        return PAM_DIR "/" SSHD_SERVICE " has no account line for pam_latchkey.so, so ssh cannot "
                       "be the first way in: run this once more when that is mended";
    return NULL;
}

static void tell(const struct nss_facts *facts, const char *not_ssh)
{
    const struct config *config = facts->config;

    puts(NSS_CONF_FILE " is written");
    for (size_t i = 0; i < config->local_groups.count; i++)
        printf("%s (gid %u) goes to the people of %s (gid %u)\n", config->local_groups.items[i],
               facts->local_gids[i], config->local_group_ids.items[i], facts->platform_gids[i]);
    if (not_ssh)
        puts(not_ssh);
}

/* Without its end: who is left out is told after that. */
static void tell_json(const struct nss_facts *facts, const char *not_ssh)
{
    const struct config *config = facts->config;

    printf("{\"file\": \"" NSS_CONF_FILE "\", \"local_groups\": [");
    for (size_t i = 0; i < config->local_groups.count; i++) {
        printf("%s\n  {\"name\": ", i ? "," : "");
        json_print(config->local_groups.items[i]);
        printf(", \"gid\": %u, \"object_id\": ", facts->local_gids[i]);
        json_print(config->local_group_ids.items[i]);
        printf(", \"platform_gid\": %u}", facts->platform_gids[i]);
    }
    printf("],\n \"first_by_ssh\": %s", not_ssh ? "false, \"why_not\": " : "true");
    if (not_ssh)
        json_print(not_ssh);
}

/* From here on ids are judged by the window that is to be in force. */
static bool use_window(const struct config *config, struct error *why)
{
    const struct id_window window = {.least = config->id_min, .most = config->id_max};
    const char *place = config->window_place;

    id_window_use(window);
    return host_ranges_leave(window, why) || error_context(why, "%s", *place ? place : CONFIG_FILE);
}

/* It may have people of before, so that is not refused. */
static void warn_of_window(const struct config *config)
{
    if (id_window_has_foreign(id_window()))
        fprintf(stderr,
                "latchkey config apply: %s: id_min and id_max overlap %u to %u, which systemd 258 "
                "and later keep for the files of containers: unless people have such ids already, "
                "take others\n",
                config->window_place, ID_FOREIGN_LEAST, ID_FOREIGN_MOST);
}

/* Whether people are called otherwise than before; `before` is NULL where that cannot be told. */
static bool is_renamed(const struct naming *before, const struct naming *now)
{
    return !before || now->names != before->names || strcmp(now->domain, before->domain) != 0;
}

/* An earlier republication may have failed, or somebody published by what was in force before. */
static bool is_shown_so(const struct naming *now)
{
    OWNED(close_fd) int fd = open(SNAPSHOT_PATH, SNAPSHOT_FILE_OPEN);
    struct snapshot_header header;

    if (fd < 0)
        return errno == ENOENT; /* nobody is shown yet */
    return pread(fd, &header, sizeof header, 0) == sizeof header &&
           le32toh(header.domain) == naming_mark(now);
}

/* In the words of nss.conf as it is now, which everybody else must be able to read. */
static bool show(const struct naming *before, bool json, struct error *why)
{
    struct naming now;

    if (!naming_read(&now, why))
        return error_context(why, "written, but not to be believed");
    return (!is_renamed(before, &now) && is_shown_so(&now)) || republish(json, why);
}

static bool apply(bool json, struct error *why)
{
    OWNED(release_config) struct config *config = NULL;
    uint32_t local_gids[CONFIG_LOCAL_GROUPS_MOST];
    struct reserved reserved;
    struct nss_facts facts = {.local_gids = local_gids, .platform_gids = reserved.platform_gids};
    OWNED(reserve_end) struct reservation held = RESERVATION_NONE;
    OWNED(close_fd) int lock = -1;
    struct naming before;
    const char *not_ssh;
    bool good, was_fit;

    if (geteuid() != 0)
        return error_set(why, ERROR_CONFIG, "only root can do that");
    lock = nss_conf_lock(why);
    if (lock < 0 || !config_read(CONFIG_FILE, CONFIG_DROPS, &config, why) ||
        !use_window(config, why) || !find_all(config, local_gids, why) ||
        !reserve(config, &reserved, &held, why))
        return false;
    not_ssh = why_not_ssh(&reserved);
    facts.config = config;
    facts.issuer = not_ssh ? "" : reserved.issuer;
    /* Who has which id is in the store, so nothing is needed of a file that was damaged. */
    was_fit = naming_read(&before, &(struct error){0});
    if (!nss_conf_write(&facts, why))
        return false;
    reserve_end(&held);
    warn_of_window(config);
    (json ? tell_json : tell)(&facts, not_ssh);
    good = show(was_fit ? &before : NULL, json, why);
    if (json)
        puts("}");
    return good;
}

static int run(const struct command *command, int count, char **arguments)
{
    bool json = count > 2 && strcmp(arguments[2], "--json") == 0;
    struct error why = {0};

    if (count < 2)
        return command_misused(command, "apply is missing");
    if (strcmp(arguments[1], "apply") != 0)
        return command_misused(command, "there is no config %s", arguments[1]);
    if (count > (json ? 3 : 2))
        return command_misused(command, "nothing may follow apply%s", json ? " --json" : "");
    if (apply(json, &why))
        return EXIT_GOOD;
    fprintf(stderr, "latchkey config apply: %s\n", why.text);
    return EXIT_HOST;
}

const struct command command_config = {
    .name = "config",
    .does = "bring what the configuration says to where it counts",
    .synopsis = "apply [--json]",
    .help =
        "apply  Writes " NSS_CONF_FILE ", by which the NSS module knows our domains, home\n"
        "       and shell, and which local groups go to which groups of the platform.\n"
        "       For root. To be run after each change of the configuration.\n"
        "       --json  for programs: an object of file, local_groups, first_by_ssh (and\n"
        "               why_not) and, when people are called otherwise, left_out\n\n"
        "exit status: 0 done, 2 wrong use, 3 this host is at fault: nothing was changed, unless\n"
        "it says that people are called otherwise now",
    .run = run,
};
