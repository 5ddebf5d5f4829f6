/* SPDX-License-Identifier: MIT */
/* cache/attempts_file.c: the file of attempts, and what reaches the disk when. */
#include "tests/attempts.h"

#include <sys/resource.h>

static unsigned syncs;

/* Instead of libc's: counts, and looks at what is to be written. */
int msync(void *start, size_t length, int flags)
{
    bool found = false;

    for (size_t i = 0; i < length; i += 256)
        found |= *(uint32_t *)((char *)start + i) == ADA;
    if (found && flags == MS_SYNC)
        syncs++;
    return 0;
}

static unsigned syncs_of_take(struct attempts *attempts)
{
    struct deadline deadline = deadline_in_ms(0);
    struct error why = {0};

    syncs = 0;
    assert_true(attempts_take(attempts, ADA, ATTEMPT_LOCAL, &deadline, &why));
    return syncs;
}

static void what_ends_badly_reaches_the_disk(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    assert_int_equal(syncs_of_take(attempts), 0);
    attempts_close(attempts);
    assert_int_equal(syncs, 1);
    attempts = open_attempts();
    assert_int_equal(syncs_of_take(attempts), 0);
    assert_int_equal(syncs_of_take(attempts), 2); /* one ends, and the third one begins */
    attempts_close(attempts);
    attempts = open_attempts();
    for (unsigned taken = 4; taken <= ATTEMPTS_MOST; taken++)
        assert_int_equal(syncs_of_take(attempts), taken == 4 ? 1 : 2);
    attempts_close(attempts);
}

static void what_ends_well_waits_for_no_disk(void **state)
{
    struct attempts *attempts = open_attempts();

    (void)state;
    for (unsigned wrong = 0; wrong < 2; wrong++) {
        assert_int_equal(syncs_of_take(attempts), 0);
        attempts_give_back(attempts);
        attempts_close(attempts);
        assert_int_equal(syncs, 0);
        attempts = open_attempts();
        assert_int_equal(syncs_of_take(attempts), 0);
        attempts_close(attempts);
        attempts = open_attempts();
    }
    attempts_close(attempts);
}

static void only_a_whole_file_of_ours_is_mapped(void **state)
{
    struct attempts *attempts = open_attempts();
    OWNED(free_memory) char *bytes = NULL;
    struct error why = {0};
    struct stat status;
    size_t length;

    (void)state;
    attempts_close(attempts);
    attempts = NULL;
    assert_int_equal(fstatat(place.folder, "attempts", &status, 0), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_true(status.st_blocks * 512 >= status.st_size); /* no hole to meet a full disk in */
    bytes = place_bytes(&place, "attempts", &length);
    place_write(&place, "attempts", bytes, length - 1, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    place_write(&place, "attempts", bytes, 0, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    place_write(&place, "attempts", bytes, length, 0644);
    assert_false(attempts_open(place.folder, &attempts, &why));
    bytes[0] ^= 1;
    place_write(&place, "attempts", bytes, length, 0600);
    assert_false(attempts_open(place.folder, &attempts, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_null(attempts);
}

/* Stands for every disk that takes no write; the file is there and would be mapped. */
static int open_without_writing(const void *unused)
{
    const struct rlimit nothing = {0, 0};
    struct attempts *attempts = NULL;
    struct error why = {0};

    (void)unused;
    signal(SIGXFSZ, SIG_IGN);
    return setrlimit(RLIMIT_FSIZE, &nothing) != 0 || attempts_open(place.folder, &attempts, &why) ||
           why.kind != ERROR_SYSTEM;
}

static void a_disk_that_takes_no_write_is_noticed_before_mapping(void **state)
{
    (void)state;
    attempts_close(open_attempts());
    assert_true(in_child(open_without_writing, NULL));
}

static const struct CMUnitTest tests[] = {
    TEST(what_ends_badly_reaches_the_disk),
    TEST(what_ends_well_waits_for_no_disk),
    TEST(only_a_whole_file_of_ours_is_mapped),
    TEST(a_disk_that_takes_no_write_is_noticed_before_mapping),
};

int main(void)
{
    return check_main("attempts_file", tests);
}
