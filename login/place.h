/* SPDX-License-Identifier: MIT */
/*
 * Where somebody signs in, as far as it makes a difference for device codes. Goes by settings,
 * service and place alone, never by who it is: a prompt must not tell who is known here.
 */
#pragma once

#include "config/config.h"
#include "login/frame.h"

/* Whether there may be a device code: `methods` and `device_code` of latchkey.conf(5). */
bool place_has_codes(const struct config *config, const struct request *request);
/* Whether several lines are shown as such: not by greeters, which have room for one sentence. */
bool place_shows_lines(const struct request *request);
