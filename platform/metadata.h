/* SPDX-License-Identifier: MIT */
/*
 * The issuer's two documents, discovery and key set, as they are needed: from
 * memory or the documents kept between processes while they are fresh, else
 * from the network, else the last good ones up to METADATA_OLDEST_SECONDS
 * (platform.md 1.5, 2.3, 4.5). One process fetches at a time, and the others use
 * what it got. A document that fails its checks never takes the place of a good one.
 */
#pragma once

#include "platform/authority.h"
#include "platform/discovery.h"
#include "platform/http.h"
#include "platform/keys.h"
#include "platform/platform.h"

#define METADATA_FRESH_LEAST    (5L * 60)       /* seconds, whatever its server says */
#define METADATA_FRESH_MOST     (24L * 60 * 60) /* and when it says nothing */
#define METADATA_FORCED_SECONDS (5L * 60)       /* between fetches for unknown keys */
#define METADATA_OLDEST_SECONDS (30L * 24 * 60 * 60)

struct metadata;

/* Borrows all it is given. */
bool metadata_open(const struct authority *authority, const struct memory *memory,
                   struct metadata **opened, struct error *why);
void metadata_close(struct metadata *metadata); /* accepts NULL */

/* Gets what is missing or stale. False: there is nothing to go on with. */
bool metadata_ready(struct metadata *metadata, struct http *http, const struct deadline *budget,
                    struct error *why);

/* Borrowed; whole only after metadata_ready, and until the next call. */
const struct discovery *metadata_discovery(const struct metadata *metadata);
const struct keys *metadata_keys(const struct metadata *metadata);

/* The issuer of tokens, without asking anybody. LOOKUP_UNAVAILABLE: what is kept cannot be read. */
enum lookup metadata_issuer(struct metadata *metadata, const char **issuer);

/*
 * For a token with a key that is not known: false when the keys could not be fetched, else the
 * token is to be looked at once more, with the youngest keys that there may be.
 */
bool metadata_renew_keys(struct metadata *metadata, struct http *http,
                         const struct deadline *budget, struct error *why);

/* Whether the platform's host is there: asks for the discovery document, if that may be asked. */
enum knock {
    KNOCK_NOT_ASKED, /* `why` */
    KNOCK_SILENT,    /* `why` */
    KNOCK_ANSWERED   /* with whatever */
};
enum knock metadata_knock(struct metadata *metadata, struct http *http,
                          const struct deadline *deadline, struct error *why);
/* Asks for the documents as metadata_ready would, fresh or not; the caller has passed the gate. */
bool metadata_probe(struct metadata *metadata, struct http *http, const struct deadline *deadline,
                    struct error *why);
