/* SPDX-License-Identifier: MIT */
/* Carries one conversation between the helper and the person. Decides nothing, and never admits. */
#pragma once

#include "login/frame.h"
#include "pam_module/options.h"

/*
 * How long all waits for the helper may take together, whatever it says (FRAME_WAIT). What it may
 * wait for, each with a deadline of its own: 15 s for attempts in flight, 30 s for a turn at the
 * KDF, the network as long as the highest login_seconds says (30 s; 8 s by default), 15 s for the
 * store, 20 s to publish. That makes 110 s; the rest is for what has no deadline, a disk and
 * processors in trouble. sshd waits for 120 s. And how many frames. Neither counts the time that
 * a person takes to answer, and both begin anew with each answer: whoever signs in with a device
 * code may take a quarter of an hour.
 */
#ifndef RELAY_WAIT_MS
#define RELAY_WAIT_MS 115000
#endif
#define RELAY_FRAMES_MOST  200
#define RELAY_ANSWERS_MOST 200
/* Beyond what the helper has said, for the way of a frame through a busy machine. */
#define RELAY_SLACK_MS 150

/*
 * The ruling; one of VERDICT_FAILED with `why` filled when the helper gave none that makes sense;
 * ERROR_UNREACHABLE when it left or was silent without a single frame. For any other verdict
 * `why` holds the helper's words for the log, or nothing (ERROR_NONE). `*late`: it was silent for
 * longer than it may be; else untouched.
 */
struct ruling relay_run(pam_handle_t *pam, int fd, const struct request *request,
                        const struct options *options, bool *late, struct error *why)
    __attribute__((nonnull));
