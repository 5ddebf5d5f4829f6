/* SPDX-License-Identifier: MIT */
/* What the tests of shared breakers share: a store, a runtime folder, and things that happen. */
#pragma once

#include "cache/breakers.h"
#include "cache/store_internal.h"
#include "tests/store_place.h"

#define NAME "refresh grants"
#define NOTE "breaker-refresh-grants"
/* Further apart than any wait can be: each failure counts, in whatever order they are recorded. */
#define APART   100000L
#define LONG_MS 60000

static struct breakers shared;
static struct error why;

static inline int begin_breakers(void **state)
{
    begin(state);
    shared = (struct breakers){
        .store = store,
        .runtime = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
    };
    return shared.runtime < 0;
}

static inline int end_breakers(void **state)
{
    close(shared.runtime);
    return end(state);
}

#undef TEST
#define TEST(name) cmocka_unit_test_setup_teardown(name, begin_breakers, end_breakers)

static inline bool fails(const char *name, time_t now)
{
    struct breaker_event event = {.kind = BREAKER_FAILED, .now = now, .silent = true};

    return breakers_change(&shared, name, &event, &why);
}

static inline bool served(const char *name, time_t now)
{
    struct breaker_event event = {.kind = BREAKER_SERVED, .now = now};

    return breakers_change(&shared, name, &event, &why);
}

static inline bool told(const char *name, time_t now, unsigned seconds)
{
    struct breaker_event event = {.kind = BREAKER_FAILED, .now = now, .told = seconds};

    return breakers_change(&shared, name, &event, &why);
}

/* Another program that writes to the store, and is not done yet: EXCLUSIVE leaves none to read. */
static inline sqlite3 *busy_writer(const char *begin_how)
{
    char path[64];
    sqlite3 *db;

    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, begin_how, NULL, NULL, NULL), SQLITE_OK);
    return db;
}

static inline uint32_t failures(const char *name)
{
    struct breaker breaker;

    breakers_read(&shared, name, &breaker);
    return breaker.failures;
}

static inline bool is_there(const char *file)
{
    struct stat status;

    return fstatat(shared.runtime, file, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static inline bool outage(void)
{
    return is_there(BREAKERS_OUTAGE_FILE);
}

/*
 * Processes that begin at once, each with a store of its own, each failing so often. They wait for
 * the store as long as it takes.
 */
static inline bool fail_at_once(int processes, int times)
{
    pid_t children[64];
    int gate[2], status;
    bool all = pipe(gate) == 0;

    for (int i = 0; i < processes; i++)
        if ((children[i] = fork()) == 0) {
            char nothing;

            close(gate[1]);
            shared.waited_ms = -LONG_MS;
            if (!store_open(place.private, &shared.store, &why) || read(gate[0], &nothing, 1) != 0)
                _exit(1);
            shared.store->patience_ms = LONG_MS;
            for (int j = 0; j < times; j++)
                if (!fails(NAME, (i * 100L + j + 1) * APART))
                    _exit(1);
            _exit(0);
        }
    close(gate[0]);
    close(gate[1]);
    for (int i = 0; i < processes; i++)
        all = waitpid(children[i], &status, 0) == children[i] && status == 0 && all;
    return all;
}
