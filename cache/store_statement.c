/* SPDX-License-Identifier: MIT */
/* The few ways in which the files of the store talk to SQLite. */
#include "cache/statement_pool.h"
#include "cache/store_internal.h"

static const char *in_words(int code)
{
    switch (code) {
    case SQLITE_READONLY_ROLLBACK:
    case SQLITE_READONLY_RECOVERY:
        return "a writer died half-way, and the disk cannot be written to undo it";
    }
    switch (code & 0xff) {
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
        return "the file is damaged: restore it from a backup, or run latchkey store recover; "
               "it is never made anew unasked";
    case SQLITE_FULL:
        return "the disk is full";
    case SQLITE_READONLY:
        return "the disk cannot be written";
    case SQLITE_BUSY:
        return "another process has kept it locked for too long";
    }
    return sqlite3_errstr(code);
}

bool store_failed(sqlite3 *db, const char *doing, struct error *why)
{
    int code = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;

    return error_set(why, ERROR_SYSTEM, "store.db: %s: %s (SQLite %d)", doing, in_words(code),
                     code);
}

bool store_damaged(struct error *why)
{
    return error_set(why, ERROR_SYSTEM, "store.db: a row breaks the rules: %s",
                     in_words(SQLITE_CORRUPT));
}

sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql, struct error *why)
{
    sqlite3_stmt *statement = pool_take(db, sql);

    if (statement)
        return statement;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK)
        pool_add(db, sql, statement);
    else
        store_failed(db, "asking it", why);
    return statement;
}

void store_finish(sqlite3_stmt *statement)
{
    if (statement && !pool_give_back(statement))
        sqlite3_finalize(statement);
}

bool bind_text(sqlite3_stmt *statement, int at, const char *text)
{
    return sqlite3_bind_text(statement, at, text, -1, SQLITE_STATIC) == SQLITE_OK;
}

bool bind_number(sqlite3_stmt *statement, int at, int64_t number)
{
    return sqlite3_bind_int64(statement, at, number) == SQLITE_OK;
}

bool bind_account(sqlite3_stmt *statement, int at, const struct account *account)
{
    return bind_text(statement, at, account->issuer) &&
           bind_text(statement, at + 1, account->tenant) &&
           bind_text(statement, at + 2, account->object_id);
}

enum step store_step(sqlite3_stmt *statement, struct error *why)
{
    switch (sqlite3_step(statement)) {
    case SQLITE_ROW:
        return STEP_ROW;
    case SQLITE_DONE:
        return STEP_DONE;
    default:
        store_failed(sqlite3_db_handle(statement), "asking it", why);
        return STEP_FAILED;
    }
}

bool store_run(sqlite3_stmt *statement, struct error *why)
{
    enum step step = store_step(statement, why);

    if (step == STEP_ROW)
        return store_damaged(why);
    return step == STEP_DONE;
}

bool column_copy(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);

    if (!text || length >= size || strlen((const char *)text) != length)
        return false;
    memcpy(out, text, length + 1);
    return true;
}

bool column_id(sqlite3_stmt *statement, int column, uint32_t *id)
{
    int64_t number = sqlite3_column_int64(statement, column);

    if (number < 0 || number > UINT32_MAX || !id_is_ours((uint32_t)number))
        return false;
    *id = (uint32_t)number;
    return true;
}

static bool transaction_begin(struct transaction *transaction, sqlite3 *db, const char *sql,
                              struct error *why)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return store_failed(db, "beginning", why);
    transaction->db = db;
    return true;
}

bool transaction_read(struct transaction *transaction, struct store *store, struct error *why)
{
    return transaction_begin(transaction, store->db, "BEGIN", why);
}

bool transaction_write(struct transaction *transaction, struct store *store, struct error *why)
{
    if (!store->writable)
        return error_set(why, ERROR_SYSTEM,
                         "store.db can only be read: the disk or the file "
                         "cannot be written");
    store->window_stands = false;
    /* IMMEDIATE: what is read below stays true until the commit. */
    return transaction_begin(transaction, store->db, "BEGIN IMMEDIATE", why);
}

bool transaction_commit(struct transaction *transaction, struct error *why)
{
    if (sqlite3_exec(transaction->db, "COMMIT", NULL, NULL, NULL) != SQLITE_OK)
        return store_failed(transaction->db, "recording", why);
    transaction->db = NULL;
    return true;
}

void transaction_end(struct transaction *transaction)
{
    if (transaction->db)
        sqlite3_exec(transaction->db, "ROLLBACK", NULL, NULL, NULL);
}
