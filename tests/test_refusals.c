/* SPDX-License-Identifier: MIT */
/* cache/store_refuse.c: what a refusal closes, erases and leaves, and what takes it back. */
#include "tests/store_place.h"

#define VERIFIER "$y$verifier"
#define PEOPLE   12

static struct error why;

static struct person accept_as(const char *object_id, const char *token, time_t now)
{
    struct account account = account_of(object_id);
    struct acceptance acceptance = ACCEPTANCE(&account);
    char name[64];

    snprintf(name, sizeof name, "%s@contoso.example", object_id);
    acceptance.name = name;
    acceptance.verifier = VERIFIER;
    acceptance.refresh_token = token;
    acceptance.now = now;
    return accept_person(store, &acceptance);
}

static struct person now_of(const struct person *person)
{
    struct person found;

    assert_int_equal(store_person_by_name(store, person->name, &found, &why), LOOKUP_FOUND);
    assert_int_equal(found.uid, person->uid);
    return found;
}

/* Whether it was taken for a mass event. */
static bool refuse(const struct person *person, const struct refusal_record *record)
{
    bool mass_event = true;

    if (!store_refuse(store, person->uid, record, &mass_event, &why))
        fail_msg("%s", why.text);
    return mass_event;
}

static void refusals_close_and_only_an_acceptance_opens(void **state)
{
    struct refusal_record record = {
        .refused = REFUSED_DISABLED, .erase_verifier = true, .now = 3000};
    struct account account = account_of("ada");
    struct acceptance again = ACCEPTANCE(&account);
    struct person ada = accept_as("ada", "token", 1000), found;
    bool mass_event = true;

    (void)state;
    assert_false(refuse(&ada, &record));
    found = now_of(&ada);
    assert_int_equal(found.refused, REFUSED_DISABLED);
    assert_int_equal(found.refused_at, 3000);
    assert_string_equal(found.verifier, "");
    assert_true(found.has_token);
    refuse(&ada, &(struct refusal_record){.erase_token = true, .now = 4000});
    found = now_of(&ada);
    assert_int_equal(found.refused, REFUSED_DISABLED); /* a lesser word takes nothing back */
    assert_int_equal(found.refused_at, 3000);
    assert_false(found.has_token);
    assert_false(store_refuse(store, ada.uid + 1, &record, &mass_event, &why));
    assert_true(mass_event);
    found = accept_person(store, &again);
    assert_int_equal(found.refused, REFUSED_NOT);
    assert_int_equal(found.refused_at, 0);
    assert_string_equal(found.verifier, "");
}

static void the_same_refusal_again_keeps_its_time(void **state)
{
    static const struct {
        enum refused refused;
        time_t now, since;
    } steps[] = {
        {REFUSED_DISABLED, 2000, 2000}, {REFUSED_DISABLED, 5000, 2000}, {REFUSED_NOT, 5500, 2000},
        {REFUSED_DISABLED, 6000, 2000}, {REFUSED_POLICY, 7000, 7000},   {REFUSED_POLICY, 1, 7000},
        {REFUSED_DISABLED, 9000, 9000},
    };
    struct person ada = accept_as("ada", "token", 1000);

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++) {
        refuse(&ada, &(struct refusal_record){.refused = steps[i].refused, .now = steps[i].now});
        assert_int_equal(now_of(&ada).refused_at, steps[i].since);
    }
    ada = accept_as("ada", "token", 1000);
    refuse(&ada, &(struct refusal_record){.refused = REFUSED_DISABLED, .now = 9500});
    assert_int_equal(now_of(&ada).refused_at, 9500);
}

/* An old password tried somewhere, in cron's name say, opens nothing that was closed for more. */
static void what_closes_less_hides_nothing_that_closes_more(void **state)
{
    (void)state;
    for (enum refused one = 0; one < REFUSED_KINDS; one++)
        for (enum refused other = 0; other < REFUSED_KINDS; other++) {
            struct person ada = accept_as("ada", "token", 1000), found;
            bool stays = other == REFUSED_NOT || other == one ||
                         (other == REFUSED_PASSWORD && one != REFUSED_NOT);

            refuse(&ada, &(struct refusal_record){.refused = one, .now = 2000});
            refuse(&ada, &(struct refusal_record){.refused = other, .now = 3000});
            found = now_of(&ada);
            assert_int_equal(found.refused, stays ? one : other);
            assert_int_equal(found.refused_at, stays ? (one ? 2000 : 0) : 3000);
            assert_int_equal(found.refusals - ada.refusals,
                             (one != REFUSED_NOT) + (other != REFUSED_NOT));
            assert_int_equal(refused_worse(one, other), found.refused);
        }
}

/* Also when it is for the reason that was known before, and in the same second. */
static void an_acceptance_does_not_open_what_was_closed_after_it_began(void **state)
{
    static const enum refused before[] = {REFUSED_NOT, REFUSED_DISABLED, REFUSED_POLICY};
    struct refusal_record record = {.refused = REFUSED_DISABLED, .now = 2000};

    (void)state;
    for (size_t i = 0; i < sizeof before / sizeof before[0]; i++) {
        struct account account = account_of("ada");
        struct acceptance late = ACCEPTANCE(&account);
        struct person ada = accept_as("ada", "token", 1000), seen, recorded;
        bool changed;

        refuse(&ada, &(struct refusal_record){.refused = before[i], .now = 2000});
        seen = now_of(&ada);
        refuse(&ada, &record);
        late.seen = &seen;
        assert_false(store_accept(store, &late, &recorded, &changed, NULL, &why));
        assert_int_equal(why.kind, ERROR_UNTRUSTED);
        assert_int_equal(now_of(&ada).refused, REFUSED_DISABLED);
        seen = now_of(&ada);
        refuse(&ada, &(struct refusal_record){.erase_token = true, .now = 2001}); /* is none */
        accept_person(store, &late);
    }
}

static void a_token_in_doubt_is_erased_the_second_time(void **state)
{
    const struct refusal_record doubt = {.doubt_token = true, .token = "token", .now = 2000};
    const struct refusal_record other = {.doubt_token = true, .token = "older", .now = 2000};
    struct person ada = accept_as("ada", "token", 1000), found;

    (void)state;
    assert_int_equal(ada.token_doubted_at, 0);
    refuse(&ada, &other);
    assert_int_equal(now_of(&ada).token_doubted_at, 0);
    refuse(&ada, &doubt);
    found = now_of(&ada);
    assert_true(found.has_token);
    assert_int_equal(found.token_doubted_at, 2000);
    assert_int_equal(found.refused, REFUSED_NOT);
    assert_string_equal(found.verifier, VERIFIER);
    refuse(&ada, &other);
    assert_true(now_of(&ada).has_token);
    refuse(&ada, &doubt);
    found = now_of(&ada);
    assert_false(found.has_token);
    assert_int_equal(found.token_doubted_at, 0);
    assert_string_equal(found.verifier, VERIFIER);
    refuse(&ada, &(struct refusal_record){.doubt_token = true, .now = 3000});
    assert_int_equal(now_of(&ada).token_doubted_at, 0); /* there is none to be in doubt */
}

static void doubt_ends_with_a_new_token_or_by_proof_of_the_old(void **state)
{
    static const struct {
        const char *token;
        bool password_proven, in_doubt;
    } cases[] = {
        {NULL, true, true}, /* the password alone says nothing of the token */
        {NULL, false, false},
        {"newer", true, false},
        {"newer", false, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct account account = account_of("ada");
        struct acceptance acceptance = ACCEPTANCE(&account);
        struct person ada = accept_as("ada", "token", 1000);

        refuse(&ada, &(struct refusal_record){.doubt_token = true, .now = 2000});
        acceptance.refresh_token = cases[i].token;
        acceptance.password_proven = cases[i].password_proven;
        ada = accept_person(store, &acceptance);
        assert_int_equal(ada.token_doubted_at, cases[i].in_doubt ? 2000 : 0);
        assert_true(ada.has_token);
    }
}

static void a_token_that_is_not_enough_rests_until_it_is_replaced_or_proven(void **state)
{
    static const struct refusal_record more = {.rest_token = true, .token = "token", .now = 2000},
                                       other = {.rest_token = true, .token = "older", .now = 2000};
    struct person ada = accept_as("ada", "token", 1000), found;

    (void)state;
    assert_int_equal(ada.more_wanted_at, 0);
    refuse(&ada, &other);
    assert_int_equal(now_of(&ada).more_wanted_at, 0);
    refuse(&ada, &more);
    found = now_of(&ada);
    assert_int_equal(found.more_wanted_at, 2000);
    assert_true(found.has_token);
    assert_string_equal(found.verifier, VERIFIER);
    assert_int_equal(found.refused, REFUSED_NOT);
    assert_int_equal(found.token_doubted_at, 0);
    refuse(&ada, &(struct refusal_record){.refused = REFUSED_POLICY, .now = 2500});
    assert_int_equal(now_of(&ada).more_wanted_at, 2000); /* another answer to something else */
    for (int i = 0; i < 4; i++) {
        struct account account = account_of("ada");
        struct acceptance acceptance = ACCEPTANCE(&account);

        refuse(&ada, &more);
        acceptance.refresh_token = i & 1 ? "token" : NULL;
        acceptance.password_proven = i & 2;
        assert_int_equal(accept_person(store, &acceptance).more_wanted_at, 0);
    }
    refuse(&ada, &more);
    refuse(&ada, &(struct refusal_record){.erase_token = true, .now = 3000});
    assert_int_equal(now_of(&ada).more_wanted_at, 0);
    refuse(&ada, &(struct refusal_record){.rest_token = true, .now = 3000});
    assert_int_equal(now_of(&ada).more_wanted_at, 0); /* there is none to rest */
}

static void a_refusal_about_what_was_replaced_does_nothing(void **state)
{
    struct person ada = accept_as("ada", "token", 1000), found;
    struct refusal_record records[] = {
        {.refused = REFUSED_PASSWORD, .erase_verifier = true, .verifier = "$y$older", .now = 2},
        {.refused = REFUSED_REVOKED, .erase_token = true, .token = "older", .now = 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        assert_false(refuse(&ada, &records[i]));
        found = now_of(&ada);
        assert_memory_equal(&found, &ada, sizeof ada);
    }
}

/* It can be of no use to anybody; what was wrong with it is not what became of the refusal. */
static void a_token_that_does_not_open_is_erased_in_silence(void **state)
{
    const struct refusal_record record = {
        .refused = REFUSED_REVOKED, .erase_token = true, .token = "token", .now = 2000};
    struct person ada = accept_as("ada", "token", 1000);
    struct error untouched = {0};
    bool mass_event;

    (void)state;
    run_sql("UPDATE person SET token = zeroblob(100)");
    assert_true(store_refuse(store, ada.uid, &record, &mass_event, &untouched));
    assert_int_equal(untouched.kind, ERROR_NONE);
    assert_string_equal(untouched.text, "");
    assert_false(now_of(&ada).has_token);
    assert_int_equal(now_of(&ada).refused, REFUSED_REVOKED);
}

static void whoever_is_not_there_is_named_in_the_error(void **state)
{
    const struct refusal_record records[] = {
        {.refused = REFUSED_REVOKED, .now = 2000},
        {.refused = REFUSED_REVOKED, .token = "token", .now = 2000},
        {.refused = REFUSED_PASSWORD, .verifier = VERIFIER, .now = 2000},
    };
    struct person ada = accept_as("ada", "token", 1000);
    char uid[16];

    (void)state;
    snprintf(uid, sizeof uid, "%u", ada.uid + 1);
    for (size_t i = 0; i < sizeof records / sizeof records[0]; i++) {
        struct error named = {0};
        bool mass_event = true;

        assert_false(store_refuse(store, ada.uid + 1, &records[i], &mass_event, &named));
        assert_true(mass_event);
        assert_int_equal(named.kind, ERROR_SYSTEM);
        assert_non_null(strstr(named.text, uid));
    }
}

static const struct refusal_record disabled = {
    .refused = REFUSED_DISABLED, .erase_verifier = true, .erase_token = true, .now = 10000};

static void enrol(struct person people[PEOPLE])
{
    char object_id[32];

    for (int i = 0; i < PEOPLE; i++) {
        snprintf(object_id, sizeof object_id, "person-%d", i);
        people[i] = accept_as(object_id, "token", 1000);
    }
}

static bool has_all(const struct person *person)
{
    struct person found = now_of(person);

    return found.has_token && strcmp(found.verifier, VERIFIER) == 0;
}

static void many_at_once_are_refused_and_lose_nothing(void **state)
{
    struct person people[PEOPLE];

    (void)state;
    enrol(people);
    assert_true(store_publish(store, place.public, &why));
    for (int i = 0; i < PEOPLE; i++) {
        struct refusal_record record = disabled;

        record.refused = i % 2 ? REFUSED_DISABLED : REFUSED_ACCOUNT;
        record.now += i;
        assert_int_equal(refuse(&people[i], &record), i >= MASS_EVENT_PEOPLE);
        assert_int_equal(has_all(&people[i]), i >= MASS_EVENT_PEOPLE);
        assert_int_equal(now_of(&people[i]).refused, record.refused);
    }
    /* Nobody has lost a name or an id, and everybody is still shown. */
    assert_true(store_publish(store, place.public, &why));
    for (int i = 0; i < PEOPLE; i++)
        assert_true(store_is_published(place.public, &people[i]));
}

static void one_person_many_times_is_no_mass_event(void **state)
{
    struct person people[PEOPLE];
    struct refusal_record record = disabled;

    (void)state;
    enrol(people);
    for (int i = 0; i < 20; i++) {
        record.refused = i % 2 ? REFUSED_DISABLED : REFUSED_ACCOUNT;
        assert_false(refuse(&people[0], &record));
    }
    assert_false(refuse(&people[1], &record));
    assert_false(refuse(&people[2], &record));
    for (int i = 0; i < MASS_EVENT_PEOPLE; i++)
        assert_false(refuse(&people[i], &record));
}

static void only_refusals_of_persons_within_its_time_are_a_mass_event(void **state)
{
    static const struct {
        enum refused others, this;
        time_t apart; /* from the others to this one */
        bool mass_event;
    } cases[] = {
        {REFUSED_DISABLED, REFUSED_DISABLED, MASS_EVENT_SECONDS, true},
        {REFUSED_ACCOUNT, REFUSED_DISABLED, 0, true},
        {REFUSED_DISABLED, REFUSED_ACCOUNT, -5, true}, /* their clocks were read before */
        {REFUSED_DISABLED, REFUSED_DISABLED, MASS_EVENT_SECONDS + 1, false},
        {REFUSED_DISABLED, REFUSED_DISABLED, -MASS_EVENT_SECONDS - 1, false},
        {REFUSED_POLICY, REFUSED_DISABLED, 0, false},
        {REFUSED_UNASSIGNED, REFUSED_DISABLED, 0, false},
        {REFUSED_REVOKED, REFUSED_ACCOUNT, 0, false},
        {REFUSED_PASSWORD, REFUSED_ACCOUNT, 0, false},
        {REFUSED_DISABLED, REFUSED_POLICY, 0, false},
        {REFUSED_DISABLED, REFUSED_UNASSIGNED, 0, false},
        {REFUSED_DISABLED, REFUSED_REVOKED, 0, false},
        {REFUSED_DISABLED, REFUSED_PASSWORD, 0, false},
        {REFUSED_DISABLED, REFUSED_NOT, 0, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct refusal_record record = disabled;
        struct person people[PEOPLE];

        enrol(people); /* and takes back what the case before has refused */
        record.refused = cases[i].others;
        for (int j = 0; j < MASS_EVENT_PEOPLE; j++)
            assert_false(refuse(&people[j], &record));
        record.refused = cases[i].this;
        record.now += cases[i].apart;
        assert_int_equal(refuse(&people[PEOPLE - 1], &record), cases[i].mass_event);
        assert_int_equal(has_all(&people[PEOPLE - 1]), cases[i].mass_event);
    }
}

static void who_was_let_in_again_does_not_count(void **state)
{
    struct person people[PEOPLE];

    (void)state;
    enrol(people);
    for (int i = 0; i < MASS_EVENT_PEOPLE; i++)
        refuse(&people[i], &disabled);
    accept_as("person-0", "token", 10001);
    assert_false(refuse(&people[PEOPLE - 1], &disabled));
}

static const struct CMUnitTest tests[] = {
    TEST(refusals_close_and_only_an_acceptance_opens),
    TEST(the_same_refusal_again_keeps_its_time),
    TEST(what_closes_less_hides_nothing_that_closes_more),
    TEST(an_acceptance_does_not_open_what_was_closed_after_it_began),
    TEST(a_token_in_doubt_is_erased_the_second_time),
    TEST(doubt_ends_with_a_new_token_or_by_proof_of_the_old),
    TEST(a_token_that_is_not_enough_rests_until_it_is_replaced_or_proven),
    TEST(a_refusal_about_what_was_replaced_does_nothing),
    TEST(a_token_that_does_not_open_is_erased_in_silence),
    TEST(whoever_is_not_there_is_named_in_the_error),
    TEST(many_at_once_are_refused_and_lose_nothing),
    TEST(one_person_many_times_is_no_mass_event),
    TEST(only_refusals_of_persons_within_its_time_are_a_mass_event),
    TEST(who_was_let_in_again_does_not_count),
};

int main(void)
{
    return check_main("refusals", tests);
}
