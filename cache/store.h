/* SPDX-License-Identifier: MIT */
/*
 * The durable store: what this machine remembers about people, in one SQLite
 * file, `private/store.db`, 0600, owned by the user `latchkey`. One process at
 * a time writes; SQLite sees to that. Nothing of it is kept in memory, so two
 * callers always agree. No transaction stays open across a call of this header.
 *
 * A store that is missing or damaged is never taken for an empty one: new ids
 * would then clash with those given out before. It is made once, together
 * with the host key (store_create); after that a missing file is an error.
 */
#pragma once

#include "base/buffer.h"
#include "base/document.h"
#include "base/lookup.h"
#include "base/strings.h"
#include "cache/naming.h"
#include "cache/person.h"
#include "cache/secret.h"

#define TOKEN_MOST  16384 /* bytes of a refresh or access token */
#define GROUPS_MOST 2000  /* groups of one person */

struct store;

/* Makes store and host key in `folder` if neither exists, then or else does nothing. */
bool store_create(const char *folder, struct error *why);

/*
 * Opens the store of the private folder and brings it to this program's version. Folder (0700)
 * and files (0600) must belong to the effective uid, so root has to become their owner first.
 * On a disk that cannot be written it opens for reading only: store_is_writable
 * then says false, and every function that records fails with ERROR_SYSTEM.
 */
bool store_open(const char *folder, struct store **store, struct error *why);
/* The same where people are about to be called so, whatever nss.conf says, or if that is damaged. */
bool store_open_as(const char *folder, const struct naming *naming, struct store **store,
                   struct error *why);
void store_close(struct store *store); /* accepts NULL */
bool store_is_writable(const struct store *store);
/*
 * Whether what is recorded now will find room. To be asked before the platform gives something
 * for which it takes back what is kept here: a successor of the refresh token.
 */
bool store_has_room(const struct store *store);
/* How people were called here when it was opened; borrowed from the store. */
const struct naming *store_naming(const struct store *store);
const struct host_key *store_host_key(const struct store *store); /* borrowed from the store */

/* `found` is untouched unless LOOKUP_FOUND; `why` is filled on LOOKUP_UNAVAILABLE. */
enum lookup store_person_by_name(struct store *store, const char *name, struct person *found,
                                 struct error *why);
enum lookup store_person_by_account(struct store *store, const struct account *account,
                                    struct person *found, struct error *why);

/*
 * The refresh token, opened. `token` is owned by the caller, to be wiped (free_secret).
 * LOOKUP_UNAVAILABLE with ERROR_UNTRUSTED: it was not sealed for this account on this host.
 */
enum lookup store_token(struct store *store, const struct person *person, char **token,
                        struct error *why);
/*
 * The object ids of the groups this person was last known to be in, whether or not
 * they can be Unix groups here.
 */
bool store_groups_of(struct store *store, uint32_t uid, struct strings *object_ids,
                     struct error *why);

/*
 * From now on no call waits for other processes once `*left_ms` is used up, which is counted down
 * and borrowed; NULL: as long as they may usually.
 */
void store_hurry(struct store *store, int64_t *left_ms);

/* What a sign-in that the platform accepted leaves behind. */
struct acceptance {
    const struct account *account;
    const char *name, *gecos, *home, *shell;
    const char *verifier;            /* NULL: keep the old one; else of the password, if proven */
    const char *refresh_token;       /* NULL: keep the old one */
    const char *access_token;        /* NULL: none is kept any more; see cache/store_access.h */
    time_t access_renew_at;          /* when another one is due */
    time_t access_until;             /* the end of its use */
    bool password_proven;            /* the platform accepted the password itself */
    const struct strings *group_ids; /* object ids; NULL: keep the old ones */
    /*
     * The person as read before the platform was asked; NULL for somebody new. A refusal
     * recorded since then is younger than this acceptance and stands.
     */
    const struct person *seen;
    time_t now;
};

/*
 * Records it in one transaction: a new person gets ids (bound to the account for
 * good), a known one keeps them; refusals are forgotten. A name that belongs to
 * another account, exists locally, is dangerous or breaks the name rules is
 * refused with ERROR_REFUSED and nothing is recorded; so is, with ERROR_UNTRUSTED, an
 * acceptance that a refusal has overtaken (`seen`). A group whose name is not
 * usable is left out and named in `left_out` (may be NULL).
 * `*public_changed`: the snapshot must be published before anybody is let in. It stays true,
 * whoever is accepted, until a publication has shown what was recorded.
 * Home, shell or gecos that passwd(5) cannot hold, and too many groups, are ERROR_MALFORMED.
 * A group is called by its object id, folded to lower case; a GUID gets "group-" before it.
 */
bool store_accept(struct store *store, const struct acceptance *acceptance, struct person *recorded,
                  bool *public_changed, struct strings *left_out, struct error *why);

/*
 * What a refusal leaves behind. The ids and the name stay in any case; an access token goes with
 * either of verifier and refresh token. What counts from then on
 * is refused_worse of what was recorded and this; REFUSED_NOT only erases.
 */
struct refusal_record {
    enum refused refused;
    bool erase_verifier, erase_token;
    bool doubt_token; /* erases it too if it was in doubt already */
    bool rest_token;  /* more than the token was wanted: it is not to be sent again for a while */
    /*
     * What the refused request was about; NULL: about the account itself. If another
     * verifier or token stands there by now, the refusal is out of date and does nothing.
     */
    const char *verifier, *token;
    time_t now;
};
#define MASS_EVENT_PEOPLE  3   /* more than so many who were refused as persons ... */
#define MASS_EVENT_SECONDS 900 /* ... within this time are rather an accident of the tenant */
/*
 * Who is refused for the same reason again keeps the time of the first refusal. `*mass_event`:
 * with this one more than MASS_EVENT_PEOPLE different people have been refused as REFUSED_ACCOUNT
 * or REFUSED_DISABLED within MASS_EVENT_SECONDS; the refusal is recorded, but nothing was erased
 * (platform.md 3.1, rule 7).
 */
bool store_refuse(struct store *store, uint32_t uid, const struct refusal_record *record,
                  bool *mass_event, struct error *why);

/* Documents of the platform (discovery, keys), by URL, as last fetched and found good. */
enum lookup store_document(struct store *store, const char *url, struct buffer *body,
                           struct document_facts *facts, struct error *why);
/*
 * `body` NULL: only the facts have changed, and what is kept under this URL stays. Does not
 * wait for others for long then; for how long a whole document may, store_hurry says.
 */
bool store_keep_document(struct store *store, const char *url, const char *body, size_t length,
                         const struct document_facts *facts, struct error *why);

/*
 * Writes everything public to a new snapshot in `public_folder`; of several publishers the last
 * one has the newest. Whose name or id local files have got since is left out, who is refused is not;
 * when the local entry is gone, a person comes back at the next sign-in (store_is_published), a
 * group with the next publication, whatever that is for.
 */
bool store_publish(struct store *store, const char *public_folder, struct error *why);
/*
 * Whether the file in `public_folder` names this person with this uid, so that others will find
 * her. To be asked before anybody is let in: a file that was lost, damaged, or written while a
 * local entry had her name is made anew by store_publish. Looks up one name; cheap.
 */
bool store_is_published(const char *public_folder, const struct person *person);
