/* SPDX-License-Identifier: MIT */
#include "base/own.h"
#include "platform/gate.h"
#include "platform/metadata.h"
#include "tests/check.h"

#include <string.h>

#define URL \
    "https://login.microsoftonline.com/contoso.example/v2.0/.well-known/openid-configuration"
#define GUID_URL                                                                               \
    "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0/.well-known/" \
    "openid-configuration"
#define ALIAS  "https://login.windows.net/11111111-1111-1111-1111-111111111111/v2.0"
#define ISSUER "https://login.microsoftonline.com/11111111-1111-1111-1111-111111111111/v2.0"
#define DAY    (24L * 60 * 60)

/* What other processes do, and what is kept. */
static struct breaker breakers[DEPENDENCIES];
static unsigned changes;
static enum { TURN_FREE, TURN_HELD, TURN_BROKEN } turns;
static void (*meanwhile)(void); /* happens while a turn is waited for */
static const char *kept;
static struct document_facts kept_facts;
static enum lookup found;

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 struct document_facts *facts)
{
    (void)context;
    if ((strcmp(url, URL) != 0 && strcmp(url, GUID_URL) != 0) || !kept)
        return found;
    *facts = kept_facts;
    assert_true(buffer_add(body, kept, strlen(kept)));
    return LOOKUP_FOUND;
}

static bool keep_document(void *context, const char *url, const char *body, size_t length,
                          const struct document_facts *facts)
{
    (void)context, (void)url, (void)body, (void)length, (void)facts;
    return true;
}

static void read_breaker(void *context, enum dependency dependency, struct breaker *breaker)
{
    (void)context;
    *breaker = breakers[dependency];
}

static void change_breaker(void *context, enum dependency dependency,
                           const struct breaker_event *event)
{
    (void)context;
    changes++;
    breaker_change(&breakers[dependency], event);
}

static int take_turn(void *context, unsigned number, const struct deadline *deadline)
{
    (void)context;
    assert_true(number < DEPENDENCIES);
    if (meanwhile)
        meanwhile();
    while (turns == TURN_HELD && deadline_left_ms(deadline) > 0)
        ;
    return turns == TURN_FREE ? dup(STDERR_FILENO) : -1;
}

static const struct memory memory = {NULL,         load_document,  keep_document,
                                     read_breaker, change_breaker, take_turn};
static struct error why;

static int begin(void **state)
{
    (void)state;
    memset(breakers, 0, sizeof breakers);
    changes = 0;
    turns = TURN_FREE;
    meanwhile = NULL;
    kept = NULL;
    kept_facts = (struct document_facts){0};
    found = LOOKUP_ABSENT;
    why = (struct error){0};
    return 0;
}

static void make_due(enum dependency dependency)
{
    breakers[dependency] = (struct breaker){.failures = 2, .since = time(NULL) - 100};
}

static void make_open(enum dependency dependency)
{
    time_t now = time(NULL);

    breakers[dependency] =
        (struct breaker){.failures = 2, .since = now, .opened_at = now, .wait_until = now + 30};
}

static void make_told(enum dependency dependency)
{
    time_t now = time(NULL);

    breakers[dependency] = (struct breaker){.opened_at = now, .told_until = now + 30};
}

static bool passes(enum dependency dependency, const struct deadline *wait, bool with_turn)
{
    OWNED(gate_leave) struct gate gate = GATE_SHUT;
    bool passed = gate_pass(&memory, dependency, wait, &gate, &why);

    assert_int_equal(passed ? ERROR_NONE : ERROR_UNREACHABLE, why.kind);
    assert_int_equal(gate.turn >= 0, passed && with_turn);
    why = (struct error){0};
    return passed;
}

static void what_is_well_is_asked_by_all(void **state)
{
    struct deadline wait = deadline_in_ms(50);

    (void)state;
    turns = TURN_HELD;
    assert_true(passes(DEPENDENCY_PASSWORD, NULL, false));
    assert_false(passes(DEPENDENCY_METADATA, &wait, true));
    turns = TURN_FREE;
    wait = deadline_in_ms(50);
    assert_true(passes(DEPENDENCY_METADATA, &wait, true));
}

static void what_is_out_is_asked_by_nobody(void **state)
{
    (void)state;
    make_open(DEPENDENCY_PASSWORD);
    assert_false(passes(DEPENDENCY_PASSWORD, NULL, false));
    assert_true(passes(DEPENDENCY_REFRESH, NULL, false));
    assert_true(passes(DEPENDENCY_METADATA, NULL, false));
}

static void whoever_was_told_to_wait_silences_all(void **state)
{
    (void)state;
    for (unsigned told = 0; told < DEPENDENCIES; told++) {
        begin(state);
        make_told((enum dependency)told);
        for (unsigned asks = 0; asks < DEPENDENCIES; asks++) {
            assert_false(passes((enum dependency)asks, NULL, false));
            assert_false(gate_still_open(&memory, (enum dependency)asks, &why));
            assert_non_null(strstr(why.text, "told to wait until"));
            why = (struct error){0};
        }
    }
}

static void one_asks_what_is_due(void **state)
{
    struct deadline wait = deadline_in_ms(10000);

    (void)state;
    make_due(DEPENDENCY_PASSWORD);
    assert_true(passes(DEPENDENCY_PASSWORD, NULL, true));
    turns = TURN_HELD;
    assert_false(passes(DEPENDENCY_PASSWORD, NULL, true));
    assert_false(passes(DEPENDENCY_PASSWORD, &wait, true));
    assert_true(deadline_left_ms(&wait) > 5000); /* and nobody waits for that */
}

static void fails_meanwhile(void)
{
    make_open(DEPENDENCY_PASSWORD);
}

static void is_told_meanwhile(void)
{
    make_told(DEPENDENCY_METADATA);
}

static void is_served_meanwhile(void)
{
    memset(breakers, 0, sizeof breakers);
}

static void what_others_found_out_meanwhile_counts(void **state)
{
    struct deadline wait = deadline_in_ms(1000);

    (void)state;
    make_due(DEPENDENCY_PASSWORD);
    meanwhile = fails_meanwhile;
    assert_false(passes(DEPENDENCY_PASSWORD, NULL, true));
    make_due(DEPENDENCY_PASSWORD);
    meanwhile = is_told_meanwhile;
    assert_false(passes(DEPENDENCY_PASSWORD, NULL, true));
    meanwhile = is_served_meanwhile;
    make_due(DEPENDENCY_PASSWORD);
    breakers[DEPENDENCY_METADATA] = (struct breaker){0};
    assert_true(passes(DEPENDENCY_PASSWORD, NULL, false)); /* the others need not wait for it */
    meanwhile = fails_meanwhile;
    assert_false(passes(DEPENDENCY_PASSWORD, &wait, true));
}

static void turns_that_cannot_be_taken_keep_nobody_out(void **state)
{
    struct deadline wait = deadline_in_ms(1000);

    (void)state;
    turns = TURN_BROKEN;
    make_due(DEPENDENCY_PASSWORD);
    assert_true(passes(DEPENDENCY_PASSWORD, NULL, false));
    assert_true(passes(DEPENDENCY_METADATA, &wait, false));
}

static void a_success_is_written_where_it_changes_something(void **state)
{
    (void)state;
    gate_served(&memory, DEPENDENCY_PASSWORD, 0);
    assert_int_equal(changes, 0);
    make_due(DEPENDENCY_PASSWORD);
    gate_served(&memory, DEPENDENCY_PASSWORD, 0);
    assert_int_equal(changes, 1);
    assert_int_equal(breakers[DEPENDENCY_PASSWORD].failures, 0);
    gate_served(&memory, DEPENDENCY_PASSWORD, 30);
    assert_int_equal(changes, 2);
    assert_false(passes(DEPENDENCY_REFRESH, NULL, false));
}

static void a_failure_counts_once(void **state)
{
    struct http_trace trace = {.tried = true, .at = time(NULL)};

    (void)state;
    gate_failed(&memory, DEPENDENCY_PASSWORD, &trace, 0);
    assert_int_equal(breakers[DEPENDENCY_PASSWORD].failures, 1);
    assert_true(breakers[DEPENDENCY_PASSWORD].silent);
    trace.remembered = true;
    gate_failed(&memory, DEPENDENCY_PASSWORD, &trace, 0);
    assert_int_equal(breakers[DEPENDENCY_PASSWORD].failures, 1);
    gate_failed(&memory, DEPENDENCY_REFRESH, &trace, 0); /* where it is news */
    assert_int_equal(breakers[DEPENDENCY_REFRESH].failures, 1);
    gate_failed(&memory, DEPENDENCY_METADATA, &(struct http_trace){.tried = false}, 0);
    assert_int_equal(breakers[DEPENDENCY_METADATA].failures, 0);
}

static void silence_is_when_nothing_could_be_sent(void **state)
{
    struct http_trace trace = {.tried = true, .sent = true, .at = time(NULL)};

    (void)state;
    gate_failed(&memory, DEPENDENCY_PASSWORD, &trace, 0);
    assert_int_equal(breakers[DEPENDENCY_PASSWORD].failures, 1);
    assert_false(breakers[DEPENDENCY_PASSWORD].silent);
}

static void to_be_told_is_written_and_no_failure(void **state)
{
    (void)state;
    gate_told(&memory, DEPENDENCY_PASSWORD, 0);
    assert_int_equal(changes, 0);
    gate_told(&memory, DEPENDENCY_PASSWORD, 30);
    assert_int_equal(breakers[DEPENDENCY_PASSWORD].failures, 0);
    assert_false(passes(DEPENDENCY_REFRESH, NULL, false));
}

static void reasons_say_what_and_since_when(void **state)
{
    struct gate gate = GATE_SHUT;

    (void)state;
    make_open(DEPENDENCY_REFRESH);
    breakers[DEPENDENCY_REFRESH].silent = true;
    assert_false(gate_pass(&memory, DEPENDENCY_REFRESH, NULL, &gate, &why));
    assert_memory_equal(why.text, "refresh grants: not asked: silent since ", 40);
    breakers[DEPENDENCY_REFRESH].silent = false;
    assert_false(gate_pass(&memory, DEPENDENCY_REFRESH, NULL, &gate, &why));
    assert_memory_equal(why.text, "refresh grants: not asked: failing since ", 41);
    assert_non_null(strstr(why.text, ", next try "));
}

/* --- What metadata knows without asking. --- */

OWN_DEFINE(close_metadata, struct metadata, metadata_close);
OWN_DEFINE(close_http, struct http, http_close);

static const char document[] = "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":"
                               "\"https://login.microsoftonline.com/t/oauth2/v2.0/token\","
                               "\"jwks_uri\":\"https://login.microsoftonline.com/t/keys\"}";

static enum lookup issuer_of(const char *setting, const char **issuer)
{
    static struct metadata *metadata; /* lives as long as what is told of it */
    static struct authority authority;

    metadata_close(OWN_TAKE(metadata));
    assert_true(authority_read(setting, &authority, &why));
    assert_true(metadata_open(&authority, &memory, &metadata, &why));
    return metadata_issuer(metadata, issuer);
}

static void the_issuer_of_a_domain_is_in_the_kept_document(void **state)
{
    static const char domain[] = "https://login.microsoftonline.com/contoso.example/v2.0";
    const char *issuer = NULL;

    (void)state;
    assert_int_equal(issuer_of(domain, &issuer), LOOKUP_ABSENT);
    found = LOOKUP_UNAVAILABLE;
    assert_int_equal(issuer_of(domain, &issuer), LOOKUP_UNAVAILABLE);
    kept = document;
    for (long days = 0; days <= 400; days += 40) { /* a tenant does not move, however old it is */
        kept_facts.fetched_at = time(NULL) - days * DAY;
        assert_int_equal(issuer_of(domain, &issuer), LOOKUP_FOUND);
        assert_string_equal(issuer, ISSUER);
    }
    kept = "{\"issuer\":\"https://evil.example\"}";
    assert_int_equal(issuer_of(domain, &issuer), LOOKUP_ABSENT);
}

/* The same tenant may have issued under another name of its cloud until now. */
static void the_kept_document_knows_better_than_the_setting(void **state)
{
    const char *issuer = NULL;

    (void)state;
    kept = "{\"issuer\":\"" ALIAS "\",\"token_endpoint\":\"https://login.windows.net/t\","
           "\"jwks_uri\":\"https://login.windows.net/k\"}";
    assert_int_equal(issuer_of(ISSUER, &issuer), LOOKUP_FOUND);
    assert_string_equal(issuer, ALIAS);
    kept = "{";
    assert_int_equal(issuer_of(ISSUER, &issuer), LOOKUP_FOUND);
    assert_string_equal(issuer, ISSUER);
}

static void other_issuers_are_known_by_the_setting(void **state)
{
    const char *issuer = NULL;

    (void)state;
    found = LOOKUP_UNAVAILABLE;
    assert_int_equal(issuer_of(ISSUER, &issuer), LOOKUP_FOUND);
    assert_string_equal(issuer, ISSUER);
    assert_int_equal(issuer_of("https://id.example/realm", &issuer), LOOKUP_FOUND);
    assert_string_equal(issuer, "https://id.example/realm");
}

static void nothing_kept_and_nobody_to_be_asked(void **state)
{
    OWNED(close_metadata) struct metadata *metadata = NULL;
    struct deadline budget = deadline_in_ms(1000);
    struct authority authority;

    (void)state;
    make_open(DEPENDENCY_METADATA);
    assert_true(authority_read(ISSUER, &authority, &why));
    assert_true(metadata_open(&authority, &memory, &metadata, &why));
    assert_false(metadata_ready(metadata, NULL, &budget, &why));
    assert_int_equal(why.kind, ERROR_UNREACHABLE);
    assert_memory_equal(why.text, "metadata: not asked: ", 21);
}

/* Whoever owns the domain now could be anybody; the tenant by its GUID is the same for ever. */
static void an_unreadable_document_lets_no_new_issuer_in(void **state)
{
    static const struct {
        const char *setting;
        enum error_kind kind;
    } rows[] = {
        {"https://login.microsoftonline.com/contoso.example/v2.0", ERROR_SYSTEM},
        {"https://fab.ciamlogin.com", ERROR_SYSTEM},
        {"https://fab.b2clogin.com/fab.onmicrosoft.com/b2c_1_ropc", ERROR_SYSTEM},
        {ISSUER, ERROR_UNREACHABLE},
        {"https://localhost:1/realm", ERROR_UNREACHABLE},
    };

    (void)state;
    found = LOOKUP_UNAVAILABLE;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        OWNED(close_metadata) struct metadata *metadata = NULL;
        OWNED(close_http) struct http *http = NULL;
        struct deadline budget = deadline_in_ms(0);
        struct authority authority;

        why = (struct error){0};
        assert_true(http_open("", 1, &http, &why));
        assert_true(authority_read(rows[i].setting, &authority, &why));
        assert_true(metadata_open(&authority, &memory, &metadata, &why));
        assert_false(metadata_ready(metadata, http, &budget, &why));
        if (why.kind != rows[i].kind)
            fail_msg("%s: %s", rows[i].setting, why.text);
        assert_int_equal(!!strstr(why.text, "cannot be read"), rows[i].kind == ERROR_SYSTEM);
    }
}

#define TEST(name) cmocka_unit_test_setup(name, begin)

int main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(what_is_well_is_asked_by_all),
        TEST(what_is_out_is_asked_by_nobody),
        TEST(whoever_was_told_to_wait_silences_all),
        TEST(one_asks_what_is_due),
        TEST(what_others_found_out_meanwhile_counts),
        TEST(turns_that_cannot_be_taken_keep_nobody_out),
        TEST(a_success_is_written_where_it_changes_something),
        TEST(a_failure_counts_once),
        TEST(silence_is_when_nothing_could_be_sent),
        TEST(to_be_told_is_written_and_no_failure),
        TEST(reasons_say_what_and_since_when),
        TEST(the_issuer_of_a_domain_is_in_the_kept_document),
        TEST(the_kept_document_knows_better_than_the_setting),
        TEST(other_issuers_are_known_by_the_setting),
        TEST(nothing_kept_and_nobody_to_be_asked),
        TEST(an_unreadable_document_lets_no_new_issuer_in),
    };

    return check_main("gate", tests);
}
