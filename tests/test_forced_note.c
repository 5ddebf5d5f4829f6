/* SPDX-License-Identifier: MIT */
/* cache/forced_note.c: when the keys were last fetched by force, where the store cannot say it. */
#include "cache/forced_note.h"
#include "tests/place.h"

#define KEYS "https://keys.example/keys"

static struct place place;
static struct error why;

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

static void what_is_kept_is_read_for_the_same_keys_alone(void **state)
{
    const time_t now = time(NULL);

    (void)state;
    assert_int_equal(forced_note_read(place.folder, KEYS), 0);
    for (time_t when = now - 2; when <= now; when++) {
        assert_true(forced_note_keep(place.folder, KEYS, when, &why));
        assert_int_equal(forced_note_read(place.folder, KEYS), when);
        assert_int_equal(forced_note_read(place.folder, KEYS "2"), 0);
    }
    assert_int_equal(forced_note_read(-1, KEYS), 0);
    assert_false(forced_note_keep(-1, KEYS, now, &why));
}

static void a_time_that_is_none_or_to_come_is_no_note(void **state)
{
    const time_t times[] = {time(NULL) + 60, time(NULL) + 86400, INT64_MAX, 0, -1, INT64_MIN};

    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        assert_true(forced_note_keep(place.folder, KEYS, times[i], &why));
        assert_int_equal(forced_note_read(place.folder, KEYS), 0);
    }
}

static void a_note_that_is_damaged_anywhere_is_none(void **state)
{
    unsigned char whole[64], spoilt[64];
    OWNED(close_fd) int fd = -1;
    size_t length;

    (void)state;
    assert_true(forced_note_keep(place.folder, KEYS, time(NULL) - 5, &why));
    fd = openat(place.folder, "forced-keys", O_RDWR | O_CLOEXEC);
    length = (size_t)pread(fd, whole, sizeof whole, 0);
    assert_in_range(length, 1, sizeof whole - 1);
    for (size_t i = 0; i < length; i++)
        for (unsigned bit = 0; bit < 8; bit++) {
            memcpy(spoilt, whole, sizeof whole);
            spoilt[i] ^= (unsigned char)(1u << bit);
            assert_int_equal(pwrite(fd, spoilt, length, 0), length);
            assert_int_equal(forced_note_read(place.folder, KEYS), 0);
        }
    assert_int_equal(pwrite(fd, whole, length, 0), length);
    assert_int_not_equal(forced_note_read(place.folder, KEYS), 0);
    while (length > 0) {
        assert_int_equal(ftruncate(fd, (off_t)--length), 0);
        assert_int_equal(forced_note_read(place.folder, KEYS), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_is_kept_is_read_for_the_same_keys_alone, begin, end),
        cmocka_unit_test_setup_teardown(a_time_that_is_none_or_to_come_is_no_note, begin, end),
        cmocka_unit_test_setup_teardown(a_note_that_is_damaged_anywhere_is_none, begin, end),
    };

    return check_main("forced_note", tests);
}
