/* SPDX-License-Identifier: MIT */
/* This host as a command works with it: what is configured, what is remembered, and the platform. */
#pragma once

#include "cache/store.h"
#include "config/config.h"
#include "login/link.h"

struct host {
    struct config *config;
    struct store *store;
    int shared, runtime; /* folders, open; runtime -1: there is none */
    struct link link;
};

/* A host that is not open yet, fit for OWNED(host_release). */
#define HOST_CLOSED ((struct host){.shared = -1, .runtime = -1, .link = {.shared = -1}})

/*
 * Gives root up for good (login/process.h), then opens everything; asks nobody. False: this
 * host is at fault, or the caller is neither root nor the user latchkey.
 */
bool host_open(struct host *host, struct error *why);
/*
 * The same with a configuration that has been read already, is released with the host, and is about
 * to be put in force: what nss.conf says of names does not count.
 */
bool host_open_with(struct host *host, struct config *taken_config, struct error *why);
/* As host_open, for work with everybody who is remembered: time and memory are not bounded. */
bool host_open_long(struct host *host, struct error *why);
/* Only gives root up. `lasts`: as host_open_long. */
bool host_become_owner(bool lasts, struct error *why);
void host_release(struct host *host);
