/* SPDX-License-Identifier: MIT */
/* cache/secret.c: the host key and what it seals. */
#include "cache/secret.h"
#include "tests/place.h"

static const struct host_key keys[2] = {{{1}}, {{2}}};

static void a_host_key_is_closed_to_others_whatever_the_umask(void **state)
{
    static const mode_t masks[] = {0, 022, 077, 0377};

    (void)state;
    for (size_t i = 0; i < sizeof masks / sizeof masks[0]; i++) {
        mode_t before = umask(masks[i]);
        struct host_key made, read;
        struct error why = {0};
        struct stat status;
        struct place place;

        umask(022);
        place_make(&place);
        umask(masks[i]);
        assert_true(host_key_create(place.folder, &made, &why));
        umask(before);
        assert_int_equal(fstatat(place.folder, "host.key", &status, AT_SYMLINK_NOFOLLOW), 0);
        assert_int_equal(status.st_mode, S_IFREG | 0600);
        assert_int_equal(status.st_size, HOST_KEY_SIZE);
        assert_true(host_key_read(place.folder, &read, &why));
        assert_memory_equal(&made, &read, sizeof made);
        place_remove(&place);
    }
}

static void a_host_key_is_never_replaced(void **state)
{
    struct host_key first, second = keys[0];
    struct error why = {0};
    struct place place;

    (void)state;
    place_make(&place);
    assert_true(host_key_create(place.folder, &first, &why));
    assert_false(host_key_create(place.folder, &second, &why));
    assert_memory_equal(&second, &keys[0], sizeof second);
    assert_true(host_key_read(place.folder, &second, &why));
    assert_memory_equal(&first, &second, sizeof first);
    place_remove(&place);
}

static void two_host_keys_differ(void **state)
{
    struct host_key made[2];
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct place place;

        place_make(&place);
        assert_true(host_key_create(place.folder, &made[i], &why));
        place_remove(&place);
    }
    assert_memory_not_equal(&made[0], &made[1], sizeof made[0]);
}

static void a_host_key_of_the_wrong_kind_is_refused(void **state)
{
    enum form { MISSING, SIZED, LINKED, PIPE, FOLDER };
    static const struct {
        enum form form;
        size_t size;
        mode_t mode;
        bool good;
    } cases[] = {
        {SIZED, 32, 0600, true},  {SIZED, 32, 0400, true},  {SIZED, 0, 0600, false},
        {SIZED, 31, 0600, false}, {SIZED, 33, 0600, false}, {SIZED, 32, 0640, false},
        {SIZED, 32, 0604, false}, {SIZED, 32, 0660, false}, {MISSING, 0, 0, false},
        {LINKED, 0, 0, false},    {PIPE, 0, 0, false},      {FOLDER, 0, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t bytes[64] = {7};
        struct host_key key = keys[0];
        struct error why = {0};
        struct place place;

        place_make(&place);
        place_write(&place, "other", bytes, 32, 0600);
        if (cases[i].form == SIZED)
            place_write(&place, "host.key", bytes, cases[i].size, cases[i].mode);
        if (cases[i].form == LINKED)
            assert_int_equal(symlinkat("other", place.folder, "host.key"), 0);
        if (cases[i].form == PIPE)
            assert_int_equal(mkfifoat(place.folder, "host.key", 0600), 0);
        if (cases[i].form == FOLDER)
            assert_int_equal(mkdirat(place.folder, "host.key", 0700), 0);
        assert_int_equal(host_key_read(place.folder, &key, &why), cases[i].good);
        assert_int_equal(why.kind, cases[i].good ? ERROR_NONE : ERROR_SYSTEM);
        assert_memory_equal(key.bytes, cases[i].good ? bytes : keys[0].bytes, HOST_KEY_SIZE);
        place_remove(&place);
    }
}

static void a_keyed_hash_depends_on_key_purpose_and_text(void **state)
{
    static const struct {
        size_t key;
        const char *purpose, *text;
    } cases[] = {{0, "a", "x"}, {1, "a", "x"}, {0, "b", "x"},
                 {0, "a", "y"}, {0, "a", ""},  {0, "ax", ""}};
    uint8_t made[6][KEYED_SIZE], again[KEYED_SIZE];
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const char *text = cases[i].text;

        assert_true(
            secret_keyed(&keys[cases[i].key], cases[i].purpose, text, strlen(text), made[i], &why));
        assert_true(
            secret_keyed(&keys[cases[i].key], cases[i].purpose, text, strlen(text), again, &why));
        assert_memory_equal(made[i], again, KEYED_SIZE);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(made[i], made[j], KEYED_SIZE);
    }
}

static void what_was_sealed_opens_again_at_every_length(void **state)
{
    uint8_t text[300], sealed[300 + SEAL_OVERHEAD], opened[300];
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (uint8_t)(i * 7);
    for (size_t length = 0; length <= sizeof text; length++) {
        memset(opened, 0, sizeof opened);
        assert_true(secret_seal(&keys[0], "ada", text, length, sealed, &why));
        assert_true(secret_open(&keys[0], "ada", sealed, length + SEAL_OVERHEAD, opened, &why));
        assert_memory_equal(text, opened, length);
    }
}

static void two_seals_of_one_text_have_nothing_in_common(void **state)
{
    static const char text[] = "the same text twice";
    uint8_t one[sizeof text + SEAL_OVERHEAD], other[sizeof one];
    struct error why = {0};

    (void)state;
    assert_true(secret_seal(&keys[0], "ada", text, sizeof text, one, &why));
    assert_true(secret_seal(&keys[0], "ada", text, sizeof text, other, &why));
    assert_memory_not_equal(one, other, 12);
    assert_memory_not_equal(one + 12, other + 12, sizeof text);
    assert_null(memmem(one, sizeof one, text, 8));
}

static void any_change_keeps_a_seal_shut_and_the_output_untouched(void **state)
{
    static const char text[] = "a refresh token";
    uint8_t sealed[sizeof text + SEAL_OVERHEAD], opened[sizeof sealed];
    static const uint8_t untouched[sizeof opened];
    struct error why = {0};

    (void)state;
    memset(opened, 0, sizeof opened);
    assert_true(secret_seal(&keys[0], "ada", text, sizeof text, sealed, &why));
    for (size_t bit = 0; bit < sizeof sealed * 8; bit++) {
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
        assert_false(secret_open(&keys[0], "ada", sealed, sizeof sealed, opened, &why));
        assert_int_equal(why.kind, ERROR_UNTRUSTED);
        sealed[bit / 8] ^= (uint8_t)(1 << bit % 8);
    }
    for (size_t length = 0; length < sizeof sealed; length++)
        assert_false(secret_open(&keys[0], "ada", sealed, length, opened, &why));
    assert_false(secret_open(&keys[1], "ada", sealed, sizeof sealed, opened, &why));
    assert_false(secret_open(&keys[0], "bob", sealed, sizeof sealed, opened, &why));
    assert_false(secret_open(&keys[0], "", sealed, sizeof sealed, opened, &why));
    assert_memory_equal(opened, untouched, sizeof opened);
    assert_true(secret_open(&keys[0], "ada", sealed, sizeof sealed, opened, &why));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_host_key_is_closed_to_others_whatever_the_umask),
    cmocka_unit_test(a_host_key_is_never_replaced),
    cmocka_unit_test(two_host_keys_differ),
    cmocka_unit_test(a_host_key_of_the_wrong_kind_is_refused),
    cmocka_unit_test(a_keyed_hash_depends_on_key_purpose_and_text),
    cmocka_unit_test(what_was_sealed_opens_again_at_every_length),
    cmocka_unit_test(two_seals_of_one_text_have_nothing_in_common),
    cmocka_unit_test(any_change_keeps_a_seal_shut_and_the_output_untouched),
};

int main(void)
{
    return check_main("secret", tests);
}
