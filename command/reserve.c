/* SPDX-License-Identifier: MIT */
#include "command/reserve.h"

#include "base/own.h"
#include "cache/store_reserve.h"
#include "command/host.h"
#include "command/issuer.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>

#define WAIT_MS 60000 /* the store may be held by others for a while */

/* What the child says: one piece, which a pipe takes whole (pipe(7)). */
struct message {
    bool good;
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

static bool learn(struct message *message)
{
    OWNED(host_release) struct host host = HOST_CLOSED;

    if (!host_open(&host, &message->why))
        return false;
    if (platform_issuer(host.link.platform, message->reserved.issuer) == LOOKUP_UNAVAILABLE)
        return error_set(&message->why, ERROR_SYSTEM, "what is known of the issuer cannot be read");
    return reserve_here(&host, message->reserved.issuer, message->reserved.platform_gids,
                        &message->why);
}

static int be_the_child(int fd)
{
    struct message message = {.good = false};

    message.good = learn(&message);
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
    if (!message->good)
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
    if (message.good)
        *reserved = message.reserved;
    else
        *why = message.why;
    return message.good;
}

bool reserve(const struct config *config, struct reserved *reserved, struct error *why)
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
        _exit(be_the_child(ends[1]));
    close(ends[1]);
    if (child < 0)
        return error_set(why, ERROR_SYSTEM, "a process: %s", strerror(errno));
    good = ask(heard, config, reserved, why);
    kill(child, SIGKILL);
    waitpid(child, NULL, 0);
    return good;
}
