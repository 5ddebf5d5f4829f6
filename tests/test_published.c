/* SPDX-License-Identifier: MIT */
/* store_is_published: whether the published file still does its work. */
#include "cache/snapshot_format.h"
#include "tests/place.h"

static struct place place;
static struct store *store;
static struct person ada;
static char path[64];

static int begin(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct error why;

    (void)state;
    place_make(&place);
    store = place_store(&place);
    ada = accept_person(store, &acceptance);
    snprintf(path, sizeof path, "%s/snapshot", place.public);
    return !store_publish(store, place.public, &why);
}

static int end(void **state)
{
    (void)state;
    store_close(store);
    place_remove(&place);
    return 0;
}

static bool is_published(void)
{
    return store_is_published(place.public, &ada);
}

static void change_bytes(off_t at, const void *bytes, size_t size)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);

    assert_int_equal(pwrite(fd, bytes, size, at), size);
    close(fd);
}

static void lose(void)
{
    assert_int_equal(unlink(path), 0);
}

static void cut(void)
{
    assert_int_equal(truncate(path, 128), 0);
}

static void empty(void)
{
    assert_int_equal(truncate(path, 0), 0);
}

static void hide(void)
{
    assert_int_equal(chmod(path, 0600), 0);
}

static void open_to_all(void)
{
    assert_int_equal(chmod(path, 0666), 0);
}

static void break_magic(void)
{
    change_bytes(0, "x", 1);
}

static void older_format(void)
{
    change_bytes((off_t)sizeof SNAPSHOT_MAGIC - 2, "1", 1);
}

/* One bucket each, as there is one person: the header, the names, the ids, the people. */
static void break_names(void)
{
    change_bytes(SNAPSHOT_LINE, (const char[SNAPSHOT_LINE]){0}, SNAPSHOT_LINE);
}

static void break_ids(void)
{
    change_bytes(2L * SNAPSHOT_LINE, (const char[SNAPSHOT_LINE]){0}, SNAPSHOT_LINE);
}

static void change_uid(void)
{
    change_bytes(3L * SNAPSHOT_LINE, &(uint32_t){htole32(ada.uid + 1)}, 4);
}

static void break_shell(void)
{
    change_bytes(3L * SNAPSHOT_LINE + 16 + 20 + 4 + 10, "x", 1);
}

static void what_was_published_is_found(void **state)
{
    struct person other = ada;

    (void)state;
    assert_true(is_published());
    other.uid++;
    assert_false(store_is_published(place.public, &other));
    other = ada;
    other.name[0] = 'b';
    assert_false(store_is_published(place.public, &other));
    assert_false(store_is_published("/nonexistent", &ada));
}

static void what_is_lost_or_damaged_is_noticed_and_made_anew(void **state)
{
    static void (*const ways[])(void) = {lose,        cut,         empty,        hide,
                                         open_to_all, break_magic, older_format, break_names,
                                         break_ids,   change_uid,  break_shell};
    struct error why;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        ways[i]();
        if (is_published())
            fail_msg("way %zu is not noticed", i);
        assert_true(store_publish(store, place.public, &why));
        assert_true(is_published());
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(what_was_published_is_found),
    TEST(what_is_lost_or_damaged_is_noticed_and_made_anew),
};

int main(void)
{
    return check_main("published", tests);
}
