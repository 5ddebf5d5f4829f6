/* SPDX-License-Identifier: MIT */
/* cache/store_reserve.c and local_group_gid: what `latchkey config apply` learns about groups. */
#include "cache/store_reserve.h"

#include "cache/first_id.h"
#include "cache/ids.h"
#include "cache/store_internal.h"
#include "tests/place.h"

#define ISSUER "https://login.example" /* of account_of */
#define MOST   8

static struct place place;
static struct store *store;

static int begin(void **state)
{
    (void)state;
    place_make(&place);
    store = place_store(&place);
    return 0;
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    place_remove(&place);
    return 0;
}

static bool reserve(const char *const *object_ids, uint32_t gids[MOST], struct error *why)
{
    OWNED(strings_release) struct strings list = STRINGS_WITH_LIMIT(MOST);
    const struct account of = account_of("");

    for (; *object_ids; object_ids++)
        assert_true(strings_add(&list, *object_ids));
    memset(gids, 0, MOST * sizeof *gids);
    return store_reserve_groups(store, &of, &list, 1000, gids, why);
}
#define RESERVE(...) reserve((const char *const[]){__VA_ARGS__, NULL}, gids, &why)

static void a_group_nobody_was_seen_in_gets_the_gid_it_will_have(void **state)
{
    uint32_t gids[MOST];
    struct error why;

    (void)state;
    assert_true(RESERVE("linux-admins", "engineering"));
    assert_int_equal(gids[0], first_id("group", ISSUER, "linux-admins"));
    assert_int_equal(gids[1], first_id("group", ISSUER, "engineering"));
}

static void a_reserved_gid_stays_whatever_comes_between(void **state)
{
    uint32_t gids[MOST], again[MOST];
    struct error why;

    (void)state;
    assert_true(RESERVE("a", "b", "a", "0F0E7D4C-1f4a-4d53-9c50-1b5a4a8f3a11"));
    memcpy(again, gids, sizeof gids);
    assert_int_equal(gids[0], gids[2]);
    assert_int_not_equal(gids[0], gids[1]);
    assert_true(RESERVE("a", "b", "a", "0F0E7D4C-1f4a-4d53-9c50-1b5a4a8f3a11"));
    assert_memory_equal(gids, again, sizeof gids);
    store_close(store);
    assert_true(store_open(place.private, &store, &why));
    assert_true(RESERVE("b"));
    assert_int_equal(gids[0], again[1]);
}

/* The gid under which somebody is seen in a group is the one that was reserved for it. */
static void a_sign_in_finds_the_group_under_the_reserved_gid(void **state)
{
    const struct account account = account_of("object-of-ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(MOST);
    OWNED(free_memory) char *bytes = NULL;
    uint32_t gids[MOST];
    struct error why;
    size_t size, found = 0;
    char path[64];
    FILE *file;

    (void)state;
    assert_true(RESERVE("linux-admins"));
    assert_true(strings_add(&groups, "linux-admins"));
    acceptance.group_ids = &groups;
    accept_person(store, &acceptance);
    assert_true(store_publish(store, place.public, &why));
    snprintf(path, sizeof path, "%s/snapshot", place.public);
    file = fopen(path, "re");
    assert_non_null(file);
    bytes = calloc(1, 1 << 20);
    size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    for (size_t i = 0; i + sizeof gids[0] <= size; i++)
        found += memcmp(bytes + i, &gids[0], sizeof gids[0]) == 0;
    assert_true(found >= 2); /* the group's own, and in her list */
}

static void a_group_that_cannot_be_shown_is_named(void **state)
{
    static const char *const bad[] = {"sudo",   "root", "Linux Admins", "a:b", "a@b.example",
                                      "docker", "-x"};
    uint32_t gids[MOST];
    struct error why;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_false(RESERVE("fine", bad[i]));
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_non_null(strstr(why.text, bad[i]));
        assert_int_equal(gids[0], 0);
    }
}

/* Whether the id was somebody's already; else it is taken now. */
static bool is_somebodys(uint32_t id)
{
    const struct account account = account_of("object-of-ada");
    const struct id_choice choice = {.id = id};
    OWNED(transaction_end) struct transaction transaction = {0};
    struct error why;
    bool lost = true;

    assert_true(transaction_write(&transaction, store, &why));
    assert_true(ids_bind(store, ID_PERSON, &account, 1000, &choice, &lost, &why));
    assert_true(transaction_commit(&transaction, &why));
    return lost;
}

static void nobody_else_gets_a_reserved_gid(void **state)
{
    uint32_t gids[MOST];
    struct error why;

    (void)state;
    assert_true(RESERVE("linux-admins", "engineering"));
    assert_true(is_somebodys(gids[0]));
    assert_true(is_somebodys(gids[1]));
    assert_false(is_somebodys(next_id(gids[0])));
}

/* A person of the directory has the id that the group would like best. */
static void an_id_that_somebody_has_is_passed_over(void **state)
{
    const uint32_t wanted = first_id("group", ISSUER, "linux-admins");
    uint32_t gids[MOST];
    struct error why;

    (void)state;
    assert_false(is_somebodys(wanted));
    assert_true(RESERVE("linux-admins"));
    assert_int_equal(gids[0], next_id(wanted));
}

/* While root puts the window in force. */
static void nobody_gets_an_id_while_the_window_is_held(void **state)
{
    const struct account account = account_of("object-of-ada");
    const struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *other = place_store(&place);
    int64_t left_ms = 0;
    struct error why;
    struct person ada;
    bool changed;

    (void)state;
    assert_true(store_window_hold(store, &why));
    store_hurry(other, &left_ms);
    assert_false(store_accept(other, &acceptance, &ada, &changed, NULL, &why));
    store_close(store);
    assert_true(store_accept(other, &acceptance, &ada, &changed, NULL, &why));
    store = other;
    id_window_use((struct id_window){.least = 70000, .most = 90000});
    assert_false(store_window_hold(store, &why));
    assert_int_equal(why.kind, ERROR_CONFIG);
    id_window_use(ID_WINDOW_PRESET);
    assert_true(store_window_hold(store, &why));
}

/* ---- the local file ---- */

static void the_gid_of_a_local_group_is_read_as_glibc_reads_it(void **state)
{
    static const struct {
        const char *text;
        bool found;
        uint32_t gid;
    } rows[] = {
        {"sudo:x:27:\n", true, 27},
        {"root:x:0:\nsudo:x:27:ada,bob\nz:x:9:\n", true, 27},
        {"sudo:x:27", true, 27},
        {" \tsudo::27:\n", true, 27},
        {"sudo:x:27:\nsudo:x:28:\n", true, 27},
        {"sudo:x::\nsudo:x:28:\n", true, 28},
        {"sudo:x:4294967294:\n", true, 4294967294u},
        {"sudo:x:4294967295:\n", false, 0},
        {"sudo:x:4294967323:\n", false, 0},
        {"sudo:x:-27:\n", false, 0},
        {"sudo:x:27x:\n", false, 0},
        {"sudo:x\n", false, 0},
        {"sudo\n", false, 0},
        {"sudo:\n", false, 0},
        {"Sudo:x:27:\n", false, 0},
        {"sudoers:x:27:\nxsudo:x:27:\n", false, 0},
        {"a:sudo:27:sudo\n", false, 0},
        {"", false, 0},
        {"\n\n", false, 0},
    };
    char path[64];

    (void)state;
    place_path(&place, "group", path);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        uint32_t gid = 77;
        struct error why;

        place_write(&place, "group", rows[i].text, strlen(rows[i].text), 0644);
        if (local_group_gid(path, "sudo", &gid, &why) !=
                (rows[i].found ? LOOKUP_FOUND : LOOKUP_ABSENT) ||
            gid != (rows[i].found ? rows[i].gid : 77))
            fail_msg("row %zu: %u", i, gid);
    }
}

static void a_local_file_that_cannot_be_read_is_not_an_empty_one(void **state)
{
    uint32_t gid = 77;
    struct error why = {0};

    (void)state;
    assert_int_equal(local_group_gid("/nonexistent/group", "sudo", &gid, &why), LOOKUP_UNAVAILABLE);
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(local_group_gid("/", "sudo", &gid, &why), LOOKUP_UNAVAILABLE);
    assert_int_equal(gid, 77);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_group_nobody_was_seen_in_gets_the_gid_it_will_have, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_reserved_gid_stays_whatever_comes_between, begin, end),
        cmocka_unit_test_setup_teardown(a_sign_in_finds_the_group_under_the_reserved_gid, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_group_that_cannot_be_shown_is_named, begin, end),
        cmocka_unit_test_setup_teardown(nobody_else_gets_a_reserved_gid, begin, end),
        cmocka_unit_test_setup_teardown(an_id_that_somebody_has_is_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(nobody_gets_an_id_while_the_window_is_held, begin, end),
        cmocka_unit_test_setup_teardown(the_gid_of_a_local_group_is_read_as_glibc_reads_it, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_local_file_that_cannot_be_read_is_not_an_empty_one, begin,
                                        end),
    };

    return check_main("reserve", tests);
}
