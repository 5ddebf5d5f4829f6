/* SPDX-License-Identifier: MIT */
/*
 * The helper as a process: whatever state it was started in, it goes on in
 * one known state, and not as root. Done first, before any byte is read.
 */
#pragma once

#include "base/error.h"
#include "login/caller.h"

/*
 * The socket must be standard input. Afterwards: no other descriptor but
 * /dev/null or the log as 1 and 2, no environment, default signals (SIGPIPE and
 * SIGXFSZ ignored), folder /, umask 077, ordinary priority, known limits as far as
 * this root may raise them (processes: as found), no core files, and the user and group that own `private_folder`
 * (0700, never root's, in a folder that only root may write), from where there
 * is no way back.
 */
bool process_start(const char *private_folder, struct caller *caller, struct error *why)
    __attribute__((nonnull));
/* The same for a start by hand or by a package: no caller, descriptors stay as they are. */
bool process_start_alone(const char *private_folder, struct error *why) __attribute__((nonnull));
/* As process_start_alone, for work with everybody who is remembered: neither time nor memory is bounded. */
bool process_start_long(const char *private_folder, struct error *why) __attribute__((nonnull));
