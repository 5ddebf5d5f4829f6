/* SPDX-License-Identifier: MIT */
/* cache/store.c: making and opening the store, and every state its file can be in. */
#include "cache/store.h"
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

/* The store must not open; the reason has to mention `words`. */
static void refuses_to_open(const char *words)
{
    struct store *store = NULL;
    struct error why = {0};

    assert_false(store_open(place.private, &store, &why));
    assert_null(store);
    assert_int_equal(why.kind, ERROR_SYSTEM);
    if (!strstr(why.text, words))
        fail_msg("\"%s\" does not mention \"%s\"", why.text, words);
}

static void put_ada(void)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = place_store(&place);

    accept_person(store, &acceptance);
    store_close(store);
}

static void run_sql(const char *file, const char *sql)
{
    sqlite3 *db;
    char path[64];

    place_path(&place, file, path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void its_files_are_closed_to_others_whatever_the_umask(void **state)
{
    static const char *const files[] = {"store.db", "host.key"};
    static const mode_t masks[] = {0, 077};

    for (size_t i = 0; i < 2; i++) {
        mode_t before = umask(masks[i]);
        struct stat status;

        put_ada();
        umask(before);
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(fstatat(place.folder, files[j], &status, AT_SYMLINK_NOFOLLOW), 0);
            assert_int_equal(status.st_mode, S_IFREG | 0600);
        }
        if (fstatat(place.folder, "store.db-journal", &status, AT_SYMLINK_NOFOLLOW) == 0)
            assert_int_equal(status.st_mode, S_IFREG | 0600);
        end(state);
        begin(state);
    }
}

static void making_it_twice_changes_nothing(void **state)
{
    OWNED(free_memory) char *before = NULL, *after = NULL, *key = NULL, *key_after = NULL;
    size_t length, length_after;
    struct error why = {0};

    (void)state;
    put_ada();
    before = place_bytes(&place, "store.db", &length);
    key = place_bytes(&place, "host.key", &length);
    assert_true(store_create(place.private, &why));
    after = place_bytes(&place, "store.db", &length_after);
    key_after = place_bytes(&place, "host.key", &length);
    assert_memory_equal(before, after, length_after);
    assert_memory_equal(key, key_after, length);
}

static void opening_makes_nothing(void **state)
{
    (void)state;
    refuses_to_open("store.db");
    assert_int_equal(faccessat(place.folder, "store.db", F_OK, 0), -1);
    assert_int_equal(faccessat(place.folder, "host.key", F_OK, 0), -1);
}

static void a_lost_store_is_never_made_anew(void **state)
{
    struct error why = {0};

    (void)state;
    put_ada();
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    refuses_to_open("lost");
    assert_false(store_create(place.private, &why));
    assert_non_null(strstr(why.text, "restore"));
    assert_int_equal(faccessat(place.folder, "store.db", F_OK, 0), -1);
}

static void a_lost_key_is_made_anew_only_while_nobody_is_known(void **state)
{
    struct error why = {0};

    (void)state;
    store_close(place_store(&place));
    assert_int_equal(unlinkat(place.folder, "host.key", 0), 0);
    refuses_to_open("host.key");
    assert_true(store_create(place.private, &why)); /* as after a crash between the two */
    put_ada();
    assert_int_equal(unlinkat(place.folder, "host.key", 0), 0);
    assert_false(store_create(place.private, &why));
    assert_non_null(strstr(why.text, "host.key is lost"));
    assert_int_equal(faccessat(place.folder, "host.key", F_OK, 0), -1);
}

static int create(const void *unused)
{
    struct error why;

    (void)unused;
    return !store_create(place.private, &why);
}

static void creators_at_once_make_one_store(void **state)
{
    pid_t children[16];
    int status;

    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 16; i++)
            if ((children[i] = fork()) == 0)
                _exit(create(NULL));
        for (int i = 0; i < 16; i++) {
            waitpid(children[i], &status, 0);
            assert_int_equal(status, 0);
        }
        put_ada();
        end(state);
        begin(state);
    }
}

static void a_creator_killed_anywhere_leaves_nothing_half_made(void **state)
{
    struct timespec nap = {0};

    for (int i = 0; i < 40; i++) {
        pid_t child = fork();

        if (child == 0)
            _exit(create(NULL));
        nap.tv_nsec = i * 200000L;
        nanosleep(&nap, NULL);
        kill(child, SIGKILL);
        waitpid(child, NULL, 0);
        put_ada(); /* creates what is missing, and must succeed */
        end(state);
        begin(state);
    }
}

static void what_is_not_a_store_is_refused_and_left_alone(void **state)
{
    static const struct {
        const char *bytes;
        size_t length;
    } cases[] = {
        {"", 0},
        {"x", 1},
        {"this is a text that somebody has put here by mistake", 52},
        {"SQLite format 3\0", 16},
    };

    (void)state;
    put_ada();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(free_memory) char *after = NULL;
        struct error why = {0};
        size_t length;

        place_write(&place, "store.db", cases[i].bytes, cases[i].length, 0600);
        refuses_to_open("never made anew");
        store_create(place.private, &why);
        after = place_bytes(&place, "store.db", &length);
        assert_int_equal(length, cases[i].length);
        assert_memory_equal(after, cases[i].bytes, length);
    }
}

static void databases_of_others_and_of_the_future_are_refused(void **state)
{
    (void)state;
    put_ada();
    assert_int_equal(renameat(place.folder, "store.db", place.folder, "kept"), 0);
    run_sql("store.db", "CREATE TABLE person (name TEXT)");
    assert_int_equal(fchmodat(place.folder, "store.db", 0600, 0), 0);
    refuses_to_open("not a store");
    run_sql("store.db", "PRAGMA user_version = 1");
    refuses_to_open("not a store");
    assert_int_equal(renameat(place.folder, "kept", place.folder, "store.db"), 0);
    run_sql("store.db", "PRAGMA user_version = 99");
    refuses_to_open("version 99");
    run_sql("store.db", "PRAGMA user_version = 0");
    refuses_to_open("not a store");
    run_sql("store.db", "PRAGMA user_version = 1; PRAGMA application_id = 7");
    refuses_to_open("not a store");
}

static void files_that_others_could_change_are_refused(void **state)
{
    static const mode_t modes[] = {0640, 0604, 0660, 0666, 0601};

    (void)state;
    put_ada();
    for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
        assert_int_equal(fchmodat(place.folder, "store.db", modes[i], 0), 0);
        refuses_to_open("0600");
    }
    assert_int_equal(renameat(place.folder, "store.db", place.folder, "other"), 0);
    assert_int_equal(fchmodat(place.folder, "other", 0600, 0), 0);
    assert_int_equal(symlinkat("other", place.folder, "store.db"), 0);
    refuses_to_open("regular");
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    assert_int_equal(renameat(place.folder, "other", place.folder, "store.db"), 0);
    assert_int_equal(fchmod(place.folder, 0755), 0);
    refuses_to_open("0700");
}

/* Whatever was done to the file: it opens or is refused, and Ada is there or an error says why. */
static void survives(size_t at)
{
    struct account account = account_of("ada");
    struct store *store = NULL;
    struct error why = {0};
    struct person person;

    if (!store_open(place.private, &store, &why)) {
        assert_int_equal(why.kind, ERROR_SYSTEM);
        assert_true(*why.text);
        return;
    }
    memset(&why, 0, sizeof why);
    switch (store_person_by_account(store, &account, &person, &why)) {
    case LOOKUP_FOUND:
        assert_true(id_is_ours(person.uid));
        break;
    case LOOKUP_UNAVAILABLE:
        assert_int_equal(why.kind, ERROR_SYSTEM);
        break;
    default:
        fail_msg("a file cut at %zu was taken for an empty store", at);
    }
    store_close(store);
}

static void a_store_cut_anywhere_is_not_an_empty_one(void **state)
{
    OWNED(free_memory) char *bytes = NULL;
    size_t length;

    (void)state;
    put_ada();
    bytes = place_bytes(&place, "store.db", &length);
    for (size_t cut = 0; cut < length; cut += cut % 4096 < 128 ? 16 : 512) {
        place_write(&place, "store.db", bytes, cut, 0600);
        survives(cut);
    }
}

static void wiped_pages_are_damage_and_not_emptiness(void **state)
{
    static const char nothing[4096];
    OWNED(free_memory) char *bytes = NULL;
    size_t length;

    (void)state;
    put_ada();
    bytes = place_bytes(&place, "store.db", &length);
    for (size_t page = 0; page < length; page += sizeof nothing) {
        char kept[sizeof nothing];

        memcpy(kept, bytes + page, sizeof kept);
        memcpy(bytes + page, nothing, sizeof nothing);
        place_write(&place, "store.db", bytes, length, 0600);
        survives(page);
        memcpy(bytes + page, kept, sizeof kept);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(its_files_are_closed_to_others_whatever_the_umask),
    TEST(making_it_twice_changes_nothing),
    TEST(opening_makes_nothing),
    TEST(a_lost_store_is_never_made_anew),
    TEST(a_lost_key_is_made_anew_only_while_nobody_is_known),
    TEST(creators_at_once_make_one_store),
    TEST(a_creator_killed_anywhere_leaves_nothing_half_made),
    TEST(what_is_not_a_store_is_refused_and_left_alone),
    TEST(databases_of_others_and_of_the_future_are_refused),
    TEST(files_that_others_could_change_are_refused),
    TEST(a_store_cut_anywhere_is_not_an_empty_one),
    TEST(wiped_pages_are_damage_and_not_emptiness),
};

int main(void)
{
    return check_main("store", tests);
}
