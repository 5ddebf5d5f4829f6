/* SPDX-License-Identifier: MIT */
/* login/prepare.c: what a host is given before anybody signs in, and again when it was harmed. */
#include "login/prepare.h"

#include "cache/snapshot_file.h"
#include "cache/snapshot_write.h"
#include "tests/place.h"

static struct place place;
static char path[64];
static struct error why;

static int begin(void **state)
{
    (void)state;
    place_make(&place);
    snprintf(path, sizeof path, "%s/snapshot", place.public);
    return 0;
}

static int end(void **state)
{
    (void)state;
    place_remove(&place);
    return 0;
}

static bool prepare(void)
{
    return prepare_host(place.private, place.public, &why);
}

static ino_t inode(void)
{
    struct stat status;

    return stat(path, &status) == 0 ? status.st_ino : 0;
}

static struct person enrol_ada(void)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct store *store = place_store(&place);
    struct person ada = accept_person(store, &acceptance);

    assert_true(store_publish(store, place.public, &why));
    store_close(store);
    return ada;
}

static bool shows(const struct person *person)
{
    struct store *store = place_store(&place);
    bool published = store_is_published(place.public, person);

    store_close(store);
    return published;
}

static void what_is_good_is_left_alone(void **state)
{
    ino_t before;

    (void)state;
    assert_true(prepare());
    before = inode();
    assert_true(before != 0);
    assert_true(prepare());
    assert_true(inode() == before);
    enrol_ada();
    before = inode();
    assert_true(prepare());
    assert_true(inode() == before);
}

static void flip(off_t at)
{
    int fd = open(path, O_RDWR | O_CLOEXEC);
    unsigned char byte;

    assert_int_equal(pread(fd, &byte, 1, at), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    close(fd);
}

/* One bit anywhere, also where no reader would notice. */
static void a_damaged_snapshot_is_made_anew(void **state)
{
    struct person ada;
    struct stat status;

    (void)state;
    assert_true(prepare());
    ada = enrol_ada();
    assert_int_equal(stat(path, &status), 0);
    for (off_t at = 0; at < status.st_size; at++) {
        ino_t before = inode();

        flip(at);
        if (!prepare() || inode() == before || !shows(&ada))
            fail_msg("byte %ld: %s", (long)at, why.text);
    }
    assert_int_equal(truncate(path, 0), 0);
    assert_true(prepare() && shows(&ada));
    assert_int_equal(chmod(path, 0600), 0);
    assert_true(prepare() && shows(&ada));
    assert_int_equal(unlink(path), 0);
    assert_true(prepare() && shows(&ada));
}

static void an_older_snapshot_that_was_put_back_is_replaced(void **state)
{
    struct person ada;
    char previous[64];

    (void)state;
    assert_true(prepare());
    ada = enrol_ada();
    snprintf(previous, sizeof previous, "%s/snapshot.previous", place.public);
    assert_int_equal(rename(previous, path), 0);
    assert_false(shows(&ada));
    assert_true(prepare());
    assert_true(shows(&ada));
}

/* Also without the key, which would tell: the snapshot names people, or cannot be read. */
static void a_lost_store_is_an_error(void **state)
{
    (void)state;
    assert_true(prepare());
    enrol_ada();
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    assert_int_equal(unlinkat(place.folder, "host.key", 0), 0);
    assert_false(prepare());
    assert_non_null(strstr(why.text, "names people or groups"));
    flip(0);
    assert_false(prepare());
    assert_int_equal(truncate(path, 0), 0);
    assert_false(prepare());
    assert_int_equal(unlink(path), 0);
    assert_true(prepare()); /* the one before was empty */
}

/* Its gid must not become another group's. */
static void a_group_alone_is_enough(void **state)
{
    struct snapshot_builder *builder;

    (void)state;
    assert_true(snapshot_builder_new(&builder, &why));
    assert_true(snapshot_add_group(builder, 1879050000, "team", &why));
    assert_true(snapshot_publish(builder, place.public, &why));
    snapshot_builder_release(builder);
    assert_false(prepare());
    assert_non_null(strstr(why.text, "names people or groups"));
}

static void the_mark_of_a_newer_file_is_no_damage(void **state)
{
    int folder;
    struct snapshot snapshot;

    (void)state;
    assert_true(prepare());
    enrol_ada();
    folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(snapshot_file_map(folder, "snapshot.previous", &snapshot));
    close(folder);
    assert_true(snapshot_is_superseded(&snapshot) && snapshot_file_is_whole(&snapshot));
    snapshot_file_unmap(&snapshot);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(what_is_good_is_left_alone),
    TEST(a_damaged_snapshot_is_made_anew),
    TEST(an_older_snapshot_that_was_put_back_is_replaced),
    TEST(a_lost_store_is_an_error),
    TEST(a_group_alone_is_enough),
    TEST(the_mark_of_a_newer_file_is_no_damage),
};

int main(void)
{
    return check_main("prepare", tests);
}
