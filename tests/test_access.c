/* SPDX-License-Identifier: MIT */
/* cache/store_access.c: access tokens, from their keeping to their end. */
#include "cache/store_access.h"

#include "tests/store_place.h"

#define VERIFIER "$y$verifier"
#define KEPT     1000
#define RENEW    2000
#define UNTIL    3000

static struct error why;

static struct person accept_as(const char *object_id, const char *refresh, const char *access)
{
    struct account account = account_of(object_id);
    struct acceptance acceptance = ACCEPTANCE(&account);
    char name[64];

    snprintf(name, sizeof name, "%s@contoso.example", object_id);
    acceptance.name = name;
    acceptance.verifier = VERIFIER;
    acceptance.refresh_token = refresh;
    acceptance.access_token = access;
    acceptance.access_renew_at = RENEW;
    acceptance.access_until = UNTIL;
    acceptance.now = KEPT;
    return accept_person(store, &acceptance);
}

/* NULL for `text`: there is none. */
static void expect_access(const struct person *person, time_t now, enum access wanted,
                          const char *text)
{
    OWNED(free_secret) char *token = NULL;

    assert_int_equal(store_access_token(store, person, now, &token, &why), wanted);
    if (text)
        assert_string_equal(token, text);
    else
        assert_null(token);
}

static void a_token_is_of_use_from_its_keeping_to_its_end(void **state)
{
    static const struct {
        time_t now;
        enum access wanted;
    } cases[] = {
        {KEPT, ACCESS_USABLE},   {RENEW - 1, ACCESS_USABLE}, {RENEW, ACCESS_DUE},
        {UNTIL - 1, ACCESS_DUE}, {UNTIL, ACCESS_NONE},       {UNTIL + 1000000, ACCESS_NONE},
        {KEPT - 1, ACCESS_NONE}, /* the clock was set back */
        {0, ACCESS_NONE},        {-1, ACCESS_NONE},
    };
    struct person ada = accept_as("ada", "refresh", "opaque");

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        expect_access(&ada, cases[i].now, cases[i].wanted,
                      cases[i].wanted == ACCESS_NONE ? NULL : "opaque");
}

static void ends_are_not_cut_to_32_bits(void **state)
{
    const time_t now = 5000000000, until = now + 100800;
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person ada;

    (void)state;
    acceptance.access_token = "opaque";
    acceptance.now = now;
    acceptance.access_renew_at = now + 50400;
    acceptance.access_until = until;
    ada = accept_person(store, &acceptance);
    expect_access(&ada, now + 50399, ACCESS_USABLE, "opaque");
    expect_access(&ada, until - 1, ACCESS_DUE, "opaque");
    expect_access(&ada, until, ACCESS_NONE, NULL);
}

static void each_acceptance_replaces_it(void **state)
{
    struct person ada = accept_as("ada", "refresh", "first");

    (void)state;
    accept_as("ada", "refresh", "second");
    expect_access(&ada, KEPT, ACCESS_USABLE, "second");
    accept_as("ada", NULL, NULL);
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
}

static void whoever_never_had_one_has_none(void **state)
{
    struct person ada = accept_as("ada", "refresh", NULL), nobody = ada;

    (void)state;
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
    nobody.uid++;
    expect_access(&nobody, KEPT, ACCESS_NONE, NULL);
}

static void it_goes_with_what_a_refusal_erases(void **state)
{
    static const struct {
        struct refusal_record record;
        unsigned times;
        bool kept;
    } cases[] = {
        {{.erase_token = true}, 1, false},
        {{.refused = REFUSED_PASSWORD, .erase_verifier = true, .verifier = VERIFIER}, 1, false},
        {{.refused = REFUSED_REVOKED, .erase_token = true, .token = "refresh"}, 1, false},
        {{.refused = REFUSED_DISABLED, .erase_verifier = true, .erase_token = true}, 1, false},
        {{.doubt_token = true, .token = "refresh"}, 1, true},
        {{.doubt_token = true, .token = "refresh"}, 2, false},
        {{.rest_token = true, .token = "refresh"}, 1, true},
        /* What is out of date does nothing. */
        {{.refused = REFUSED_REVOKED, .erase_token = true, .token = "older"}, 1, true},
        {{.refused = REFUSED_PASSWORD, .erase_verifier = true, .verifier = "$y$older"}, 1, true},
    };
    bool mass_event;

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct refusal_record record = cases[i].record;
        struct person ada = accept_as("ada", "refresh", "opaque");

        record.now = KEPT;
        for (unsigned n = 0; n < cases[i].times; n++)
            assert_true(store_refuse(store, ada.uid, &record, &mass_event, &why));
        run_sql("UPDATE person SET refused = 0"); /* it is not only withheld */
        expect_access(&ada, KEPT, cases[i].kept ? ACCESS_USABLE : ACCESS_NONE,
                      cases[i].kept ? "opaque" : NULL);
    }
}

/* A refusal that leaves the tokens: they may be good again, but not now. */
static void nobody_who_is_refused_has_one(void **state)
{
    struct person ada = accept_as("ada", "refresh", "opaque"), noted = ada;
    bool mass_event;

    (void)state;
    noted.refused = REFUSED_POLICY; /* by a note that the store does not have */
    expect_access(&noted, KEPT, ACCESS_NONE, NULL);
    assert_true(store_refuse(store, ada.uid,
                             &(struct refusal_record){.refused = REFUSED_POLICY, .now = KEPT},
                             &mass_event, &why));
    expect_access(&ada, KEPT, ACCESS_NONE, NULL); /* as read before that */
}

static void it_opens_in_its_own_place_only(void **state)
{
    struct person ada = accept_as("ada", "refresh of ada", "access of ada"),
                  bob = accept_as("bob", "refresh of bob", "access of bob"), found = ada;
    OWNED(free_secret) char *token = NULL;

    (void)state;
    expect_access(&bob, KEPT, ACCESS_USABLE, "access of bob");
    run_sql("CREATE TEMP TABLE t AS SELECT uid, access_token FROM person;"
            "UPDATE person SET access_token ="
            " (SELECT access_token FROM t WHERE t.uid <> person.uid)");
    why = (struct error){0};
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
    assert_int_equal(why.kind, ERROR_UNTRUSTED);
    accept_as("ada", "refresh of ada", "access of ada");
    run_sql("UPDATE person SET token = access_token, access_token = token");
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
    assert_int_equal(store_token(store, &found, &token, &why), LOOKUP_UNAVAILABLE);
    assert_int_equal(why.kind, ERROR_UNTRUSTED);
    run_sql("UPDATE person SET access_token = x'00'");
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
}

static bool store_has(const void *text, size_t length)
{
    OWNED(free_memory) char *bytes = NULL;
    size_t size;

    bytes = place_bytes(&place, "store.db", &size);
    return memmem(bytes, size, text, length);
}

/* The first bytes of what is sealed. */
static void read_sealed(uint8_t sealed[64])
{
    sqlite3_stmt *query;
    char path[64];
    sqlite3 *db;

    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_prepare_v2(db, "SELECT access_token FROM person", -1, &query, NULL);
    assert_int_equal(sqlite3_step(query), SQLITE_ROW);
    assert_true(sqlite3_column_bytes(query, 0) >= 64);
    memcpy(sealed, sqlite3_column_blob(query, 0), 64);
    sqlite3_finalize(query);
    sqlite3_close(db);
}

static void no_byte_of_it_is_on_the_disk_and_nothing_after_its_end(void **state)
{
    static char canary[TOKEN_MOST + 1];
    struct person ada;
    uint8_t sealed[64];
    bool mass_event;

    (void)state;
    for (size_t i = 0; i < TOKEN_MOST; i++)
        canary[i] = (char)('A' + (i * 7 + i / 26) % 26);
    ada = accept_as("ada", "refresh", canary);
    expect_access(&ada, KEPT, ACCESS_USABLE, canary);
    for (size_t i = 0; i + 16 <= TOKEN_MOST; i += 16)
        assert_false(store_has(canary + i, 16));
    read_sealed(sealed);
    assert_true(store_has(sealed, 32));
    assert_true(store_refuse(store, ada.uid,
                             &(struct refusal_record){.erase_token = true, .now = KEPT},
                             &mass_event, &why));
    assert_false(store_has(sealed, 32));
}

static void one_that_is_longer_records_nothing(void **state)
{
    static char text[TOKEN_MOST + 2];
    struct account account = account_of("ada");
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;
    bool changed;

    (void)state;
    memset(text, 't', TOKEN_MOST + 1);
    acceptance.access_token = text;
    assert_false(store_accept(store, &acceptance, &person, &changed, NULL, &why));
    assert_int_equal(why.kind, ERROR_MALFORMED);
    assert_int_equal(store_person_by_name(store, acceptance.name, &person, &why), LOOKUP_ABSENT);
}

static void a_store_that_cannot_be_read_has_none_and_says_why(void **state)
{
    struct person ada = accept_as("ada", "refresh", "opaque");

    (void)state;
    run_sql("ALTER TABLE person RENAME COLUMN access_token TO lost");
    why = (struct error){0};
    expect_access(&ada, KEPT, ACCESS_NONE, NULL);
    assert_int_equal(why.kind, ERROR_SYSTEM);
}

static const struct CMUnitTest tests[] = {
    TEST(a_token_is_of_use_from_its_keeping_to_its_end),
    TEST(ends_are_not_cut_to_32_bits),
    TEST(each_acceptance_replaces_it),
    TEST(whoever_never_had_one_has_none),
    TEST(it_goes_with_what_a_refusal_erases),
    TEST(nobody_who_is_refused_has_one),
    TEST(it_opens_in_its_own_place_only),
    TEST(no_byte_of_it_is_on_the_disk_and_nothing_after_its_end),
    TEST(one_that_is_longer_records_nothing),
    TEST(a_store_that_cannot_be_read_has_none_and_says_why),
};

int main(void)
{
    return check_main("access", tests);
}
