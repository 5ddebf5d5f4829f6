/* SPDX-License-Identifier: MIT */
/* When what is remembered may stand in for the platform. Pure, as login/policy.h. */
#pragma once

#include "login/policy.h"

enum offline policy_offline(const struct remembered *remembered);
/*
 * The same for somebody who has shown no secret here. A refused token is all that many platforms say of
 * an account that is gone: while it is in doubt, the window is closed.
 */
enum offline policy_offline_without_secret(const struct remembered *remembered);
/*
 * The end of the offline window by this host's clock as it is set now; only where policy_offline says
 * OFFLINE_OPEN.
 */
time_t policy_offline_until(const struct remembered *remembered);
/* Whether `offline_services` of latchkey.conf(5) has it. */
bool policy_offline_serves(const struct strings *services, const char *service);

/* How late it is, at least. Ages are taken by that: a clock set back makes nothing younger. */
time_t policy_by_now(const struct remembered *remembered);
/* Whether the clock shows what it has shown before; asks about a person. */
bool policy_is_set_back(const struct remembered *remembered);
