/* SPDX-License-Identifier: MIT */
/* A store that was lost, and what a sign-in makes of what was recovered from the snapshots. */
#include "cache/store_recover.h"
#include "tests/store_place.h"

#define GUID "11111111-2222-3333-4444-555555555555"

static struct error why;

static struct person accept_as(const char *object_id, const char *name, const char *group)
{
    struct account account = account_of(object_id);
    struct acceptance acceptance = ACCEPTANCE(&account);
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(4);

    acceptance.name = name;
    acceptance.group_ids = &groups;
    assert_true(!group || strings_add(&groups, group));
    return accept_person(store, &acceptance);
}

static void is_refused(const char *object_id, const char *name)
{
    struct account account = account_of(object_id);
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;
    bool changed;

    acceptance.name = name;
    assert_false(store_accept(store, &acceptance, &person, &changed, NULL, &why));
    assert_int_equal(why.kind, ERROR_REFUSED);
}

static struct recovered lose_and_recover(void)
{
    struct recovered recovered;

    store_close(store);
    store = NULL;
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    if (store_recover(place.private, place.public, &recovered, &why) != RECOVERY_DONE)
        fail_msg("%s", why.text);
    assert_true(store_open(place.private, &store, &why));
    return recovered;
}

static void whoever_comes_first_under_a_name_gets_its_id(void **state)
{
    struct person ada = accept_as("ada", "ada@contoso.example", GUID), found;
    struct person bob = accept_as("bob", "bob@contoso.example", GUID);
    struct recovered recovered;

    (void)state;
    assert_true(store_publish(store, place.public, &why));
    recovered = lose_and_recover();
    assert_int_equal(recovered.people, 2);
    assert_int_equal(recovered.groups, 1);
    assert_int_equal(recovered.bare, 0);
    assert_string_equal(recovered.aside, "");
    /* Nobody can sign in by what was recovered: there is no such person until the platform says so. */
    assert_int_equal(store_person_by_name(store, "ada@contoso.example", &found, &why),
                     LOOKUP_ABSENT);
    assert_int_equal(accept_as("ada", "ada@contoso.example", GUID).uid, ada.uid);
    is_refused("other", "ada@contoso.example");
    assert_int_equal(accept_as("other", "bob@contoso.example", NULL).uid, bob.uid);
    is_refused("bob", "bob@contoso.example");
    assert_true(store_publish(store, place.public, &why));
    assert_true(store_is_published(place.public, &ada));
}

static void who_has_an_id_does_not_get_another_with_a_name(void **state)
{
    struct person ada = accept_as("ada", "ada@contoso.example", NULL);

    (void)state;
    accept_as("bob", "bob@contoso.example", NULL);
    assert_true(store_publish(store, place.public, &why));
    lose_and_recover();
    assert_int_equal(accept_as("ada", "ada@contoso.example", NULL).uid, ada.uid);
    is_refused("ada", "bob@contoso.example");
    assert_int_equal(accept_as("ada", "ada.b@contoso.example", NULL).uid, ada.uid);
}

/* A claimed id is bound as any other, and one that waits keeps its number. */
static void ids_stay_what_they_are(void **state)
{
    static const char *const forbidden[] = {
        "UPDATE id SET id = 1879048999 WHERE issuer = 'recovered'",
        "UPDATE id SET kind = 2 WHERE issuer = 'recovered'",
        "UPDATE id SET object_id = 'x' WHERE issuer = 'recovered'",
        "UPDATE id SET object_id = 'x' WHERE issuer <> 'recovered'",
        "UPDATE id SET issuer = 'recovered' WHERE issuer <> 'recovered'",
        "DELETE FROM id",
    };
    char path[64];
    sqlite3 *db;

    (void)state;
    accept_as("ada", "ada@contoso.example", NULL);
    accept_as("bob", "bob@contoso.example", NULL);
    assert_true(store_publish(store, place.public, &why));
    lose_and_recover();
    accept_as("ada", "ada@contoso.example", NULL);
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof forbidden / sizeof forbidden[0]; i++)
        assert_int_equal(sqlite3_exec(db, forbidden[i], NULL, NULL, NULL), SQLITE_CONSTRAINT);
    sqlite3_close(db);
}

/* She was renamed, and her old name given to another, between the two generations. */
static void an_id_without_a_name_is_given_to_nobody(void **state)
{
    struct person ada = accept_as("ada", "ada@contoso.example", NULL), lovelace;
    struct recovered recovered;

    (void)state;
    assert_true(store_publish(store, place.public, &why));
    lose_and_recover(); /* twice: the first time makes the store forget what the second needs */
    run_sql("DELETE FROM person; DROP TRIGGER id_stays; DELETE FROM id");
    run_sql("INSERT INTO id VALUES (1879050000, 1, 'https://login.example', 'contoso', 'new', 1);"
            "INSERT INTO person (uid, name, gecos, home, shell, verifier, last_online,"
            " last_password, refused, refused_at) VALUES (1879050000, 'ada@contoso.example', '',"
            " '/h', '/s', '', 0, 0, 0, 0);");
    assert_true(store_publish(store, place.public, &why));
    recovered = lose_and_recover();
    assert_int_equal(recovered.people, 1);
    assert_int_equal(recovered.bare, 1);
    lovelace = accept_as("anybody", "ada@contoso.example", NULL);
    assert_int_equal(lovelace.uid, 1879050000);
    assert_int_not_equal(lovelace.uid, ada.uid);
}

static void a_store_that_is_well_is_left_alone(void **state)
{
    struct recovered recovered;
    size_t before, after;
    char *one, *two;

    (void)state;
    accept_as("ada", "ada@contoso.example", NULL);
    assert_true(store_publish(store, place.public, &why));
    one = place_bytes(&place, "store.db", &before);
    assert_int_equal(store_recover(place.private, place.public, &recovered, &why),
                     RECOVERY_NOT_NEEDED);
    two = place_bytes(&place, "store.db", &after);
    assert_int_equal(before, after);
    assert_memory_equal(one, two, before);
    free(one);
    free(two);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        TEST(whoever_comes_first_under_a_name_gets_its_id),
        TEST(who_has_an_id_does_not_get_another_with_a_name),
        TEST(ids_stay_what_they_are),
        TEST(an_id_without_a_name_is_given_to_nobody),
        TEST(a_store_that_is_well_is_left_alone),
    };

    (void)count;
    (void)arguments;
    return check_main("recover", tests);
}
