/* SPDX-License-Identifier: MIT */
/* The answers of the NSS module, in rooms of every size. */
#include "tests/nss_questions.h"

/* ---- answers ---- */

static void people_are_answered_in_full(void **state)
{
    struct passwd found;

    (void)state;
    for (int by_uid = 0; by_uid < 2; by_uid++) {
        memset(&found, 0xaa, sizeof found);
        errno = 77;
        assert_int_equal(by_uid ? nss.getpwuid(ADA, &found, room, sizeof room, &error)
                                : nss.getpwnam(ADAS, &found, room, sizeof room, &error),
                         NSS_STATUS_SUCCESS);
        assert_int_equal(errno, 77);
        assert_string_equal(found.pw_name, ADAS);
        assert_string_equal(found.pw_passwd, "*");
        assert_int_equal(found.pw_uid, ADA);
        assert_int_equal(found.pw_gid, ADA);
        assert_string_equal(found.pw_gecos, "round 1");
        assert_string_equal(found.pw_dir, "/home/1");
        assert_string_equal(found.pw_shell, "/bin/sh");
    }
}

static void groups_are_answered_in_full(void **state)
{
    struct group found;

    (void)state;
    for (int by_gid = 0; by_gid < 2; by_gid++) {
        memset(&found, 0xaa, sizeof found);
        assert_int_equal(by_gid ? nss.getgrgid(BIG, &found, room, sizeof room, &error)
                                : nss.getgrnam("big", &found, room, sizeof room, &error),
                         NSS_STATUS_SUCCESS);
        assert_string_equal(found.gr_name, "big");
        assert_string_equal(found.gr_passwd, "*");
        assert_int_equal(found.gr_gid, BIG);
        for (unsigned i = 0; i < CROWD + 1; i++)
            assert_true(name_is_person(found.gr_mem[i]));
        assert_null(found.gr_mem[CROWD + 1]);
        assert_int_equal(by_gid ? nss.getgrgid(ADA, &found, room, sizeof room, &error)
                                : nss.getgrnam(ADAS, &found, room, sizeof room, &error),
                         NSS_STATUS_SUCCESS);
        assert_string_equal(found.gr_name, ADAS);
        assert_int_equal(found.gr_gid, ADA);
        assert_null(found.gr_mem[0]);
    }
}

static void who_is_not_there_is_not_found(void **state)
{
    static const char *const names[] = {"eve@contoso.example",
                                        "root",
                                        "",
                                        "ADA@contoso.example",
                                        "ada",
                                        "ada@contoso.example.",
                                        "nogroup",
                                        "team@",
                                        "sudo"};
    static const uint32_t ids[] = {0,        1,       65534,       ID_LEAST - 1,
                                   ID_LEAST, ID_MOST, ID_MOST + 1, UINT32_MAX};
    struct passwd person;
    struct group group;

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        error = 0;
        assert_int_equal(nss.getpwnam(names[i], &person, room, sizeof room, &error),
                         NSS_STATUS_NOTFOUND);
        assert_int_equal(error, ENOENT);
        error = 0;
        assert_int_equal(nss.getgrnam(names[i], &group, room, sizeof room, &error),
                         NSS_STATUS_NOTFOUND);
        assert_int_equal(error, ENOENT);
    }
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++) {
        assert_int_equal(nss.getpwuid(ids[i], &person, room, sizeof room, &error),
                         NSS_STATUS_NOTFOUND);
        assert_int_equal(nss.getgrgid(ids[i], &group, room, sizeof room, &error),
                         NSS_STATUS_NOTFOUND);
    }
    assert_int_equal(nss.getpwuid(TEAM, &person, room, sizeof room, &error), NSS_STATUS_NOTFOUND);
    assert_int_equal(nss.getpwnam("team", &person, room, sizeof room, &error), NSS_STATUS_NOTFOUND);
}

static void a_persons_groups_are_listed_without_the_primary(void **state)
{
    gid_t *list;
    long taken;

    (void)state;
    for (long size = 0; size < 40; size++) {
        assert_true(groups_of(ADAS, ADA, size, 0, &list, &taken) >= GROUPS);
        assert_int_equal(taken, GROUPS);
        for (uint32_t i = 0; i < GROUPS; i++)
            assert_int_equal(list[i], TEAM + i);
        free(list);
    }
    assert_true(groups_of(ADAS, BIG, 1, 0, &list, &taken) > 0);
    assert_int_equal(taken, GROUPS - 1);
    for (long i = 0; i < taken; i++)
        assert_int_not_equal(list[i], BIG);
    free(list);
    assert_true(groups_of("bob@contoso.example", BOB, 1, 0, &list, &taken) > 0);
    assert_int_equal(taken, 0);
    free(list);
    assert_true(groups_of("eve@contoso.example", BOB, 1, 0, &list, &taken) < 0);
    assert_int_equal(error, ENOENT);
    free(list);
}

static void the_limit_of_groups_is_kept(void **state)
{
    gid_t *list;
    long taken;

    (void)state;
    for (long limit = 1; limit < 40; limit++) {
        long size = groups_of(ADAS, ADA, 1, limit, &list, &taken);

        assert_true(size > 0 && size <= limit);
        assert_int_equal(taken, limit < (long)GROUPS ? limit : (long)GROUPS);
        free(list);
    }
}

static void everybody_is_walked_over_once(void **state)
{
    struct passwd person;
    struct group group;
    unsigned people = 0, groups = 0;

    (void)state;
    nss.setpwent(0);
    nss.setgrent(0);
    while (nss.getpwent(&person, room, sizeof room, &error) == NSS_STATUS_SUCCESS) {
        assert_true(name_is_person(person.pw_name));
        people++;
        publish(1); /* the walk stays with the file it began with */
    }
    assert_int_equal(people, CROWD + 2);
    assert_int_equal(nss.getpwent(&person, room, sizeof room, &error), NSS_STATUS_NOTFOUND);
    nss.setpwent(0);
    assert_int_equal(nss.getpwent(&person, room, sizeof room, &error), NSS_STATUS_SUCCESS);
    assert_string_equal(person.pw_name, ADAS);
    while (nss.getgrent(&group, room, sizeof room, &error) == NSS_STATUS_SUCCESS)
        groups++;
    assert_int_equal(groups, CROWD + 2 + GROUPS);
    assert_int_equal(nss.endpwent(), NSS_STATUS_SUCCESS);
    assert_int_equal(nss.endgrent(), NSS_STATUS_SUCCESS);
}

/* ---- room ---- */

#define ROOM_MOST 2048u

enum question { BY_NAME, BY_UID, NEXT_PERSON, GROUP_BY_NAME, GROUP_BY_GID, NEXT_GROUP, QUESTIONS };

static enum nss_status ask(enum question question, void *found, char *buffer, size_t size)
{
    switch (question) {
    case BY_NAME:
        return nss.getpwnam(ADAS, found, buffer, size, &error);
    case BY_UID:
        return nss.getpwuid(ADA, found, buffer, size, &error);
    case NEXT_PERSON:
        return nss.getpwent(found, buffer, size, &error);
    case GROUP_BY_NAME:
        return nss.getgrnam("big", found, buffer, size, &error);
    case GROUP_BY_GID:
        return nss.getgrgid(BIG, found, buffer, size, &error);
    default:
        return nss.getgrent(found, buffer, size, &error);
    }
}

static bool is_inside(const char *text, const char *buffer, size_t size)
{
    return text >= buffer && text < buffer + size &&
           memchr(text, 0, (size_t)(buffer + size - text));
}

static void expect_inside(enum question question, const void *found, const char *buffer,
                          size_t size)
{
    const struct passwd *p = found;
    const struct group *g = found;

    if (question < GROUP_BY_NAME) {
        const char *const texts[] = {p->pw_name, p->pw_passwd, p->pw_gecos, p->pw_dir, p->pw_shell};

        for (size_t i = 0; i < 5; i++)
            assert_true(is_inside(texts[i], buffer, size));
        return;
    }
    assert_true(is_inside(g->gr_name, buffer, size) && is_inside(g->gr_passwd, buffer, size));
    assert_int_equal((uintptr_t)g->gr_mem % sizeof(char *), 0);
    assert_true((char *)g->gr_mem >= buffer);
    for (char **member = g->gr_mem; *member; member++)
        assert_true((char *)(member + 2) <= buffer + size && is_inside(*member, buffer, size));
}

/* At every distance from an aligned address, and with a tail that would show a byte too many. */
static void every_size_of_room_is_kept(void **state)
{
    static char poisoned[ROOM_MOST + 64];
    char found[sizeof(struct passwd) + sizeof(struct group)];

    (void)state;
    for (enum question question = 0; question < QUESTIONS; question++) {
        size_t fits_from = 0; /* at any distance: pointers may need 7 bytes more */
        bool fitted = false;

        for (size_t size = 0; size <= ROOM_MOST; size++) {
            char *buffer = poisoned + size % 8;
            enum nss_status status;

            memset(poisoned, 0x5a, sizeof poisoned);
            memset(found, 0xaa, sizeof found);
            nss.setpwent(0);
            nss.setgrent(0);
            error = 0;
            status = ask(question, found, buffer, size);
            assert_true(status == NSS_STATUS_SUCCESS ||
                        (status == NSS_STATUS_TRYAGAIN && error == ERANGE &&
                         (!fits_from || size < fits_from + 8)));
            fitted = status == NSS_STATUS_SUCCESS;
            if (fitted && !fits_from)
                fits_from = size;
            if (fitted)
                expect_inside(question, found, buffer, size);
            for (const char *tail = buffer + size; tail < poisoned + sizeof poisoned; tail++)
                assert_int_equal(*tail, 0x5a);
        }
        assert_true(fitted);
    }
    nss.endpwent();
    nss.endgrent();
}

static void too_small_a_room_does_not_lose_an_entry(void **state)
{
    struct passwd person;

    (void)state;
    nss.setpwent(0);
    assert_int_equal(nss.getpwent(&person, room, 10, &error), NSS_STATUS_TRYAGAIN);
    assert_int_equal(nss.getpwent(&person, room, sizeof room, &error), NSS_STATUS_SUCCESS);
    assert_string_equal(person.pw_name, ADAS);
    nss.endpwent();
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(people_are_answered_in_full, publish_first),
        cmocka_unit_test_setup(groups_are_answered_in_full, publish_first),
        cmocka_unit_test_setup(who_is_not_there_is_not_found, publish_first),
        cmocka_unit_test_setup(a_persons_groups_are_listed_without_the_primary, publish_first),
        cmocka_unit_test_setup(the_limit_of_groups_is_kept, publish_first),
        cmocka_unit_test_setup(everybody_is_walked_over_once, publish_first),
        cmocka_unit_test_setup(every_size_of_room_is_kept, publish_first),
        cmocka_unit_test_setup(too_small_a_room_does_not_lose_an_entry, publish_first),
    };

    if (!load_module(argc, argv))
        return check_done("nss", sizeof tests / sizeof tests[0], -1);
    return check_done("nss", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("nss", tests, make_folders, remove_folders));
}
