/* Carries one conversation between the helper and the person. Decides nothing, and never admits. */
#pragma once

#include "login/frame.h"
#include "pam_module/options.h"

/* How long one frame of the helper may take: 30 s for a turn at the KDF, 8 s of network, and as
 * much again, because a machine this busy is slow in everything. */
#ifndef RELAY_WAIT_MS
#define RELAY_WAIT_MS 75000
#endif
/* All frames together, and how many. Neither counts the time a person takes to answer. */
#ifndef RELAY_WORK_MS
#define RELAY_WORK_MS (4ll * RELAY_WAIT_MS)
#endif
#define RELAY_FRAMES_MOST 200

/*
 * VERDICT_FAILED with `why` filled when the helper gave none that makes sense;
 * ERROR_UNREACHABLE when it left without a single frame. For any other verdict
 * `why` holds the helper's words for the log, or nothing (ERROR_NONE).
 */
enum verdict relay_run(pam_handle_t *pam, int fd, const struct request *request,
                       const struct options *options, struct error *why) __attribute__((nonnull));
