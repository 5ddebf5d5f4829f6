/* SPDX-License-Identifier: MIT */
/* The store on disks that cannot be written, are full, or were left by a dead writer. */
#include "cache/store_time.h"
#include "tests/place.h"

#include <signal.h>
#include <sqlite3.h>

static struct place place;

static int begin(void **state)
{
    (void)state;
    place_make(&place);
    return 0;
}

static int end(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static void put_ada(void)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = place_store(&place);

    accept_person(store, &acceptance);
    store_close(store);
}

static int read_only(const void *unused)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = NULL;
    struct error why = {0};
    struct person person;
    bool changed;

    (void)unused;
    if (!own_mounts() || mount(place.private, place.private, "none", MS_BIND, NULL) != 0 ||
        mount(NULL, place.private, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
        return CHILD_MAY_NOT;
    if (!store_create(place.private, &why) || !store_open(place.private, &store, &why))
        return 1;
    if (store_is_writable(store))
        return 2;
    if (store_person_by_name(store, acceptance.name, &person, &why) != LOOKUP_FOUND)
        return 3;
    if (store_accept(store, &acceptance, &person, &changed, NULL, &why) ||
        why.kind != ERROR_SYSTEM || store_saw_time(store, 5000, &why) ||
        store_refuse(store, person.uid, &(struct refusal_record){.erase_token = true}, &changed,
                     &why) ||
        !store_saw_time(store, 0, &why))
        return 4;
    store_close(store);
    return 0;
}

static int half_written_and_read_only(const void *unused)
{
    struct store *store = NULL;
    struct error why = {0};

    (void)unused;
    if (!own_mounts() || mount(place.private, place.private, "none", MS_BIND, NULL) != 0 ||
        mount(NULL, place.private, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0)
        return CHILD_MAY_NOT;
    return store_open(place.private, &store, &why) || !strstr(why.text, "half-way");
}

static void allowed_child(int (*body)(const void *))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(body(NULL));
    waitpid(child, &status, 0);
    if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

static void on_a_disk_that_cannot_be_written_people_are_still_known(void **state)
{
    struct store *store = place_store(&place);
    struct error why;

    (void)state;
    assert_true(store_saw_time(store, 1000, &why));
    store_close(store);
    put_ada();
    allowed_child(read_only);
}

/* Dies in the middle of writing: the journal says how to undo it. */
static int die_writing(const void *unused)
{
    char path[64];
    sqlite3 *db;

    (void)unused;
    place_path(&place, "store.db", path);
    sqlite3_open(path, &db);
    sqlite3_exec(
        db,
        "PRAGMA journal_mode = TRUNCATE; PRAGMA cache_size = 1; BEGIN IMMEDIATE;"
        "DELETE FROM person; PRAGMA cache_spill = 1;"
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300)"
        "INSERT INTO document (url, body, fetched_at) SELECT 'u' || i, zeroblob(4000), 1 FROM n",
        NULL, NULL, NULL);
    kill(getpid(), SIGKILL);
    return 0;
}

static void what_a_dead_writer_left_is_undone_or_refused(void **state)
{
    struct store *store = NULL;
    struct error why = {0};
    struct person person;
    size_t length;

    (void)state;
    put_ada();
    assert_false(in_child(die_writing, NULL));
    free(place_bytes(&place, "store.db-journal", &length));
    assert_true(length > 512);
    allowed_child(half_written_and_read_only);
    assert_true(store_open(place.private, &store, &why));
    assert_int_equal(store_person_by_name(store, "ada@contoso.example", &person, &why),
                     LOOKUP_FOUND);
    store_close(store);
}

/* A disk of its own for the store, of that size; 0 does not say how large it is. */
static int disk_with(const char *size, struct store **opened)
{
    struct error why = {0};
    char options[64];

    snprintf(options, sizeof options, "size=%s,mode=0700", size);
    if (!own_mounts() || mount("none", place.private, "tmpfs", 0, options) != 0)
        return CHILD_MAY_NOT;
    return !store_create(place.private, &why) || !store_open(place.private, opened, &why);
}

static int on_large_disks(const void *unused)
{
    struct store *store = NULL;
    int failed = disk_with("0", &store);

    (void)unused;
    if (failed || !store_has_room(store))
        return failed ? failed : 1;
    store_close(store);
    failed = disk_with("64m", &store);
    if (failed || !store_has_room(store))
        return failed ? failed : 2;
    /* Now it may only be read. */
    store_close(store);
    if (mount(NULL, place.private, "none", MS_REMOUNT | MS_BIND | MS_RDONLY, NULL) != 0 ||
        !store_open(place.private, &store, &(struct error){0}) || store_has_room(store))
        return 3;
    store_close(store);
    return 0;
}

/* Filled step by step: as long as it says so, a new token does find room. */
static int on_a_disk_that_fills(const void *unused)
{
    static char piece[64 * 1024], token[TOKEN_MOST + 1];
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = NULL;
    struct person person;
    struct error why;
    char path[64];
    bool changed, had_room = false;
    int fd, failed = disk_with("4m", &store);

    (void)unused;
    if (failed)
        return failed;
    memset(token, 'x', TOKEN_MOST);
    acceptance.refresh_token = token;
    place_path(&place, "filler", path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (store_has_room(store)) {
        had_room = true;
        if (!store_accept(store, &acceptance, &person, &changed, NULL, &why) ||
            write(fd, piece, sizeof piece) != sizeof piece)
            return 1;
    }
    while (write(fd, piece, sizeof piece) > 0)
        ;
    if (!had_room || store_has_room(store) ||
        store_accept(store, &acceptance, &person, &changed, NULL, &why))
        return 2;
    if (unlink(path) != 0 || close(fd) != 0 || !store_has_room(store))
        return 3;
    store_close(store);
    return 0;
}

static void a_token_is_not_spent_where_its_successor_finds_no_room(void **state)
{
    (void)state;
    allowed_child(on_large_disks);
    allowed_child(on_a_disk_that_fills);
}

/* A disk of its own for the store, with not one byte left on it. */
static int full_disk(const void *unused)
{
    static char filler[1 << 20];
    struct account account = account_of("ada"), bob = account_of("bob");
    struct acceptance acceptance = ACCEPTANCE(&account), other = ACCEPTANCE(&bob);
    struct store *store = NULL;
    struct error why = {0};
    struct person person;
    char path[64];
    bool changed;
    int fd;

    (void)unused;
    if (!own_mounts() || mount("none", place.private, "tmpfs", 0, "size=256k,mode=0700") != 0)
        return CHILD_MAY_NOT;
    if (!store_create(place.private, &why) || !store_open(place.private, &store, &why) ||
        !store_accept(store, &acceptance, &person, &changed, NULL, &why))
        return 1;
    store_close(store);
    place_path(&place, "filler", path);
    fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    while (write(fd, filler, sizeof filler) > 0)
        ;
    if (!store_open(place.private, &store, &why) || !store_is_writable(store))
        return 2;
    other.name = "bob@contoso.example";
    if (store_accept(store, &other, &person, &changed, NULL, &why) || why.kind != ERROR_SYSTEM ||
        !strstr(why.text, "full"))
        return 3;
    if (store_person_by_name(store, acceptance.name, &person, &why) != LOOKUP_FOUND ||
        store_person_by_name(store, other.name, &person, &why) != LOOKUP_ABSENT)
        return 4;
    if (unlink(path) != 0 || close(fd) != 0 ||
        !store_accept(store, &other, &person, &changed, NULL, &why))
        return 5;
    store_close(store);
    return 0;
}

static void a_full_disk_loses_nobody_and_records_nobody_by_half(void **state)
{
    (void)state;
    allowed_child(full_disk);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(on_a_disk_that_cannot_be_written_people_are_still_known),
    TEST(what_a_dead_writer_left_is_undone_or_refused),
    TEST(a_token_is_not_spent_where_its_successor_finds_no_room),
    TEST(a_full_disk_loses_nobody_and_records_nobody_by_half),
};

int main(void)
{
    return check_main("disk", tests);
}
