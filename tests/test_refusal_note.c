/* SPDX-License-Identifier: MIT */
/* cache/refusal_note.c: refusals that the store could not take. */
#include "cache/refusal_note.h"
#include "tests/place.h"

#define UID 70000u

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

static void the_worse_of_two_refusals_is_kept(void **state)
{
    (void)state;
    assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_NOT);
    for (enum refused one = REFUSED_PASSWORD; one < REFUSED_KINDS; one++)
        for (enum refused other = REFUSED_PASSWORD; other < REFUSED_KINDS; other++) {
            assert_true(refusal_note_keep(place.folder, UID, one, &why));
            assert_int_equal(refusal_note_read(place.folder, UID), one);
            assert_true(refusal_note_keep(place.folder, UID, other, &why));
            assert_int_equal(refusal_note_read(place.folder, UID), refused_worse(one, other));
            assert_int_equal(refusal_note_read(place.folder, UID + 1), REFUSED_NOT);
            refusal_note_drop(place.folder, UID);
            assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_NOT);
        }
}

static void a_note_that_says_nothing_closes_like_a_revocation(void **state)
{
    static const char *const bytes[] = {"", "\0", "\377"};

    (void)state;
    for (size_t i = 0; i < sizeof bytes / sizeof bytes[0]; i++) {
        place_write(&place, "refused-70000", bytes[i], i > 0, 0600);
        assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_REVOKED);
        assert_true(refusal_note_keep(place.folder, UID, REFUSED_PASSWORD, &why));
        assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_REVOKED);
        assert_true(refusal_note_keep(place.folder, UID, REFUSED_DISABLED, &why));
        assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_DISABLED);
    }
}

/* One is disabled, all others have tried an old password. */
static void of_many_at_once_none_hides_the_worst(void **state)
{
    enum { MANY = 12, ROUNDS = 50 };
    pid_t children[MANY];
    int status;

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < MANY; i++)
            if ((children[i] = fork()) == 0)
                _exit(!refusal_note_keep(
                    place.folder, UID, i == MANY / 2 ? REFUSED_DISABLED : REFUSED_PASSWORD, &why));
        for (int i = 0; i < MANY; i++) {
            waitpid(children[i], &status, 0);
            assert_int_equal(status, 0);
        }
        assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_DISABLED);
        refusal_note_drop(place.folder, UID);
    }
}

static void without_a_folder_nothing_is_kept_or_found(void **state)
{
    (void)state;
    assert_false(refusal_note_keep(-1, UID, REFUSED_DISABLED, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(refusal_note_read(-1, UID), REFUSED_NOT);
    refusal_note_drop(-1, UID);
}

/* A link is not followed to anybody's file. */
static void what_is_no_file_closes_and_stays_as_it_is(void **state)
{
    (void)state;
    place_write(&place, "elsewhere", "", 0, 0600);
    assert_int_equal(symlinkat("elsewhere", place.folder, "refused-70000"), 0);
    assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_REVOKED);
    assert_false(refusal_note_keep(place.folder, UID, REFUSED_DISABLED, &why));
    assert_int_equal(refusal_note_read(place.folder, UID), REFUSED_REVOKED);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(the_worse_of_two_refusals_is_kept),
    TEST(a_note_that_says_nothing_closes_like_a_revocation),
    TEST(of_many_at_once_none_hides_the_worst),
    TEST(without_a_folder_nothing_is_kept_or_found),
    TEST(what_is_no_file_closes_and_stays_as_it_is),
};

int main(void)
{
    return check_main("refusal_note", tests);
}
