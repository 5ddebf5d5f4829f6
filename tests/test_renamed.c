/* SPDX-License-Identifier: MIT */
/* Names or ids that root settles anew while a publisher is on its way, or a store is lost. */
#include "tests/short_host.h"

#include "cache/snapshot_file.h"
#include "cache/snapshot_rollback.h"
#include "cache/store_recover.h"
#include "tests/store_place.h"

#define OTHER_CONF CONF_OF("short", "domain b.example\n")

static struct error why;

static int begin_with(void **state, const char *conf)
{
    if (!may_mount)
        return 0;
    why = (struct error){0};
    write_text(NSS_CONF_FILE, conf);
    return begin(state);
}

static int begin_other(void **state)
{
    return begin_with(state, OTHER_CONF);
}

static int begin_full(void **state)
{
    return begin_with(state, FULL_CONF);
}

static int end_store(void **state)
{
    return may_mount ? end(state) : 0;
}

static struct person enrol(const char *object, const char *name)
{
    struct account account = account_of(object);
    struct acceptance acceptance = ACCEPTANCE(&account);

    acceptance.name = name;
    return accept_person(store, &acceptance);
}

static void publish(void)
{
    if (!store_publish(store, place.public, &why))
        fail_msg("%s", why.text);
}

/* The uid under which the published file shows a name; 0: it does not. */
static uint32_t shown(const char *name)
{
    static char texts[4096];
    struct answer_space space = {.bytes = texts, .size = sizeof texts};
    OWNED(close_fd) int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    struct snapshot_person person;

    assert_true(snapshot_file_map(folder, "snapshot", &snapshot));
    return snapshot_person_by_name(&snapshot, name, &space, &person) == LOOKUP_FOUND ? person.uid
                                                                                     : 0;
}

/* ---- the domain of short names ---- */

static enum recovery lose_and_recover(struct recovered *recovered)
{
    enum recovery recovery;

    store_close(store);
    store = NULL;
    assert_int_equal(unlinkat(place.folder, "store.db", 0), 0);
    recovery = store_recover(place.private, place.public, recovered, &why);
    if (recovery == RECOVERY_DONE)
        assert_true(store_open(place.private, &store, &why));
    return recovery;
}

/* Carol of one domain is not Carol of the other. */
static void nobody_is_recovered_as_somebody_of_another_domain(void **state)
{
    struct recovered recovered;
    struct person carol, other;

    (void)state;
    if (!may_mount)
        skip();
    carol = enrol("carol", "carol@b.example");
    publish();
    assert_int_equal(shown("carol"), carol.uid);
    write_text(NSS_CONF_FILE, SHORT_CONF);
    publish();
    assert_int_equal(shown("carol"), 0);
    assert_int_equal(lose_and_recover(&recovered), RECOVERY_DONE);
    assert_int_equal(recovered.people, 0);
    assert_int_equal(recovered.bare, 1);
    other = enrol("another", "carol@contoso.example");
    assert_int_not_equal(other.uid, carol.uid);
}

static void whose_domain_the_newest_snapshot_shows_must_be_in_force(void **state)
{
    struct recovered recovered;
    struct person carol;

    (void)state;
    if (!may_mount)
        skip();
    carol = enrol("carol", "carol@b.example");
    publish();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    assert_int_equal(lose_and_recover(&recovered), RECOVERY_FAILED);
    assert_int_equal(why.kind, ERROR_CONFIG);
    write_text(NSS_CONF_FILE, OTHER_CONF);
    assert_int_equal(store_recover(place.private, place.public, &recovered, &why), RECOVERY_DONE);
    assert_true(store_open(place.private, &store, &why));
    assert_int_equal(enrol("anybody", "carol@b.example").uid, carol.uid);
}

static void nothing_is_rolled_back_to_another_domain(void **state)
{
    struct rollback done;
    struct person bob;

    (void)state;
    if (!may_mount)
        skip();
    bob = enrol("bob", "bob@b.example");
    publish();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    publish();
    assert_int_equal(snapshot_rollback(place.private, place.public, &done, &why), LOOKUP_ABSENT);
    assert_int_equal(why.kind, ERROR_CONFIG);
    assert_int_equal(shown("bob"), 0);
    write_text(NSS_CONF_FILE, OTHER_CONF);
    assert_int_equal(snapshot_rollback(place.private, place.public, &done, &why), LOOKUP_FOUND);
    assert_int_equal(shown("bob"), bob.uid);
}

/* ---- a publisher that began before ---- */

static void people_are_published_by_the_naming_of_now(void **state)
{
    struct person ada;

    (void)state;
    if (!may_mount)
        skip();
    ada = enrol("ada", "ada@contoso.example");
    publish();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    assert_false(store_is_published(place.public, &ada));
    publish(); /* with the store that was opened before */
    assert_int_equal(shown("ada"), ada.uid);
    assert_int_equal(shown("ada@contoso.example"), 0);
    assert_true(store_is_published(place.public, &ada));
}

/* ---- an id that was chosen before ---- */

static void no_id_is_given_by_a_window_that_is_not_in_force_any_more(void **state)
{
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person ada, bob;
    bool changed;

    (void)state;
    if (!may_mount)
        skip();
    bob = enrol("bob", "bob@contoso.example");
    write_text(NSS_CONF_FILE, "version 1\nwindow 70000 90000\nnames full\n"
                              "domain contoso.example\nhome /home/{name}\nshell /bin/sh\nend 1\n");
    assert_false(store_accept(store, &acceptance, &ada, &changed, NULL, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_non_null(strstr(why.text, "id_min and id_max"));
    assert_int_equal(enrol("bob", "bob@contoso.example").uid, bob.uid);
    write_text(NSS_CONF_FILE, "version 1\n");
    assert_false(store_accept(store, &acceptance, &ada, &changed, NULL, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_non_null(strstr(why.text, "nss.conf"));
    write_text(NSS_CONF_FILE, FULL_CONF);
    assert_true(store_accept(store, &acceptance, &ada, &changed, NULL, &why));
}

/* ---- gids that only nss.conf knows ---- */

static void a_gid_that_nss_conf_maps_is_given_to_nobody_else(void **state)
{
    struct recovered recovered;

    (void)state;
    if (!may_mount)
        skip();
    publish();
    write_text(NSS_CONF_FILE, "version 1\nwindow 1879048192 2147352575\nnames full\n"
                              "domain contoso.example\nhome /home/{name}\nshell /bin/sh\n"
                              "local_group wheelers 1001 1879050000\nend 1\n");
    assert_int_equal(lose_and_recover(&recovered), RECOVERY_DONE);
    assert_int_equal(recovered.bare, 1);
    run_sql("CREATE TABLE t (n INTEGER CHECK (n = 1)) STRICT;"
            "INSERT INTO t SELECT count(*) FROM id WHERE id = 1879050000; DROP TABLE t");
}

#define IN_OTHER(name) cmocka_unit_test_setup_teardown(name, begin_other, end_store)
#define IN_FULL(name)  cmocka_unit_test_setup_teardown(name, begin_full, end_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_OTHER(nobody_is_recovered_as_somebody_of_another_domain),
        IN_OTHER(whose_domain_the_newest_snapshot_shows_must_be_in_force),
        IN_OTHER(nothing_is_rolled_back_to_another_domain),
        IN_FULL(people_are_published_by_the_naming_of_now),
        IN_FULL(no_id_is_given_by_a_window_that_is_not_in_force_any_more),
        IN_FULL(a_gid_that_nss_conf_maps_is_given_to_nobody_else),
    };

    return check_done("renamed", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("renamed", tests, begin_short, NULL));
}
