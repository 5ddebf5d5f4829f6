/* SPDX-License-Identifier: MIT */
/* cache/store_documents.c: documents of the platform and what is known about each. */
#include "cache/store_internal.h"
#include "tests/store_place.h"

#define URL "https://a"

static struct error why;

static const struct document_facts some = {
    .fetched_at = 12, .fresh_seconds = 3600, .forced_at = 11, .etag = "W/\"a b\""};

static void equal(const struct document_facts *one, const struct document_facts *other)
{
    assert_int_equal(one->fetched_at, other->fetched_at);
    assert_int_equal(one->fresh_seconds, other->fresh_seconds);
    assert_int_equal(one->forced_at, other->forced_at);
    assert_string_equal(one->etag, other->etag);
}

static struct document_facts facts_now(void)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(100);
    struct document_facts facts;

    assert_int_equal(store_document(store, URL, &body, &facts, &why), LOOKUP_FOUND);
    assert_memory_equal(body.bytes, "body", body.length);
    return facts;
}

static void documents_come_back_as_they_were_kept(void **state)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(100), small = BUFFER_WITH_LIMIT(3);
    struct document_facts facts = {.fetched_at = 7};
    const struct document_facts none = {.fetched_at = 7};

    (void)state;
    assert_int_equal(store_document(store, URL, &body, &facts, &why), LOOKUP_ABSENT);
    assert_true(store_keep_document(store, URL, "old", 3, &none, &why));
    assert_true(store_keep_document(store, "https://b", "", 0, &none, &why));
    assert_true(store_keep_document(store, URL, "n\0w!", 4, &some, &why));
    assert_int_equal(store_document(store, URL, &small, &facts, &why), LOOKUP_UNAVAILABLE);
    equal(&facts, &none);
    assert_int_equal(store_document(store, URL, &body, &facts, &why), LOOKUP_FOUND);
    assert_int_equal(body.length, 4);
    assert_memory_equal(body.bytes, "n\0w!", 4);
    equal(&facts, &some);
    buffer_release(&body);
    assert_int_equal(store_document(store, "https://b", &body, &facts, &why), LOOKUP_FOUND);
    assert_int_equal(body.length, 0);
    equal(&facts, &none);
}

static void facts_can_change_alone(void **state)
{
    struct document_facts renewed = {.fetched_at = 99, .fresh_seconds = 300, .forced_at = 98};
    struct document_facts facts;

    (void)state;
    assert_false(store_keep_document(store, URL, NULL, 0, &renewed, &why));
    assert_true(store_keep_document(store, URL, "body", 4, &some, &why));
    assert_true(store_keep_document(store, "https://b", "b", 1, &some, &why));
    assert_true(store_keep_document(store, URL, NULL, 0, &renewed, &why));
    facts = facts_now();
    equal(&facts, &renewed);
}

static void an_etag_that_is_no_line_of_a_header_is_not_kept(void **state)
{
    struct document_facts given = some, kept, want = some;
    size_t length;

    (void)state;
    for (int byte = 1; byte < 256; byte++) {
        snprintf(given.etag, sizeof given.etag, "\"a%cb\"", byte);
        assert_true(store_keep_document(store, URL, "body", 4, &given, &why));
        kept = facts_now();
        memset(want.etag, 0, sizeof want.etag);
        if (byte >= ' ' && byte != 0x7f)
            memcpy(want.etag, given.etag, sizeof want.etag);
        equal(&kept, &want);
    }
    /* Without an end. */
    memset(given.etag, 'e', sizeof given.etag);
    assert_true(store_keep_document(store, URL, "body", 4, &given, &why));
    assert_string_equal(facts_now().etag, "");
    given.etag[DOCUMENT_ETAG_MOST] = '\0';
    assert_true(store_keep_document(store, URL, "body", 4, &given, &why));
    kept = facts_now();
    length = strlen(kept.etag);
    assert_int_equal(length, DOCUMENT_ETAG_MOST);
}

/* What a row of somebody else's making yields. */
static void facts_that_make_no_sense_are_none(void **state)
{
    static const struct {
        const char *set;
        struct document_facts facts;
    } cases[] = {
        {"fetched_at = -1", {.forced_at = 11, .etag = "e"}},
        {"fetched_at = 0", {.forced_at = 11, .etag = "e"}},
        {"fresh_seconds = -1", {.fetched_at = 12, .forced_at = 11, .etag = "e"}},
        {"fresh_seconds = 4294967296", {.fetched_at = 12, .forced_at = 11, .etag = "e"}},
        {"fresh_seconds = 9223372036854775807", {.fetched_at = 12, .forced_at = 11, .etag = "e"}},
        {"forced_at = -9223372036854775808", {.fetched_at = 12, .fresh_seconds = 9, .etag = "e"}},
        {"etag = char(34, 10, 34)", {.fetched_at = 12, .fresh_seconds = 9, .forced_at = 11}},
        {"etag = 'a' || char(0) || 'b'", {.fetched_at = 12, .fresh_seconds = 9, .forced_at = 11}},
        {"etag = printf('%.256c', 'e')", {.fetched_at = 12, .fresh_seconds = 9, .forced_at = 11}},
    };
    char sql[256];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct document_facts facts;

        assert_true(store_keep_document(store, URL, "body", 4, &some, &why));
        snprintf(sql, sizeof sql,
                 "UPDATE document SET fetched_at = 12, fresh_seconds = 9, forced_at = 11,"
                 " etag = 'e'; UPDATE document SET %s",
                 cases[i].set);
        run_sql(sql);
        facts = facts_now();
        equal(&facts, &cases[i].facts);
    }
}

/* Counted in the store's own patience, so that no clock is needed. */
static void a_store_that_is_held_is_waited_for_as_long_as_a_document_is_worth(void **state)
{
    const struct document_facts facts = {.fetched_at = 1};
    int64_t patience = store->patience_ms, left_ms = 30;
    sqlite3 *other;
    char path[64];

    (void)state;
    assert_true(store_keep_document(store, URL, "body", 4, &some, &why));
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_false(store_keep_document(store, URL, NULL, 0, &facts, &why));
    assert_in_range(patience - store->patience_ms, 1, 600); /* facts alone: as good as not at all */
    assert_null(store->hurry_ms);
    patience = store->patience_ms;
    store_hurry(store, &left_ms);
    assert_false(store_keep_document(store, URL, "new", 3, &facts, &why));
    assert_in_range(patience - store->patience_ms, 30, 300); /* as the caller says */
    store_hurry(store, NULL);
    patience = store->patience_ms = 1500;
    assert_false(store_keep_document(store, URL, "new", 3, &facts, &why));
    assert_in_range(patience - store->patience_ms, 1500, 2500); /* all that there is */
    store->patience_ms = PATIENCE_MS;
    left_ms = 30;
    equal(&some, &(const struct document_facts){.fetched_at = facts_now().fetched_at,
                                                .fresh_seconds = 3600,
                                                .forced_at = 11,
                                                .etag = "W/\"a b\""});
    assert_int_equal(sqlite3_exec(other, "COMMIT; BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    patience = store->patience_ms;
    store_hurry(store, &left_ms);
    assert_int_equal(
        store_document(store, URL, &(struct buffer){0}, &(struct document_facts){0}, &why),
        LOOKUP_UNAVAILABLE);
    store_hurry(store, NULL);
    assert_in_range(patience - store->patience_ms, 1, PATIENCE_MS / 2);
    sqlite3_close(other);
}

static const struct CMUnitTest tests[] = {
    TEST(documents_come_back_as_they_were_kept),
    TEST(facts_can_change_alone),
    TEST(a_store_that_is_held_is_waited_for_as_long_as_a_document_is_worth),
    TEST(an_etag_that_is_no_line_of_a_header_is_not_kept),
    TEST(facts_that_make_no_sense_are_none),
};

int main(void)
{
    return check_main("documents", tests);
}
