/* SPDX-License-Identifier: MIT */
/* command/republish.c: who is told to have no name on a host whose people are called otherwise from now on. */
#include "command/json.c"      // NOLINT(bugprone-suspicious-include): the tool is no library
#include "command/republish.c" // NOLINT(bugprone-suspicious-include): nor is this

#include "tests/apply.h"

#include <jansson.h>
#include <sqlite3.h>

#define SHORT                                                                           \
    "issuer = " ISSUER "\nclient_id = c\ndomains = contoso.example\nallow = everyone\n" \
    "names = short\n"
#define NO_NAME " has no name on this host: "
#define CROWD   25

OWN_DEFINE(json_release, json_t, json_decref);

static bool enrol(const char *name)
{
    struct account account = {.issuer = ISSUER};
    const struct acceptance acceptance = {.account = &account,
                                          .name = name,
                                          .gecos = "",
                                          .home = "/h",
                                          .shell = "/bin/sh",
                                          .now = 1000};
    struct store *store = NULL;
    struct person person;
    struct error why;
    bool changed, good;

    snprintf(account.object_id, sizeof account.object_id, "object-of-%s", name);
    good = store_open(PRIVATE_DIR, &store, &why) &&
           store_accept(store, &acceptance, &person, &changed, NULL, &why) &&
           store_publish(store, PUBLIC_DIR, &why);
    store_close(store);
    return good;
}

static bool enrol_some(void)
{
    return enrol("ada@contoso.example") && enrol("adm@contoso.example") && enrol("bob@b.example");
}

static bool enrol_a_crowd(void)
{
    char name[64];

    for (int i = 0; i < CROWD; i++) {
        snprintf(name, sizeof name, "p%d@b.example", i);
        if (!enrol(name))
            return false;
    }
    return enrol("ada@contoso.example");
}

/* As one who had taken the user latchkey over could have written it. */
static bool spoil_a_name(void)
{
    sqlite3 *db = NULL;
    bool good = enrol_some() && sqlite3_open(PRIVATE_DIR "/store.db", &db) == SQLITE_OK &&
                sqlite3_exec(db,
                             "UPDATE person SET name = 'x' || char(27) || ']0;' || char(10) || "
                             "'root@b.example' WHERE name = 'bob@b.example'",
                             NULL, NULL, NULL) == SQLITE_OK;

    sqlite3_close(db);
    return good;
}

static void begin_with(bool (*people)(void))
{
    assert_int_equal(mkdir(PUBLIC_DIR, 0755), 0);
    assert_int_equal(chown(PUBLIC_DIR, OWNER, OWNER), 0);
    as_owner(people);
    write_file(CONFIG_FILE, SHORT);
}

static size_t count_of(const char *text, const char *word)
{
    size_t count = 0;

    for (; (text = strstr(text, word)); text += strlen(word))
        count++;
    return count;
}

static void whoever_has_no_name_any_more_is_named_once(void **state)
{
    struct said said;

    (void)state;
    begin_with(enrol_some);
    said = APPLY();
    assert_int_equal(said.status, 0);
    has(said.text, "bob@b.example" NO_NAME);
    has(said.text, "adm@contoso.example" NO_NAME);
    assert_int_equal(count_of(said.text, NO_NAME), 2);
    said = APPLY();
    assert_int_equal(said.status, 0);
    assert_int_equal(count_of(said.text, NO_NAME), 0);
    write_file(CONFIG_FILE, GENERIC); /* full names: everybody has one again */
    said = APPLY();
    assert_int_equal(said.status, 0);
    assert_int_equal(count_of(said.text, NO_NAME), 0);
}

static void of_a_crowd_some_are_named_and_all_are_counted(void **state)
{
    struct said said;

    (void)state;
    begin_with(enrol_a_crowd);
    said = APPLY();
    assert_int_equal(said.status, 0);
    assert_int_equal(count_of(said.text, NO_NAME), 20);
    has(said.text, "and 5 others have none\n");
}

static void programs_are_told_the_same(void **state)
{
    OWNED(json_release) json_t *told = NULL;
    struct said said;
    json_t *names;

    (void)state;
    begin_with(enrol_a_crowd);
    said = RUN("config", "apply", "--json");
    assert_int_equal(said.status, 0);
    told = json_loads(said.text, JSON_REJECT_DUPLICATES, NULL);
    assert_int_equal(json_integer_value(json_object_get(told, "left_out_count")), CROWD);
    names = json_object_get(told, "left_out");
    assert_int_equal(json_array_size(names), 20);
    for (size_t i = 0; i < json_array_size(names); i++)
        has(json_string_value(json_array_get(names, i)), "@b.example");
    json_decref(told);
    said = RUN("config", "apply", "--json");
    told = json_loads(said.text, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(told);
    assert_null(json_object_get(told, "left_out"));
}

/* Nobody is taken to have a name because somebody else's entry cannot be read. */
static void a_list_that_is_not_whole_is_said_to_be_none(void **state)
{
    struct said said;

    (void)state;
    begin_with(spoil_a_name);
    said = APPLY();
    assert_int_equal(said.status, 0);
    has(said.text, "who has no name on this host is not known of all: ");
}

/* ---- a child in wrong hands ---- */

static struct message forged;

bool child_ask(void (*task)(void *context, void *answer), void *context, void *answer, size_t size,
               int64_t wait_ms, struct error *why)
{
    (void)task, (void)context, (void)wait_ms, (void)why;
    assert_int_equal(size, sizeof forged);
    memcpy(answer, &forged, sizeof forged);
    return true;
}

bool host_become_owner(bool lasts, struct error *why)
{
    (void)lasts;
    return error_set(why, ERROR_SYSTEM, "not here");
}

static struct said republish_said(bool json)
{
    OWNED(close_file) FILE *output = tmpfile();
    struct said said;
    pid_t child;

    assert_non_null(output);
    fflush(NULL);
    child = fork();
    if (child == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        dup2(fileno(output), STDERR_FILENO);
        said.status = republish(json, &(struct error){0});
        fflush(NULL);
        _exit(said.status);
    }
    assert_int_equal(waitpid(child, &said.status, 0), child);
    read_into(fileno(output), said.text, sizeof said.text);
    return said;
}

static void expect_plain(bool json)
{
    struct said said = republish_said(json);

    assert_true(WIFEXITED(said.status));
    for (const char *at = said.text; *at; at++)
        assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
    assert_true(count_of(said.text, "\n") <= 22);
}

/* Neither escapes nor lines of their own, and nothing is read beyond the answer. */
static void what_a_child_says_does_not_write_to_the_terminal_as_it_likes(void **state)
{
    static const char evil[] = "\033]0;\a\nroot\r\x9b\177";

    (void)state;
    for (int good = 0; good < 2; good++)
        for (int json = 0; json < 2; json++) {
            memset(&forged, '\n', sizeof forged); /* no text has an end */
            forged.good = (uint8_t)good;
            expect_plain(json);
            memset(&forged, 0, sizeof forged);
            forged.good = (uint8_t)good;
            forged.left_out = 3;
            memcpy(forged.names[1], evil, sizeof evil);
            memcpy(forged.why.text, evil, sizeof evil);
            forged.why.kind = ERROR_SYSTEM;
            expect_plain(json);
        }
}

/* What is in force is told, and what is left to do. */
static void who_cannot_be_shown_is_no_secret(void **state)
{
    struct said said;

    (void)state;
    begin_with(enrol_some);
    assert_int_equal(chown(PUBLIC_DIR, 0, 0), 0);
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "people are called otherwise now, but cannot be shown so");
    assert_int_equal(understood().names, NAMES_SHORT);
    assert_int_equal(chown(PUBLIC_DIR, OWNER, OWNER), 0);
    said = APPLY(); /* the same once more mends it */
    assert_int_equal(said.status, 0);
    has(said.text, "bob@b.example" NO_NAME);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(whoever_has_no_name_any_more_is_named_once, begin, end),
        cmocka_unit_test_setup_teardown(of_a_crowd_some_are_named_and_all_are_counted, begin, end),
        cmocka_unit_test_setup_teardown(programs_are_told_the_same, begin, end),
        cmocka_unit_test_setup_teardown(a_list_that_is_not_whole_is_said_to_be_none, begin, end),
        cmocka_unit_test(what_a_child_says_does_not_write_to_the_terminal_as_it_likes),
        cmocka_unit_test_setup_teardown(who_cannot_be_shown_is_no_secret, begin, end),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("republish", all, 0);
    }
    if (count < 1 || !apply_open(arguments[0]))
        return check_done("republish", all, -1);
    return check_main("republish", tests);
}
