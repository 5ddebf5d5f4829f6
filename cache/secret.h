/* SPDX-License-Identifier: MIT */
/*
 * The host key and what it protects. The key is 32 random bytes in its own
 * file, `private/host.key`, 0600: whoever steals the store without it can
 * neither open a token nor try passwords.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>
#include <stdint.h>

#define HOST_KEY_SIZE 32
#define KEYED_SIZE    32

struct host_key {
    uint8_t bytes[HOST_KEY_SIZE]; /* wipe with host_key_wipe */
};

/* Reads the key of the private folder open at `folder`. A missing key is an error: see store.h. */
bool host_key_read(int folder, struct host_key *key, struct error *why);
/* Makes a new key; fails when there is one already. */
bool host_key_create(int folder, struct host_key *key, struct error *why);
void host_key_wipe(struct host_key *key);

/* HMAC-SHA-256 under a key derived from the host key for `purpose`, which is a constant text. */
bool secret_keyed(const struct host_key *key, const char *purpose, const void *bytes, size_t length,
                  uint8_t out[KEYED_SIZE], struct error *why);

/* Whether two typed texts are the same, in a time that tells their lengths at the most. */
bool secret_equal(const char *one, const char *other);

/*
 * AES-256-GCM under the host key; `bound` (the account) is authenticated too, so
 * that a sealed text moved to another row does not open. The result is
 * nonce | ciphertext | tag; SEAL_OVERHEAD more than the text. Two seals of the
 * same text differ.
 */
#define SEAL_OVERHEAD 28
bool secret_seal(const struct host_key *key, const char *bound, const void *text, size_t length,
                 uint8_t *out, struct error *why);
/* `out` takes length - SEAL_OVERHEAD bytes. False on any change of sealed text, key or `bound`. */
bool secret_open(const struct host_key *key, const char *bound, const uint8_t *sealed,
                 size_t length, void *out, struct error *why);
