/* SPDX-License-Identifier: MIT */
/* A place with a store in it, made anew for each test: TEST(name) in the list of tests. */
#pragma once

#include "tests/place.h"

#include <sqlite3.h>

static struct place place;
static struct store *store;

static inline int begin(void **state)
{
    (void)state;
    place_make(&place);
    store = place_store(&place);
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    store_close(store);
    place_remove(&place);
    return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

/* In the store's file, past the store. */
static inline void run_sql(const char *sql)
{
    sqlite3 *db;
    char path[64];

    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}
