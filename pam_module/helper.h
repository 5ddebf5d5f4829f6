/* SPDX-License-Identifier: MIT */
/*
 * The login helper as the module sees it: a socket, and sometimes a child.
 *
 * A program that runs as root all the way (sshd, login, a greeter) starts its
 * own. A program that somebody else called (su, sudo: their terminal, control
 * group and limits are his, and he could stop a helper that lives in them)
 * asks systemd for one by the socket. Where nobody listens there, a program with
 * root's rights starts one after all. Where somebody does and does not serve us, it
 * does not: whoever used up the connections could then stop a helper after all.
 */
#pragma once

#include "base/error.h"

#include <sys/types.h>

struct helper {
    int fd;
    pid_t child; /* 0: not ours, systemd's */
    int watch;   /* a pidfd on the child, or -1 */
};

enum helper_way { HELPER_BY_SOCKET, HELPER_AS_CHILD };

/* `remote_user` is PAM_RUSER, which su and sudo set to whoever called them; may be NULL. */
enum helper_way helper_way(const char *remote_user);

enum helper_start {
    HELPER_FAILED, /* zero: this machine failed us */
    HELPER_STARTED,
    HELPER_ABSENT, /* there is no socket, or whoever listens at it is not root */
    HELPER_BUSY    /* somebody listens and takes no connection */
};

/* Unless HELPER_STARTED, `why` is filled and `helper` untouched. */
enum helper_start helper_start(enum helper_way way, struct helper *helper, struct error *why)
    __attribute__((nonnull));
/* Closes the socket. A child has a moment to leave if it `finished`, else none; then it is ended. */
void helper_end(struct helper *helper, bool finished) __attribute__((nonnull));
