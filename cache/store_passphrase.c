/* SPDX-License-Identifier: MIT */
#include "cache/store_passphrase.h"

#include "cache/store_internal.h"

static bool passphrase_write(sqlite3 *db, const struct person *seen, const char *verifier,
                             struct error *why)
{
    static const char sql[] = "UPDATE person SET verifier = ?2, passphrase = 1"
                              " WHERE uid = ?1 AND verifier = ?3 AND refused = 0";
    OWNED(statement_release) sqlite3_stmt *write = store_prepare(db, sql, why);

    if (!write)
        return false;
    if (!bind_number(write, 1, seen->uid) || !bind_text(write, 2, verifier) ||
        !bind_text(write, 3, seen->verifier))
        return store_failed(db, "binding", why);
    if (!store_run(write, why))
        return false;
    return sqlite3_changes(db) == 1 ||
           error_set(why, ERROR_REFUSED, "refused, or her secret was replaced, meanwhile");
}

bool store_keep_passphrase(struct store *store, const struct person *seen, const char *verifier,
                           struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    return transaction_write(&transaction, store, why) &&
           passphrase_write(store->db, seen, verifier, why) &&
           transaction_commit(&transaction, why);
}
