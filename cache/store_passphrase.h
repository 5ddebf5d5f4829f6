/* SPDX-License-Identifier: MIT */
/* A local passphrase in the place of the platform's password. */
#pragma once

#include "cache/store.h"

/*
 * Records `verifier` as that of a local passphrase of the person as `seen`: from now on nothing that
 * she types is the platform's business. ERROR_REFUSED, and nothing is recorded: the platform holds
 * something against her, or her secret has been replaced since she was read.
 */
bool store_keep_passphrase(struct store *store, const struct person *seen, const char *verifier,
                           struct error *why);
