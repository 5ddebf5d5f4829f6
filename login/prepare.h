/* SPDX-License-Identifier: MIT */
/* What a new host needs before anybody can sign in: done once, by the package or by `make install`. */
#pragma once

#include "base/error.h"

/*
 * Makes the store with the host key, and an empty snapshot, where they are missing, and
 * says what was done. Runs as the owner of the private folder. A snapshot that is damaged is
 * made anew from the store; nothing else that exists is touched. A store that was lost is an
 * error, not a reason to begin again.
 */
bool prepare_host(const char *private_folder, const char *public_folder, struct error *why);
