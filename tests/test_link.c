/* SPDX-License-Identifier: MIT */
/* login/link.c: what it keeps for the platform, and what the module is told meanwhile. */
#include "cache/forced_note.h"
#include "cache/store_internal.h"
#include "login/link.h"
#include "login/talk.h"
#include "tests/store_place.h"

#include <poll.h>
#include <sys/socket.h>

#define KEYS      "https://keys.example/keys"
#define MOMENT_MS 1000 /* what a read is announced with */

/* In the place of the platform, which these are for. */
static struct memory memory;

bool platform_open(const struct platform_settings *settings, const struct memory *given,
                   struct platform **opened, struct error *why)
{
    (void)settings, (void)opened, (void)why;
    memory = *given;
    return true;
}

void platform_close(struct platform *platform)
{
    (void)platform;
}

static struct error why;
static struct link link_under_test;
static struct talk talk;
static int module = -1;

static int begin_link(void **state)
{
    const struct config config = {.issuer = "https://issuer.example"};
    int pair[2];

    begin(state);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    talk = (struct talk){.fd = pair[0]};
    module = pair[1];
    link_under_test = (struct link){
        .memory = {.store = store, .runtime = place.folder}, .talk = &talk, .shared = -1};
    assert_true(link_open(&link_under_test, &config, &why));
    return 0;
}

static int end_link(void **state)
{
    link_release(&link_under_test);
    close(talk.fd);
    close(module);
    return end(state);
}

/* What the module was told next, 0 when nothing. */
static int64_t told_ms(void)
{
    struct deadline deadline = deadline_in_ms(5000);
    struct pollfd readable = {.fd = module, .events = POLLIN};
    static struct frame frame;
    int64_t ms = 0;

    if (poll(&readable, 1, 0) != 1)
        return 0;
    assert_true(frame_receive(module, &frame, &deadline, &why));
    assert_int_equal(frame.kind, FRAME_WAIT);
    assert_true(frame_wait_ms(&frame, &ms));
    return ms;
}

/* --- What the module is told. --- */

static void write_breaker(void)
{
    const struct breaker_event event = {.kind = BREAKER_FAILED, .now = time(NULL)};

    memory.change_breaker(memory.context, DEPENDENCY_PASSWORD, &event);
}

static void write_document(void)
{
    const struct document_facts facts = {.fetched_at = time(NULL)};

    assert_true(memory.keep_document(memory.context, KEYS, "body", 4, &facts));
}

static void (*const writes[])(void) = {write_breaker, write_document};

static void a_write_may_take_as_long_as_the_store_when_the_budget_is_used_up(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        talk.owed = deadline_in_ms(0);
        writes[i]();
        assert_int_equal(told_ms(), TALK_STORE_MS);
        assert_int_equal(told_ms(), MOMENT_MS);
        assert_int_equal(told_ms(), 0);
    }
}

static void behind_a_write_counts_what_was_left_before_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        talk.owed = deadline_in_ms(9000);
        writes[i]();
        assert_int_equal(told_ms(), TALK_STORE_MS);
        assert_in_range(told_ms(), MOMENT_MS, 9000);
        assert_in_range(deadline_left_ms(&talk.owed), 0, 9000);
        assert_int_equal(told_ms(), 0);
        /* Who has been given more already is told nothing. */
        talk.owed = deadline_in_ms(INT64_C(10) * TALK_STORE_MS);
        writes[i]();
        assert_int_equal(told_ms(), 0);
    }
}

static void a_read_takes_a_moment(void **state)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(100);
    struct document_facts facts = {0};
    struct breaker breaker;

    (void)state;
    memory.read_breaker(memory.context, DEPENDENCY_PASSWORD, &breaker);
    assert_int_equal(told_ms(), MOMENT_MS);
    talk.owed = deadline_in_ms(0);
    assert_int_equal(memory.load_document(memory.context, KEYS, &body, &facts), LOOKUP_ABSENT);
    assert_int_equal(told_ms(), MOMENT_MS);
    talk.owed = deadline_in_ms(INT64_C(10) * MOMENT_MS);
    memory.read_breaker(memory.context, DEPENDENCY_PASSWORD, &breaker);
    assert_int_equal(told_ms(), 0);
}

/* --- The note of the last forced fetch. --- */

static time_t forced_at(enum lookup wanted)
{
    OWNED(buffer_release) struct buffer body = BUFFER_WITH_LIMIT(100);
    struct document_facts facts = {0};

    assert_int_equal(memory.load_document(memory.context, KEYS, &body, &facts), wanted);
    return facts.forced_at;
}

/* Of two times that have been, the later one; a time to come, of a clock set back, is none. */
static void the_later_of_two_forced_fetches_counts_if_it_has_been(void **state)
{
    const time_t now = time(NULL), never = 0, old = now - 1000, late = now - 10, far = now + 86400;
    const struct {
        time_t kept, noted, counts;
    } cases[] = {
        {never, never, never}, {late, never, late}, {never, late, late}, {old, late, late},
        {late, old, late},     {late, far, late},   {far, late, late},   {never, far, never},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct document_facts facts = {.fetched_at = 1, .forced_at = cases[i].kept};

        assert_true(store_keep_document(store, KEYS, "body", 4, &facts, &why));
        assert_true(forced_note_keep(place.folder, KEYS, cases[i].noted, &why));
        assert_int_equal(forced_at(LOOKUP_FOUND), cases[i].counts);
    }
}

static void a_note_counts_without_a_document(void **state)
{
    const struct document_facts facts = {.forced_at = time(NULL)};

    (void)state;
    assert_int_equal(forced_at(LOOKUP_ABSENT), 0);
    assert_true(memory.keep_document(memory.context, KEYS, NULL, 0, &facts));
    assert_int_equal(forced_at(LOOKUP_ABSENT), facts.forced_at);
    link_under_test.stuck = true;
    assert_int_equal(forced_at(LOOKUP_UNAVAILABLE), facts.forced_at);
}

/* --- A store that others hold. --- */

/* Counted in the store's own patience, so that no clock is needed. */
static int64_t waited_to_keep(int64_t left_ms)
{
    const struct document_facts facts = {.fetched_at = time(NULL)};
    int64_t patience = store->patience_ms;

    link_under_test.stuck = link_under_test.memory.without_store = false;
    talk.owed = deadline_in_ms(left_ms);
    assert_false(memory.keep_document(memory.context, KEYS, "body", 4, &facts));
    while (told_ms() != 0)
        ;
    return patience - store->patience_ms;
}

static void a_fetched_document_is_worth_a_part_of_the_budget(void **state)
{
    sqlite3 *other;
    char path[64];

    (void)state;
    link_under_test.hurried = true;
    place_path(&place, "store.db", path);
    assert_int_equal(sqlite3_open(path, &other), SQLITE_OK);
    assert_int_equal(sqlite3_exec(other, "BEGIN IMMEDIATE", NULL, NULL, NULL), SQLITE_OK);
    assert_in_range(waited_to_keep(0), 200, 600);
    assert_in_range(waited_to_keep(1600), 700, 1200);
    assert_in_range(waited_to_keep(10000), 1500, 3000);
    assert_null(store->hurry_ms);
    sqlite3_close(other);
}

#define LINK_TEST(name) cmocka_unit_test_setup_teardown(name, begin_link, end_link)

int main(void)
{
    const struct CMUnitTest tests[] = {
        LINK_TEST(a_write_may_take_as_long_as_the_store_when_the_budget_is_used_up),
        LINK_TEST(behind_a_write_counts_what_was_left_before_it),
        LINK_TEST(a_read_takes_a_moment),
        LINK_TEST(the_later_of_two_forced_fetches_counts_if_it_has_been),
        LINK_TEST(a_note_counts_without_a_document),
        LINK_TEST(a_fetched_document_is_worth_a_part_of_the_budget),
    };

    return check_main("link", tests);
}
