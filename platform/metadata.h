/* SPDX-License-Identifier: MIT */
/*
 * The issuer's two documents, discovery and key set, as they are needed: from
 * memory or the documents kept between processes while they are fresh, else
 * from the network, else the last good ones however old (platform.md 2.3,
 * 4.5). A document that fails its checks never takes the place of a good one.
 */
#pragma once

#include "platform/discovery.h"
#include "platform/http.h"
#include "platform/keys.h"
#include "platform/platform.h"

struct metadata;

/* ERROR_CONFIG when `issuer` is not fit to be one. Borrows all it is given. */
bool metadata_open(const char *issuer, const struct documents *documents, struct metadata **opened,
                   struct error *why);
void metadata_close(struct metadata *metadata); /* accepts NULL */

/* Gets what is missing or stale. False: there is nothing to go on with. */
bool metadata_ready(struct metadata *metadata, struct http *http, const struct deadline *budget,
                    struct error *why);

/* Borrowed; there only after metadata_ready, and until the next call. */
const char *metadata_token_endpoint(const struct metadata *metadata);
const struct keys *metadata_keys(const struct metadata *metadata);

/* Whether the key set is old enough to be fetched again for the sake of an unknown key. */
bool metadata_keys_may_be_renewed(const struct metadata *metadata);
bool metadata_renew_keys(struct metadata *metadata, struct http *http,
                         const struct deadline *budget, struct error *why);
