/* SPDX-License-Identifier: MIT */
#include "nss_module/settings.h"

#include "cache/nss_conf_file.h"

#include <errno.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

/* How long another thread may take to read: a second in all, in naps that a signal cuts short. */
#define NAPS_MOST 1000u
#define NAP_NS    1000000L

/* Else the pid of the process whose thread is reading. */
enum { UNREAD = 0, FIT = -1, UNFIT = -2 };

static struct {
    atomic_int state;
    struct nss_conf conf;
    char text[NSS_CONF_MOST + 1];
} here;

/* What is UNREAD is read at the next question. */
static int read_now(void)
{
    switch (nss_conf_read(here.text, &here.conf)) {
    case NSS_CONF_FIT:
        id_window_use(here.conf.window);
        return FIT;
    case NSS_CONF_UNREAD:
        return UNREAD;
    default:
        return UNFIT;
    }
}

/* One thread reads and the others wait a little; a child forked meanwhile reads for itself. */
static const struct nss_conf *read_once(void)
{
    int self = (int)getpid();

    for (unsigned naps = 0; naps < NAPS_MOST;) {
        int state = atomic_load_explicit(&here.state, memory_order_acquire);

        if (state == FIT)
            return &here.conf;
        if (state == UNFIT)
            return NULL;
        if (state == self) {
            nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
            naps++;
        } else if (atomic_compare_exchange_strong(&here.state, &state, self)) {
            state = read_now();
            atomic_store_explicit(&here.state, state, memory_order_release);
            return state == FIT ? &here.conf : NULL;
        }
    }
    return NULL;
}

const struct nss_conf *settings_of_this_process(void)
{
    int state = atomic_load_explicit(&here.state, memory_order_acquire);
    int before = errno;
    const struct nss_conf *conf;

    if (state == FIT)
        return &here.conf;
    if (state == UNFIT)
        return NULL;
    conf = read_once();
    errno = before;
    return conf;
}

bool settings_are_known(void)
{
    (void)settings_of_this_process();
    return atomic_load_explicit(&here.state, memory_order_relaxed) < 0;
}

bool settings_window_has(uint32_t id)
{
    (void)settings_of_this_process();
    return id_is_ours(id);
}
