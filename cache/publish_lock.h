/* SPDX-License-Identifier: MIT */
/* One publisher at a time. */
#pragma once

#include "base/error.h"

/*
 * Waits, with a deadline, until nobody else publishes. `folder` is the private one. Yields a
 * descriptor that holds the lock until it is closed, or -1.
 */
int publish_lock(int folder, struct error *why);
