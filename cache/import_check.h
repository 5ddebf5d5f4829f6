/* SPDX-License-Identifier: MIT */
/* What can be said of a person to be imported without a look at the store. */
#pragma once

#include "cache/local.h"
#include "cache/store_import.h"

/* By itself and beside the local files. ERROR_MALFORMED or ERROR_REFUSED, as store_import_check. */
bool import_check(const struct naming *naming, const struct local *local,
                  const struct imported_person *person, struct error *why);
