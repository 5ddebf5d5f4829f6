/* SPDX-License-Identifier: MIT */
/*
 * Services that act in the person's absence: remembered facts only, and no end of the window. Pure,
 * as login/policy.h.
 */
#pragma once

#include "login/policy.h"

bool background_is(const struct request *request);
struct decision background_decide(const struct person *person);
