/* SPDX-License-Identifier: MIT */
#include "command/reserve.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/store_reserve.h"
#include "command/host.h"
#include "command/issuer.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define WAIT_MS 60000 /* the store may be held by others for a while */

/* What the child says: one piece, which a pipe takes whole (pipe(7)). */
struct message {
    uint8_t good;     /* 1, or nothing is believed but: */
    struct error why; /* else */
    struct reserved reserved;
};

/* ---- in the child ---- */

static bool reserve_here(const struct host *host, const char *issuer, uint32_t *gids,
                         struct error *why)
{
    const struct strings *groups = &host->config->local_group_ids;
    struct account of = {.issuer = ""};

    if (!groups->count)
        return true;
    if (!*issuer)
        return error_set(why, ERROR_CONFIG,
                         "[local groups]: who the issuer is has to be asked of the platform; let "
                         "somebody sign in, or give the tenant by its GUID, then try again");
    return issuer_account(host->config->issuer, issuer, &of, why) &&
           store_reserve_groups(host->store, &of, groups, time(NULL), gids, why);
}

/* An id that was given stays valid for good, so it stays inside the window. */
static bool window_holds(const struct host *host, struct error *why)
{
    const char *place = host->config->window_place;

    return store_window_check(host->store, why) ||
           error_context(why, "%s", *place ? place : CONFIG_FILE);
}

static bool learn(struct config *config, struct message *message)
{
    OWNED(host_release) struct host host = HOST_CLOSED;

    if (!host_open_with(&host, config, &message->why) || !window_holds(&host, &message->why))
        return false;
    if (platform_issuer(host.link.platform, message->reserved.issuer) == LOOKUP_UNAVAILABLE)
        return error_set(&message->why, ERROR_SYSTEM, "what is known of the issuer cannot be read");
    return reserve_here(&host, message->reserved.issuer, message->reserved.platform_gids,
                        &message->why);
}

/* What opens the store has no terminal to write to or to be stopped by. */
static void leave_the_terminal(void)
{
    OWNED(close_fd) int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    setsid();
    if (null >= 0)
        dup2(null, STDIN_FILENO);
}

/* `config` is a copy, as all memory of the child is. */
static int be_the_child(struct config *config, int fd)
{
    struct message message = {0};

    leave_the_terminal();
    message.good = learn(config, &message);
    return write(fd, &message, sizeof message) != sizeof message;
}
_Static_assert(sizeof(struct message) <= 4096, "more than a pipe takes in one piece");

/* ---- in the parent ---- */

static bool hear(int fd, struct message *message)
{
    struct pollfd wait = {.fd = fd, .events = POLLIN};

    return poll(&wait, 1, WAIT_MS) == 1 && read(fd, message, sizeof *message) == sizeof *message;
}

static bool is_believable(const struct config *config, struct message *message)
{
    message->why.text[sizeof message->why.text - 1] = '\0';
    text_printable(message->why.text);
    if (message->good != 1)
        return message->why.kind > ERROR_NONE && message->why.kind < ERROR_KINDS;
    if (!memchr(message->reserved.issuer, '\0', sizeof message->reserved.issuer))
        return false;
    for (size_t i = 0; i < config->local_groups.count; i++)
        if (!id_is_ours(message->reserved.platform_gids[i]))
            return false;
    return true;
}

static bool ask(int fd, const struct config *config, struct reserved *reserved, struct error *why)
{
    struct message message;

    if (!hear(fd, &message) || !is_believable(config, &message))
        return error_set(why, ERROR_SYSTEM, "no answer from the process that looks at the store");
    if (message.good == 1)
        *reserved = message.reserved;
    else
        *why = message.why;
    return message.good == 1;
}

bool reserve(struct config *config, struct reserved *reserved, struct error *why)
{
    OWNED(close_fd) int heard = -1;
    int ends[2];
    pid_t child;
    bool good;

    if (pipe2(ends, O_CLOEXEC) != 0)
        return error_set(why, ERROR_SYSTEM, "a pipe: %s", strerror(errno));
    heard = ends[0];
    child = fork();
    if (child == 0)
        _exit(be_the_child(config, ends[1]));
    close(ends[1]);
    if (child < 0)
        return error_set(why, ERROR_SYSTEM, "a process: %s", strerror(errno));
    good = ask(heard, config, reserved, why);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return good;
}
