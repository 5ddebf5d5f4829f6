/*
 * The issuer's signing keys: a JWK set (RFC 7517), or one JWK. Strict: a set
 * that holds a symmetric key, a duplicate member or a broken key document is
 * refused whole; a single key that is not fit for signatures we accept is
 * kept out of use, with the reason.
 */
#pragma once

#include "base/error.h"

#include <stddef.h>

struct keys;

#define KEYS_BODY_MOST (1u << 20) /* bytes of a key set */

bool keys_parse(const char *json, size_t length, struct keys **keys, struct error *why);
void keys_release(struct keys *keys); /* accepts NULL */
