/* SPDX-License-Identifier: MIT */
/* cache/store_accept.c and store_people.c: what is remembered of whom. */
#include "cache/first_id.h"
#include "tests/store_place.h"

#include <signal.h>

static void refused(const struct acceptance *acceptance, enum error_kind kind)
{
    OWNED(free_memory) char *before = NULL, *after = NULL;
    struct person person = {.uid = 7}, kept = person;
    struct error why = {0};
    bool changed = false;
    size_t length, length_after;

    before = place_bytes(&place, "store.db", &length);
    assert_false(store_accept(store, acceptance, &person, &changed, NULL, &why));
    assert_int_equal(why.kind, kind);
    assert_memory_equal(&person, &kept, sizeof kept);
    assert_false(changed);
    after = place_bytes(&place, "store.db", &length_after);
    assert_int_equal(length, length_after);
    assert_memory_equal(before, after, length);
}

static void a_new_person_is_remembered_as_accepted(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person, found;
    struct error why;

    (void)state;
    acceptance.verifier = "$y$verifier";
    acceptance.refresh_token = "token";
    acceptance.password_proven = true;
    person = accept_person(store, &acceptance);
    assert_int_equal(person.uid, first_id("person", account.issuer, acceptance.name));
    assert_string_equal(person.name, acceptance.name);
    assert_string_equal(person.gecos, "Ada");
    assert_string_equal(person.home, "/home/ada");
    assert_string_equal(person.shell, "/bin/sh");
    assert_memory_equal(&person.account, &account, sizeof account);
    assert_string_equal(person.verifier, "$y$verifier");
    assert_true(person.has_token);
    assert_int_equal(person.last_online, 1000);
    assert_int_equal(person.last_password, 1000);
    assert_int_equal(person.refused, REFUSED_NOT);
    assert_int_equal(store_person_by_name(store, acceptance.name, &found, &why), LOOKUP_FOUND);
    assert_memory_equal(&person, &found, sizeof found);
    assert_int_equal(store_person_by_account(store, &account, &found, &why), LOOKUP_FOUND);
    assert_memory_equal(&person, &found, sizeof found);
    assert_int_equal(store_person_by_name(store, "ADA@contoso.example", &found, &why),
                     LOOKUP_ABSENT);
    assert_int_equal(store_person_by_name(store, "", &found, &why), LOOKUP_ABSENT);
}

static void what_an_acceptance_does_not_say_stays(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    OWNED(free_secret) char *token = NULL;
    struct person person;
    struct error why;

    (void)state;
    acceptance.verifier = "$y$one";
    acceptance.refresh_token = "token";
    acceptance.password_proven = true;
    accept_person(store, &acceptance);
    acceptance = ACCEPTANCE(&account);
    acceptance.now = 2000;
    person = accept_person(store, &acceptance);
    assert_string_equal(person.verifier, "$y$one");
    assert_int_equal(person.last_online, 2000);
    assert_int_equal(person.last_password, 1000);
    assert_int_equal(store_token(store, &person, &token, &why), LOOKUP_FOUND);
    assert_string_equal(token, "token");
}

static void the_home_of_somebody_known_stays_whatever_the_setting_says(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;

    (void)state;
    accept_person(store, &acceptance);
    acceptance.home = "/home/bob";
    acceptance.gecos = "Countess";
    person = accept_person(store, &acceptance);
    assert_string_equal(person.home, "/home/ada");
    assert_string_equal(person.gecos, "Countess");
}

static void names_that_are_not_for_people_are_refused(void **state)
{
    static const char *const names[] = {
        "",
        "ada",
        "Ada@contoso.example",
        "ada@contoso.example\n",
        "a:b@contoso.example",
        "@",
        "a@b@c.de",
        "../ada@contoso.example",
        "root",
        "\xc3\xa4@contoso.example",
        "1a@contoso.example",
    };
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        acceptance.name = names[i];
        refused(&acceptance, ERROR_REFUSED);
    }
}

static void fields_that_would_break_passwd_are_refused(void **state)
{
    struct account account = account_of("ada"), nobody = account_of("");
    struct acceptance good = ACCEPTANCE(&account), bad;
    char dear[PATH_TEXT_MOST + 2];

    (void)state;
    memset(dear, '/', sizeof dear - 1);
    dear[sizeof dear - 1] = '\0';
#define BAD(field, value) (bad = good, bad.field = (value), refused(&bad, ERROR_MALFORMED))
    BAD(home, "");
    BAD(home, "relative");
    BAD(home, "/a:b");
    BAD(home, "/a\n");
    BAD(home, dear);
    BAD(shell, "");
    BAD(shell, "sh");
    BAD(shell, "/bin/sh:");
    BAD(gecos, "a:b");
    BAD(gecos, "a\nroot::0:0:::");
    BAD(gecos, dear);
    BAD(verifier, dear);
    BAD(refresh_token, "");
    BAD(account, &nobody);
}

static void a_name_stays_with_the_account_that_had_it_first(void **state)
{
    struct account ada = account_of("ada"), again = account_of("ada-made-again");
    struct acceptance first = ACCEPTANCE(&ada), second = ACCEPTANCE(&again);

    (void)state;
    accept_person(store, &first);
    refused(&second, ERROR_REFUSED);
    second.name = "bob@contoso.example";
    accept_person(store, &second);
    second.name = first.name; /* nor by renaming oneself */
    refused(&second, ERROR_REFUSED);
}

static void a_rename_keeps_the_uid_and_frees_the_old_name(void **state)
{
    struct account ada = account_of("ada"), bob = account_of("bob");
    struct acceptance acceptance = ACCEPTANCE(&ada), other = ACCEPTANCE(&bob);
    struct person before, after, found;
    struct error why;

    (void)state;
    before = accept_person(store, &acceptance);
    acceptance.name = "ada.lovelace@contoso.example";
    after = accept_person(store, &acceptance);
    assert_int_equal(before.uid, after.uid);
    assert_string_equal(after.name, acceptance.name);
    assert_int_equal(store_person_by_name(store, before.name, &found, &why), LOOKUP_ABSENT);
    after = accept_person(store, &other);
    assert_int_equal(after.uid, next_id(before.uid)); /* the hash of the name is Ada's uid */
}

static int accept_local(const void *file)
{
    struct account account = account_of("ada"), other = account_of("bob");
    struct acceptance acceptance = ACCEPTANCE(&account), known = ACCEPTANCE(&other);
    struct error why = {0};
    struct person person;
    bool changed;

    known.name = "bob@contoso.example";
    if (!own_mounts() || mount("/tmp/local-of-test", file, "none", MS_BIND, NULL) != 0)
        return CHILD_MAY_NOT;
    return store_accept(store, &acceptance, &person, &changed, NULL, &why) ||
           why.kind != ERROR_REFUSED || !strstr(why.text, "local") ||
           !store_accept(store, &known, &person, &changed, NULL, &why);
}

static void a_name_of_the_local_files_is_refused(void **state)
{
    static const char *const files[] = {"/etc/passwd", "/etc/group"};
    static const char line[] = "root:x:0:0::/root:/bin/sh\nada@contoso.example:x:2000:\n";
    int fd = open("/tmp/local-of-test", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);

    (void)state;
    assert_int_equal(write(fd, line, sizeof line - 1), sizeof line - 1);
    close(fd);
    for (size_t i = 0; i < 2; i++) {
        pid_t child = fork();
        int status;

        if (child == 0)
            _exit(accept_local(files[i]));
        waitpid(child, &status, 0);
        if (WIFEXITED(status) && WEXITSTATUS(status) == CHILD_MAY_NOT)
            skip();
        assert_int_equal(status, 0);
    }
    unlink("/tmp/local-of-test");
}

static const struct CMUnitTest tests[] = {
    TEST(a_new_person_is_remembered_as_accepted),
    TEST(what_an_acceptance_does_not_say_stays),
    TEST(the_home_of_somebody_known_stays_whatever_the_setting_says),
    TEST(names_that_are_not_for_people_are_refused),
    TEST(fields_that_would_break_passwd_are_refused),
    TEST(a_name_stays_with_the_account_that_had_it_first),
    TEST(a_rename_keeps_the_uid_and_frees_the_old_name),
    TEST(a_name_of_the_local_files_is_refused),
};

int main(void)
{
    return check_main("people", tests);
}
