/* SPDX-License-Identifier: MIT */
/* What the files of the store share. Nobody else includes this. */
#pragma once

#include "base/own.h"
#include "cache/naming.h"
#include "cache/store.h"

#include <sqlite3.h>

#define STORE_FILE "store.db"
#define DRAFT_FILE "store.db.draft"
#define KEY_FILE   "host.key"

struct store {
    sqlite3 *db;
    int folder; /* the private folder, open */
    bool writable;
    int64_t patience_ms; /* what is left of PATIENCE_MS */
    int64_t *hurry_ms;   /* what is left for what is done now; NULL: that may take all patience */
    const struct elsewhere *elsewhere; /* borrowed; NULL: other sources are asked for each id */
    struct host_key key;
    bool window_settles;  /* this process's window of ids is about to be put in force */
    bool window_stands;   /* within this transaction that has been looked at */
    struct naming naming; /* as it was when the store was opened, or published last */
};

/* For sqlite3_busy_handler, with the store: waits a little, and says whether to try again. */
int store_wait(void *store, int times);

#define PATIENCE_MS 15000 /* how long all statements of a store together wait for other processes */

/* Back to the pool that it is of, or finalized. */
void store_finish(sqlite3_stmt *statement);
OWN_DEFINE(statement_release, sqlite3_stmt, store_finish);
OWN_DEFINE(database_release, sqlite3, sqlite3_close_v2);

/* Says in words what SQLite has just failed at. Returns false. */
bool store_failed(sqlite3 *db, const char *doing, struct error *why);

/* NULL on failure. Values go in by the bind functions below, never into the text. */
sqlite3_stmt *store_prepare(sqlite3 *db, const char *sql, struct error *why);
bool bind_text(sqlite3_stmt *statement, int at,
               const char *text); /* borrowed; NULL is SQL's NULL */
bool bind_number(sqlite3_stmt *statement, int at, int64_t number);
/* At `at`, at + 1 and at + 2. */
bool bind_account(sqlite3_stmt *statement, int at, const struct account *account);

enum step { STEP_FAILED, STEP_ROW, STEP_DONE };
enum step store_step(sqlite3_stmt *statement, struct error *why);
/* For statements that yield no row. */
bool store_run(sqlite3_stmt *statement, struct error *why);

/* Copies a column; false (nothing copied) when it is longer than `size` allows or has a NUL inside. */
bool column_copy(sqlite3_stmt *statement, int column, char *out, size_t size);
bool column_id(sqlite3_stmt *statement, int column, uint32_t *id); /* false outside our window */
/* A row that breaks the rules it was written by. Returns false. */
bool store_damaged(struct error *why);

/* OWNED(transaction_end) struct transaction t = {0}; whatever is not committed is undone. */
struct transaction {
    sqlite3 *db;
};
bool transaction_read(struct transaction *transaction, struct store *store, struct error *why);
bool transaction_write(struct transaction *transaction, struct store *store, struct error *why);
bool transaction_commit(struct transaction *transaction, struct error *why);
void transaction_end(struct transaction *transaction);

/* One maker of stores at a time, as long as the private folder `folder` is open. */
bool store_creation_lock(int folder, struct error *why);
/* Under that lock, `fd` being the folder: an empty store under the name of a draft; then it gets its name. */
bool store_draft(const char *folder, int fd, sqlite3 **made, struct error *why);
bool store_place_draft(int folder, struct error *why);

/* A new database gets its tables; an old one is brought up to date. */
bool schema_make(sqlite3 *db, struct error *why);
bool schema_bring_up(sqlite3 *db, bool writable, struct error *why);

/*
 * Stands for the issuer of an id whose account is not known, because only a snapshot has told of it
 * (store_recover.h). Nobody finds such a person in the store until an account has claimed the id.
 */
#define ISSUER_RECOVERED "recovered"

/* Numbers by name, 0 when never set. */
bool fact_read(sqlite3 *db, const char *name, int64_t *value, struct error *why);
bool fact_write(sqlite3 *db, const char *name, int64_t value, struct error *why);
#define FACT_CHANGES   "changes"   /* counts what the snapshot would show */
#define FACT_PUBLISHED "published" /* the count of changes that the last snapshot shows */

/* For what may as well be recorded by the next one: how long it waits for others. */
#define STORE_MOMENT_MS 200

/* store_trust_time (store_time.h) for use within a transaction. */
bool time_record(sqlite3 *db, time_t now, struct error *why);

/* For use within a transaction; as the functions of store.h. */
enum lookup person_by_name(sqlite3 *db, const char *name, struct person *found, struct error *why);
enum lookup person_by_uid(sqlite3 *db, uint32_t uid, struct person *found, struct error *why);
enum lookup person_by_account(sqlite3 *db, const struct account *account, struct person *found,
                              struct error *why);
