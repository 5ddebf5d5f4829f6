/* SPDX-License-Identifier: MIT */
#include "cache/statement_pool.h"

/*
 * SQLite before 3.44 has no place for what belongs to a connection, but it keeps the argument of a
 * hook, and gives it back when the next one is set. No hook is ever called: there is none.
 */
static struct statement_pool *pool_of(sqlite3 *db)
{
    struct statement_pool *pool = sqlite3_rollback_hook(db, NULL, NULL);

    if (pool)
        sqlite3_rollback_hook(db, NULL, pool);
    return pool;
}

void pool_begin(struct statement_pool *pool, sqlite3 *db)
{
    sqlite3_rollback_hook(db, NULL, pool);
}

void pool_end(struct statement_pool *pool, sqlite3 *db)
{
    struct statement_pool *used = pool_of(db);

    if (used && used == pool)
        sqlite3_rollback_hook(db, NULL, NULL);
    for (int i = 0; i < pool->count; i++)
        sqlite3_finalize(pool->items[i].statement);
    pool->count = 0;
}

sqlite3_stmt *pool_take(sqlite3 *db, const char *sql)
{
    struct statement_pool *pool = pool_of(db);

    for (int i = 0; pool && i < pool->count; i++) {
        struct pooled *item = &pool->items[i];

        /* The texts are constants; should one be made in a buffer, it is not what it was. */
        if (item->taken || item->sql != sql || strcmp(sqlite3_sql(item->statement), sql) != 0)
            continue;
        item->taken = true;
        return item->statement;
    }
    return NULL;
}

void pool_add(sqlite3 *db, const char *sql, sqlite3_stmt *statement)
{
    struct statement_pool *pool = pool_of(db);

    if (pool && pool->count < POOL_MOST)
        pool->items[pool->count++] =
            (struct pooled){.statement = statement, .sql = sql, .taken = true};
}

bool pool_give_back(sqlite3_stmt *statement)
{
    struct statement_pool *pool = pool_of(sqlite3_db_handle(statement));

    for (int i = 0; pool && i < pool->count; i++)
        if (pool->items[i].statement == statement) {
            sqlite3_reset(statement);
            sqlite3_clear_bindings(statement); /* they are borrowed from whoever asked */
            pool->items[i].taken = false;
            return true;
        }
    return false;
}
