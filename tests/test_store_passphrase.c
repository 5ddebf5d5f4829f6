/* SPDX-License-Identifier: MIT */
/* cache/store_passphrase.c: whose typed secrets are the platform's business, and from when on. */
#include "cache/store_import.h"
#include "cache/store_passphrase.h"
#include "tests/store_place.h"

static struct account ada_account;
static struct error why;

static struct person read_ada(void)
{
    struct person ada = {0};

    assert_int_equal(store_person_by_name(store, "ada@contoso.example", &ada, &why), LOOKUP_FOUND);
    return ada;
}

static struct person accept_ada(const char *verifier, bool password_proven)
{
    struct acceptance acceptance = ACCEPTANCE(&ada_account);

    ada_account = account_of("ada");
    acceptance.verifier = verifier;
    acceptance.password_proven = password_proven;
    acceptance.refresh_token = "token";
    return accept_person(store, &acceptance);
}

static void choose(const char *verifier)
{
    const struct person ada = read_ada();

    if (!store_keep_passphrase(store, &ada, verifier, &why))
        fail_msg("%s", why.text);
}

static void refuse(bool erase_verifier)
{
    const struct refusal_record record = {
        .refused = REFUSED_REVOKED, .erase_verifier = erase_verifier, .now = 2000};
    bool mass_event;

    assert_true(store_refuse(store, read_ada().uid, &record, &mass_event, &why));
}

static void a_password_that_was_proven_is_no_passphrase(void **state)
{
    (void)state;
    assert_false(accept_ada("$y$password", true).passphrase);
    assert_false(read_ada().passphrase);
}

static void a_passphrase_takes_the_place_of_the_verifier_alone(void **state)
{
    struct person before, after;

    (void)state;
    before = accept_ada("$y$password", true);
    choose("$y$passphrase");
    after = read_ada();
    assert_true(after.passphrase);
    assert_string_equal(after.verifier, "$y$passphrase");
    after.passphrase = false;
    memcpy(after.verifier, before.verifier, sizeof after.verifier);
    assert_memory_equal(&after, &before, sizeof after);
}

/* What the platform said yes to: the token, a code, or nothing new; and what was typed then. */
static void only_a_proven_password_that_brings_a_verifier_ends_it(void **state)
{
    static const struct {
        const char *verifier, *kept;
        bool proven, passphrase;
    } rows[] = {
        {NULL, "$y$passphrase", false, true},
        {NULL, "$y$passphrase", true,
         true}, /* the verifier that stays is still of the passphrase */
        {"", "", false, true},
        {"", "", true, false},
        {"$y$password", "$y$password", true, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct person ada;

        accept_ada(NULL, false);
        choose("$y$passphrase");
        ada = accept_ada(rows[i].verifier, rows[i].proven);
        assert_string_equal(ada.verifier, rows[i].kept);
        assert_int_equal(ada.passphrase, rows[i].passphrase);
    }
}

/* She will type it again, and it must not go anywhere then. */
static void an_erased_passphrase_still_was_one(void **state)
{
    (void)state;
    accept_ada(NULL, false);
    choose("$y$passphrase");
    refuse(true);
    assert_string_equal(read_ada().verifier, "");
    assert_true(read_ada().passphrase);
}

static void a_refusal_that_came_first_stands(void **state)
{
    struct person ada;

    (void)state;
    ada = accept_ada("$y$password", true);
    refuse(false);
    assert_false(store_keep_passphrase(store, &ada, "$y$passphrase", &why));
    assert_int_equal(why.kind, ERROR_REFUSED);
    assert_string_equal(read_ada().verifier, "$y$password");
    assert_false(read_ada().passphrase);
}

static void of_two_who_replace_the_same_secret_one_is_told_so(void **state)
{
    struct person ada;

    (void)state;
    ada = accept_ada("$y$password", true);
    assert_true(store_keep_passphrase(store, &ada, "$y$first", &why));
    assert_false(store_keep_passphrase(store, &ada, "$y$second", &why));
    assert_int_equal(why.kind, ERROR_REFUSED);
    assert_string_equal(read_ada().verifier, "$y$first");
}

static void nobody_gets_one_without_being_known(void **state)
{
    const struct person nobody = {.uid = 1879048200};

    (void)state;
    assert_false(store_keep_passphrase(store, &nobody, "$y$passphrase", &why));
    assert_int_equal(why.kind, ERROR_REFUSED);
}

/* Imports carry no secrets, and touch none. */
static void an_import_leaves_it_alone(void **state)
{
    struct store_import *import = NULL;
    struct import_row row = {.person = {.account = account_of("ada"),
                                        .name = "ada@contoso.example",
                                        .home = "/home/other",
                                        .shell = "/bin/zsh",
                                        .gecos = "Lady Ada"}};

    (void)state;
    accept_ada(NULL, false);
    choose("$y$passphrase");
    assert_true(store_import_begin(store, &import, &why));
    assert_true(store_import_rows(import, &row, 1, 3000, &why));
    store_import_release(import);
    assert_int_equal(row.effect, IMPORT_CHANGED);
    assert_true(read_ada().passphrase);
    assert_string_equal(read_ada().verifier, "$y$passphrase");
}

static const struct CMUnitTest tests[] = {
    TEST(a_password_that_was_proven_is_no_passphrase),
    TEST(a_passphrase_takes_the_place_of_the_verifier_alone),
    TEST(only_a_proven_password_that_brings_a_verifier_ends_it),
    TEST(an_erased_passphrase_still_was_one),
    TEST(a_refusal_that_came_first_stands),
    TEST(of_two_who_replace_the_same_secret_one_is_told_so),
    TEST(nobody_gets_one_without_being_known),
    TEST(an_import_leaves_it_alone),
};

int main(void)
{
    return check_main("store-passphrase", tests);
}
