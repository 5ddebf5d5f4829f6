/* SPDX-License-Identifier: MIT */
/*
 * Signing in on another device (RFC 8628; platform.md 2.4, 5.6): an address and a code for people
 * to carry there, then one question after the other whether they have. Nobody's secret is sent.
 * What comes to be shown is checked here: plain printable ASCII, and no address but an https one.
 */
#pragma once

#include "platform/platform.h"

#define DEVICE_USER_CODE_MOST    63u
#define DEVICE_URI_MOST          511u
#define DEVICE_URI_COMPLETE_MOST 1023u
#define DEVICE_CODE_MOST         4096u
#define DEVICE_SECONDS_MOST      3600 /* that a code is used, however long it lives */

/* An authorization in progress. Starts as zero. */
struct device_code {
    char *code; /* a secret; owned, wiped by device_code_release */
    char user_code[DEVICE_USER_CODE_MOST + 1];
    char uri[DEVICE_URI_MOST + 1];
    char uri_complete[DEVICE_URI_COMPLETE_MOST + 1]; /* with the code in it; empty: there is none */
    int64_t expires_at_ms;                           /* by clock_ms() */
    unsigned interval_seconds; /* between two polls; 5 more with each slow_down, for good */
    unsigned failures;         /* polls in a row that nobody answered: each doubles the wait */
    int64_t next_poll_ms;      /* not to be asked before, by clock_ms() */
};
void device_code_release(struct device_code *device); /* wipes */

/*
 * Asks for a code. `claims`: the challenge of an error answer (outcome->claims), or NULL. ACCEPTED:
 * `device` is filled, which was empty before. A provider without device codes is unreachable, with
 * ALARM_SETUP. What fails here opens no breaker but DEPENDENCY_DEVICE.
 */
void platform_device_begin(struct platform *platform, const char *claims,
                           const struct deadline *budget, struct device_code *device,
                           struct outcome *outcome);

/*
 * Asks once whether it is done, and sends nothing before its time. Network trouble, an outage and
 * somebody else's page are DEVICE_PENDING until the code expires; so is being told to wait.
 * DEVICE_OVER: `outcome` says what came of it. Accepted is only who was asked for: `name`, and
 * `object_id` unless NULL, of our issuer and tenant, and no guest unless guests are let in; anybody
 * else's approval is REFUSAL_UNTRUSTED. A code is used up by an approval, whoever gave it.
 */
enum device_poll { DEVICE_OVER, DEVICE_PENDING };
enum device_poll platform_device_poll(struct platform *platform, struct device_code *device,
                                      const char *name, const char *object_id,
                                      const struct deadline *budget, struct outcome *outcome);
