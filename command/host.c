/* SPDX-License-Identifier: MIT */
#include "command/host.h"

#include "base/own.h"
#include "base/text.h"
#include "command/interrupted.h"
#include "config/paths.h"
#include "login/process.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>

/*
 * Who owns the terminal may type into it (TIOCSTI), and who opens a store of the user latchkey must
 * not type as root. Keys such as Ctrl-C still reach us. The leader of a session keeps it: nobody
 * else reads there.
 */
static void leave_terminal(void)
{
    OWNED(close_fd) int fd = -1;

    if (getsid(0) != getpid())
        fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd >= 0)
        (void)ioctl(fd, TIOCNOTTY);
}

bool host_become_owner(bool lasts, struct error *why)
{
    bool root = geteuid() == 0, started;
    unsigned ignored = interrupted_ignored();

    if (root)
        leave_terminal();
    started = lasts ? process_start_long(PRIVATE_DIR, why) : process_start_alone(PRIVATE_DIR, why);
    interrupted_ignore(ignored);
    if (started)
        return true;
    return root ? false : error_context(why, "only root, or the user latchkey, can do that");
}

static bool open_folders(struct host *host, struct error *why)
{
    host->runtime = open(RUNTIME_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    host->shared = open(PRIVATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (host->shared < 0)
        return error_set(why, ERROR_SYSTEM, PRIVATE_DIR ": %s", strerror(errno));
    return true;
}

static bool open_rest(struct host *host, struct error *why)
{
    if (!open_folders(host, why))
        return false;
    host->link.memory = (struct breakers){.store = host->store, .runtime = host->runtime};
    host->link.shared = host->shared;
    return link_open(&host->link, host->config, why);
}

static bool open_all(struct host *host, bool lasts, struct error *why)
{
    return host_become_owner(lasts, why) &&
           config_read(CONFIG_FILE, CONFIG_DROPS, &host->config, why) &&
           store_open(PRIVATE_DIR, &host->store, why) && open_rest(host, why);
}

bool host_open(struct host *host, struct error *why)
{
    return open_all(host, false, why);
}

bool host_open_with(struct host *host, struct config *taken_config, struct error *why)
{
    struct naming naming = {.names = taken_config->names};

    host->config = taken_config;
    if (naming.names == NAMES_SHORT)
        text_copy(naming.domain, sizeof naming.domain, taken_config->domains.items[0]);
    return host_become_owner(false, why) &&
           store_open_as(PRIVATE_DIR, &naming, &host->store, why) && open_rest(host, why);
}

bool host_open_long(struct host *host, struct error *why)
{
    return open_all(host, true, why);
}

void host_release(struct host *host)
{
    link_release(&host->link);
    store_close(host->store);
    config_release(host->config);
    close_fd(&host->shared);
    close_fd(&host->runtime);
}
