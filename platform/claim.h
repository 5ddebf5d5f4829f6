/* SPDX-License-Identifier: MIT */
/* Single claims of an ID token, compared. Complaints are ERROR_UNTRUSTED or ERROR_MALFORMED. */
#pragma once

#include "base/error.h"

#include <jansson.h>

/* A claim that must be this text, byte for byte; the second form lets it be missing. */
bool claim_is(const json_t *claims, const char *name, const char *wanted, struct error *why);
bool claim_is_if_any(const json_t *claims, const char *name, const char *wanted, struct error *why);

/* Says why a token is not believed. Returns false. */
bool claim_untrusted(struct error *why, const char *text);
