/* SPDX-License-Identifier: MIT */
/* The device authorization response (RFC 8628 3.2; platform.md 2.4, 5.6). Pure. */
#pragma once

#include "platform/device.h"

#include <stddef.h>

#define DEVICE_INTERVAL_SECONDS 5   /* when it does not say */
#define DEVICE_INTERVAL_MOST    300 /* more would not be polling */

/*
 * `asked_ms`: when it was asked for, by clock_ms(); it counts from then on. Numbers may be texts, and
 * the address may have the name of the first version. ERROR_MALFORMED: not a usable one, or one
 * that is not fit to be shown; `device` is untouched then.
 */
bool device_answer_read(const char *body, size_t length, int64_t asked_ms,
                        struct device_code *device, struct error *why);
