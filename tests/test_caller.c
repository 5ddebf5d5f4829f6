/* SPDX-License-Identifier: MIT */
/* login/caller.c: root asks for anybody, anyone else only to verify himself. */
#include "tests/check.h"

#include "login/caller.h"

#include <errno.h>
#include <pwd.h>
#include <string.h>

#define ADA "ada@contoso.example"
#define BOB "bob@contoso.example"
#define UID 1879048200u

static bool names_are_down; /* turned by a test */

/* Takes libc's place: the program's own symbols come first. */
int getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
               struct passwd **found)
{
    static const struct {
        const char *name, *answer;
        uid_t uid;
    } people[] = {
        {ADA, ADA, UID},
        {BOB, BOB, UID + 1},
        {"alias@contoso.example", ADA, UID},
        {"alice", "alice", 1000},
        {"root", "root", 0},
        {"zero@contoso.example", "zero@contoso.example", 0},
    };

    *found = NULL;
    if (names_are_down)
        return EIO;
    for (size_t i = 0; i < sizeof people / sizeof *people; i++)
        if (strcmp(people[i].name, name) == 0) {
            if (size <= strlen(people[i].answer))
                return ERANGE;
            memcpy(memory, people[i].answer, strlen(people[i].answer) + 1);
            *entry = (struct passwd){.pw_name = memory, .pw_uid = people[i].uid};
            *found = entry;
        }
    return 0;
}

static bool may_ask(uid_t uid, enum action action, const char *name)
{
    const struct caller caller = {.uid = uid};
    struct request request = {.action = action};

    snprintf(request.user, sizeof request.user, "%s", name);
    return caller_may_ask(&caller, &request);
}

static void root_may_ask_about_every_person_and_nobody_about_others(void **state)
{
    static const char *const persons[] = {ADA, BOB, "new@contoso.example", "zero@contoso.example"};
    static const char *const others[] = {"root", "alice", "", "ADA@contoso.example", "../x@y.z"};

    (void)state;
    for (int action = ACTION_AUTHENTICATE; action < ACTIONS; action++) {
        for (size_t i = 0; i < sizeof persons / sizeof *persons; i++)
            assert_true(may_ask(0, (enum action)action, persons[i]));
        for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
            assert_false(may_ask(0, (enum action)action, others[i]));
            assert_false(may_ask(1000, (enum action)action, others[i]));
        }
    }
}

static void anybody_else_may_only_verify_himself(void **state)
{
    static const struct {
        const char *name;
        uid_t uid;
        bool himself;
    } cases[] = {
        {ADA, UID, true},
        {BOB, UID + 1, true},
        {BOB, UID, false},
        {ADA, UID + 1, false},
        {ADA, 1000, false},
        {"alice", 1000, false},
        {"alias@contoso.example", UID, false},
        {"new@contoso.example", UID, false},
        {"zero@contoso.example", 1000, false},
        {ADA, (uid_t)-1, false},
        {"new@contoso.example", (uid_t)-1, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int action = ACTION_NONE; action < ACTIONS; action++) {
            bool verifies = action == ACTION_AUTHENTICATE || action == ACTION_ACCOUNT;

            assert_int_equal(may_ask(cases[i].uid, (enum action)action, cases[i].name),
                             verifies && cases[i].himself);
        }
}

static void where_names_cannot_be_looked_up_only_root_may_ask(void **state)
{
    (void)state;
    names_are_down = true;
    assert_false(may_ask(UID, ACTION_AUTHENTICATE, ADA));
    assert_true(may_ask(0, ACTION_AUTHENTICATE, ADA));
    names_are_down = false;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(root_may_ask_about_every_person_and_nobody_about_others),
        cmocka_unit_test(anybody_else_may_only_verify_himself),
        cmocka_unit_test(where_names_cannot_be_looked_up_only_root_may_ask),
    };

    return check_main("caller", tests);
}
