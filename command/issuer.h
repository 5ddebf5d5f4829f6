/* SPDX-License-Identifier: MIT */
/* Issuer and tenant of this host's accounts. */
#pragma once

#include "base/error.h"
#include "cache/person.h"

/* `setting` is the one of the configuration, `issuer` what tokens say. */
bool issuer_account(const char *setting, const char *issuer, struct account *of, struct error *why);
