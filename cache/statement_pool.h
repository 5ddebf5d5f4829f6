/* SPDX-License-Identifier: MIT */
/*
 * Statements that stay prepared between two uses, for those who ask the same a million times:
 * preparing one costs ten times what it then does. As long as a connection has a pool,
 * store_prepare takes from it and statement_release gives back to it.
 */
#pragma once

#include "cache/store_internal.h"

#define POOL_MOST 32

struct statement_pool {
    struct pooled {
        sqlite3_stmt *statement;
        const char *sql; /* as it was given */
        bool taken;
    } items[POOL_MOST];
    int count;
};

/* `pool` starts zeroed and stays where it is until pool_end, when none of its statements is in use. */
void pool_begin(struct statement_pool *pool, sqlite3 *db);
void pool_end(struct statement_pool *pool, sqlite3 *db); /* accepts one that never began */

/* NULL: there is none of this very text that is not in use. */
sqlite3_stmt *pool_take(sqlite3 *db, const char *sql);
/* One that was just prepared, and is in use. Where there is no room it stays the caller's alone. */
void pool_add(sqlite3 *db, const char *sql, sqlite3_stmt *statement);
/* False: it is of no pool, so that the caller has to finalize it. */
bool pool_give_back(sqlite3_stmt *statement);
