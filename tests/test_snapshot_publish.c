/* SPDX-License-Identifier: MIT */
/* Publishing: the old file or the new one, and nothing else. */
#include "tests/snapshot_model.h"

#include "cache/snapshot_checksum.h"
#include "cache/snapshot_format.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* ---- publishing ---- */

static struct snapshot_header header_of(const char *name)
{
    struct file file = read_file(name);
    struct snapshot_header header;

    memcpy(&header, file.bytes, sizeof header);
    free(file.bytes);
    return header;
}

static void the_old_file_is_marked_and_kept(void **state)
{
    struct file first, kept;
    struct snapshot s;
    void *old;
    int fd;

    (void)state;
    first = model_file(2, 1);
    fd = open(in_folder("snapshot"), O_RDONLY | O_CLOEXEC);
    old = mmap(NULL, first.size, PROT_READ, MAP_SHARED, fd, 0);
    if (old == MAP_FAILED || !snapshot_from_bytes(old, first.size, &s)) {
        fail_msg("the first snapshot cannot be read");
        return;
    }
    assert_false(snapshot_is_superseded(&s));
    model.people_count = 1;
    publish_model();
    assert_true(snapshot_is_superseded(&s));
    kept = read_file("snapshot.previous");
    first.bytes[offsetof(struct snapshot_header, superseded)] = 1;
    assert_int_equal(kept.size, first.size);
    assert_memory_equal(kept.bytes, first.bytes, first.size);
    assert_int_equal(header_of("snapshot").generation,
                     htole64(le64toh(header_of("snapshot.previous").generation) + 1));
    assert_int_equal(header_of("snapshot").superseded, 0);
    assert_int_equal(access(in_folder("snapshot.new"), F_OK), -1);
    assert_int_equal(access(in_folder("snapshot.previous.new"), F_OK), -1);
    munmap(old, first.size);
    close(fd);
    free(first.bytes);
    free(kept.bytes);
}

static void the_mode_is_exact_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 077, 0777};
    struct stat status;

    (void)state;
    fill_model(1, 1);
    for (size_t i = 0; i < 4; i++) {
        mode_t before = umask(masks[i]);

        publish_model();
        umask(before);
        assert_int_equal(stat(in_folder("snapshot"), &status), 0);
        assert_int_equal(status.st_mode & 07777, 0644);
    }
}

static uint64_t checksum_of(const struct file *file)
{
    struct checksum checksum = checksum_start();
    struct file copy = {malloc(file->size), file->size};
    uint64_t sum;

    memcpy(copy.bytes, file->bytes, file->size);
    memset(copy.bytes + offsetof(struct snapshot_header, superseded), 0, 4);
    memset(copy.bytes + offsetof(struct snapshot_header, checksum), 0, 8);
    checksum_add(&checksum, copy.bytes, copy.size);
    sum = checksum_end(&checksum);
    free(copy.bytes);
    return sum;
}

static void the_checksum_tells_every_flipped_bit(void **state)
{
    struct file file = model_file(4, 3);
    uint64_t said = le64toh(header_of("snapshot").checksum);

    (void)state;
    assert_int_equal(checksum_of(&file), said);
    for (size_t bit = 0; bit < file.size * 8; bit++) {
        size_t at = bit / 8;
        bool covered = (at < 8 || at >= 12) && (at < 32 || at >= 40);

        file.bytes[at] ^= (unsigned char)(1u << bit % 8);
        assert_int_equal(checksum_of(&file) != said, covered);
        file.bytes[at] ^= (unsigned char)(1u << bit % 8);
    }
    free(file.bytes);
}

static bool add_twice(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "/", NULL, 0, why) &&
           snapshot_add_person(b, ID_LEAST + 1, "a@b.c", "", "/", "/", NULL, 0, why);
}

static bool add_uid_twice(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "/", NULL, 0, why) &&
           snapshot_add_person(b, ID_LEAST, "b@b.c", "", "/", "/", NULL, 0, why);
}

static bool add_gid_as_uid(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "/", NULL, 0, why) &&
           snapshot_add_group(b, ID_LEAST, "team", why);
}

static bool add_group_name_twice(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_group(b, ID_LEAST, "team", why) &&
           snapshot_add_group(b, ID_LEAST + 1, "team", why);
}

static bool add_to_no_group(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "/", &(uint32_t){ID_LEAST + 1}, 1,
                               why);
}

static bool add_to_a_group_twice(struct snapshot_builder *b, struct error *why)
{
    const uint32_t gids[] = {ID_LEAST + 1, ID_LEAST + 1};

    return snapshot_add_group(b, ID_LEAST + 1, "team", why) &&
           snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "/", gids, 2, why);
}

static bool add_root(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, 0, "a@b.c", "", "/", "/", NULL, 0, why);
}

static bool add_short_name(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "root", "", "/", "/", NULL, 0, why);
}

static bool add_bad_gecos(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "x:y", "/", "/", NULL, 0, why);
}

static bool add_bad_home(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "home", "/", NULL, 0, why);
}

static bool add_bad_shell(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_person(b, ID_LEAST, "a@b.c", "", "/", "", NULL, 0, why);
}

static bool add_sudo(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_group(b, ID_LEAST, "sudo", why);
}

static bool add_low_gid(struct snapshot_builder *b, struct error *why)
{
    return snapshot_add_group(b, 27, "team", why);
}

static void what_may_not_be_published_leaves_the_old_file(void **state)
{
    static bool (*const wrong[])(struct snapshot_builder *, struct error *) = {
        add_twice,       add_uid_twice,        add_gid_as_uid, add_group_name_twice,
        add_to_no_group, add_to_a_group_twice, add_root,       add_short_name,
        add_bad_gecos,   add_bad_home,         add_bad_shell,  add_sudo,
        add_low_gid};
    struct file before = model_file(2, 2), after;

    (void)state;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        OWNED(builder_release) struct snapshot_builder *builder = NULL;
        struct error why = {0};

        assert_true(snapshot_builder_new(&builder, &why));
        if (wrong[i](builder, &why) && snapshot_publish(builder, folder, &why))
            fail_msg("the wrong thing number %zu was published", i);
        assert_int_equal(why.kind, ERROR_MALFORMED);
        after = read_file("snapshot");
        assert_int_equal(after.size, before.size);
        assert_memory_equal(after.bytes, before.bytes, after.size);
        free(after.bytes);
    }
    free(before.bytes);
}

static void no_room_on_the_disk_leaves_the_old_file(void **state)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    struct file before = model_file(2, 2), after;
    struct rlimit was, small = {.rlim_cur = 4096};
    struct error why = {0};

    (void)state;
    fill_model(300, 2);
    assert_true(snapshot_builder_new(&builder, &why) && add_model(builder, &why));
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
    small.rlim_max = was.rlim_max;
    signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &small);
    assert_false(snapshot_publish(builder, folder, &why));
    setrlimit(RLIMIT_FSIZE, &was);
    signal(SIGXFSZ, SIG_DFL);
    assert_int_equal(why.kind, ERROR_SYSTEM);
    after = read_file("snapshot");
    assert_int_equal(after.size, before.size);
    assert_memory_equal(after.bytes, before.bytes, after.size);
    assert_int_equal(access(in_folder("snapshot.new"), F_OK), -1);
    free(after.bytes);
    free(before.bytes);
}

static void what_a_killed_publisher_left_is_in_nobodys_way(void **state)
{
    struct stat status;
    int fd;

    (void)state;
    fd = open(in_folder("victim"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(write(fd, "precious", 8), 8);
    close(fd);
    assert_int_equal(symlink("victim", in_folder("snapshot.new")), 0);
    fill_model(2, 2);
    publish_model();
    assert_int_equal(symlink("victim", in_folder("snapshot.previous.new")), 0);
    publish_model();
    assert_int_equal(stat(in_folder("victim"), &status), 0);
    assert_int_equal(status.st_size, 8);
    assert_int_equal(lstat(in_folder("snapshot"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
    assert_int_equal(lstat(in_folder("snapshot.previous"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

/* A link where the snapshot should be is replaced; what it leads to is neither read nor marked. */
static void a_link_in_the_place_of_the_file_is_not_followed(void **state)
{
    struct snapshot_header header = {.magic = SNAPSHOT_MAGIC};
    int fd = open(in_folder("victim"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    struct stat status;

    (void)state;
    assert_int_equal(write(fd, &header, sizeof header), sizeof header);
    close(fd);
    assert_int_equal(symlink("victim", in_folder("snapshot")), 0);
    fill_model(1, 0);
    publish_model();
    assert_int_equal(header_of("victim").superseded, 0);
    assert_int_equal(lstat(in_folder("snapshot"), &status), 0);
    assert_true(S_ISREG(status.st_mode));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_old_file_is_marked_and_kept, empty_folder),
        cmocka_unit_test_setup(the_mode_is_exact_whatever_the_umask, empty_folder),
        cmocka_unit_test_setup(the_checksum_tells_every_flipped_bit, empty_folder),
        cmocka_unit_test_setup(what_may_not_be_published_leaves_the_old_file, empty_folder),
        cmocka_unit_test_setup(no_room_on_the_disk_leaves_the_old_file, empty_folder),
        cmocka_unit_test_setup(what_a_killed_publisher_left_is_in_nobodys_way, empty_folder),
        cmocka_unit_test_setup(a_link_in_the_place_of_the_file_is_not_followed, empty_folder),
    };

    return check_done(
        "snapshot_publish", sizeof tests / sizeof tests[0],
        cmocka_run_group_tests_name("snapshot_publish", tests, make_folder, remove_folder));
}
