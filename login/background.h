/* SPDX-License-Identifier: MIT */
/*
 * Services that act in the person's absence: remembered facts only, and no end of the window. Pure,
 * as login/policy.h.
 */
#pragma once

#include "login/policy.h"

/* One of `services`, or root becoming somebody by su(1) or runuser(1), which no list changes. */
bool background_is(const struct strings *services, const struct request *request);
struct decision background_decide(const struct person *person);
