/* SPDX-License-Identifier: MIT */
#include "command/reserve.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/store_reserve.h"
#include "command/child.h"
#include "command/host.h"
#include "command/issuer.h"
#include "config/paths.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

#define WAIT_MS 60000 /* the store may be held by others for a while */

/* What the child says, in one piece. */
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
static bool window_is(bool (*fit)(struct store *, struct error *), const struct host *host,
                      struct error *why)
{
    const char *place = host->config->window_place;

    return fit(host->store, why) || error_context(why, "%s", *place ? place : CONFIG_FILE);
}

static bool learn(struct config *config, struct host *host, struct message *message)
{
    if (!host_open_with(host, config, &message->why) ||
        !window_is(store_window_check, host, &message->why))
        return false;
    if (platform_issuer(host->link.platform, message->reserved.issuer) == LOOKUP_UNAVAILABLE)
        return error_set(&message->why, ERROR_SYSTEM, "what is known of the issuer cannot be read");
    return reserve_here(host, message->reserved.issuer, message->reserved.platform_gids,
                        &message->why) &&
           window_is(store_window_hold, host, &message->why);
}

/* Until the parent closes its end. `config` is a copy, as all memory of the child is. */
static int be_the_child(struct config *config)
{
    OWNED(host_release) struct host host = HOST_CLOSED;
    struct message message = {0};
    struct pollfd end = {.fd = CHILD_FD, .events = POLLIN};

    message.good = learn(config, &host, &message);
    return write(CHILD_FD, &message, sizeof message) != sizeof message ||
           poll(&end, 1, WAIT_MS) != 1;
}

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

bool reserve(struct config *config, struct reserved *reserved, struct reservation *held,
             struct error *why)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return error_set(why, ERROR_SYSTEM, "a pair of sockets: %s", strerror(errno));
    held->fd = ends[0];
    held->child = fork();
    if (held->child == 0)
        _exit(!child_leave_everything(ends[1]) || be_the_child(config));
    close(ends[1]);
    if (held->child < 0)
        return error_set(why, ERROR_SYSTEM, "a process: %s", strerror(errno));
    return ask(held->fd, config, reserved, why);
}

void reserve_end(struct reservation *held)
{
    close_fd(&held->fd);
    if (held->child > 0) {
        kill(held->child, SIGKILL);
        waitpid(held->child, NULL, 0);
    }
    *held = RESERVATION_NONE;
}
