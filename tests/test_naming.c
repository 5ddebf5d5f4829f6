/* SPDX-License-Identifier: MIT */
/* Full and short names: what stands for whom, and what store, snapshot and PAM's gate make of it. */
#include "tests/short_host.h"

#include "cache/snapshot_file.h"
#include "cache/store_recover.h"
#include "pam_module/gate.h"
#include "tests/store_place.h"

static const struct naming full_names = {.names = NAMES_FULL};
static const struct naming short_names = {.names = NAMES_SHORT, .domain = "contoso.example"};

/* ---- names alone ---- */

static void each_name_stands_for_one_person(void **state)
{
    static const struct {
        const struct naming *naming;
        const char *full, *shown; /* NULL: there is none */
    } cases[] = {
        {&full_names, "ada@contoso.example", "ada@contoso.example"},
        {&full_names, "root@contoso.example", "root@contoso.example"},
        {&short_names, "ada@contoso.example", "ada"},
        {&short_names, "a.b-c_9@contoso.example", "a.b-c_9"},
        {&short_names, "ada@fabrikam.example", NULL},
        {&short_names, "ada@contoso.example.org", NULL},
        {&short_names, "ada@x.contoso.example", NULL},
        {&short_names, "root@contoso.example", NULL},
        {&short_names, "sudo@contoso.example", NULL},
        {&short_names, "systemd-network@contoso.example", NULL},
        {&short_names, "ada", NULL},
        {&short_names, "ADA@contoso.example", NULL},
        {&short_names, "", NULL},
        {&full_names, "ada", NULL},
        {&full_names, "ADA@contoso.example", NULL},
    };
    char out[NAME_MOST + 1];

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bool shown = naming_shown(cases[i].naming, cases[i].full, out);

        assert_int_equal(shown, cases[i].shown != NULL);
        if (!shown)
            continue;
        assert_string_equal(out, cases[i].shown);
        assert_true(naming_full(cases[i].naming, cases[i].shown, out));
        assert_string_equal(out, cases[i].full);
    }
}

static void what_cannot_be_typed_stands_for_nobody(void **state)
{
    static const char *const neither[] = {"",      "ADA",  "ada@", "@contoso.example",    "a b",
                                          "ada\n", "-ada", "1000", "ADA@contoso.example", "../x",
                                          "ada:"};
    static const char *const not_short[] = {"root", "sudo", "libvirt-qemu", "ada@contoso.example"};
    char out[NAME_MOST + 1], longest[NAME_MOST + 2];

    (void)state;
    for (size_t i = 0; i < sizeof neither / sizeof neither[0]; i++) {
        assert_false(naming_full(&full_names, neither[i], out));
        assert_false(naming_full(&short_names, neither[i], out));
    }
    for (size_t i = 0; i < sizeof not_short / sizeof not_short[0]; i++)
        assert_false(naming_full(&short_names, not_short[i], out));
    assert_false(naming_full(&full_names, "ada", out));
    memset(longest, 'a', sizeof longest);
    for (size_t length = NAME_MOST - 16; length <= NAME_MOST; length++) {
        char name[NAME_MOST + 1];

        snprintf(name, sizeof name, "%.*s", (int)length, longest);
        /* With `@contoso.example` it must still be a name. */
        assert_int_equal(naming_full(&short_names, name, out), length + 16 <= NAME_MOST);
    }
}

/* ---- the file ---- */

static void expect_names(enum names names)
{
    struct naming naming;
    struct error why = {0};

    assert_true(naming_read(&naming, &why));
    assert_int_equal(naming.names, names);
    assert_string_equal(naming.domain, names == NAMES_SHORT ? "contoso.example" : "");
}

static void expect_unread(void)
{
    struct naming naming = {.names = NAMES_SHORT, .domain = "as.before"};
    struct error why = {0};

    assert_false(naming_read(&naming, &why));
    assert_int_equal(why.kind, ERROR_CONFIG);
    assert_string_equal(naming.domain, "as.before");
}

static void a_file_that_is_not_fit_says_nothing_about_names(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    unlink(NSS_CONF_FILE);
    expect_names(NAMES_FULL);
    write_text(NSS_CONF_FILE, SHORT_CONF);
    expect_names(NAMES_SHORT);
    assert_int_equal(chmod(NSS_CONF_FILE, 0664), 0);
    expect_unread();
    assert_int_equal(chmod(NSS_CONF_FILE, 0646), 0);
    expect_unread();
    assert_int_equal(chmod(NSS_CONF_FILE, 0644), 0);
    assert_int_equal(chown(NSS_CONF_FILE, 1000, 0), 0);
    expect_unread();
    assert_int_equal(chown(NSS_CONF_FILE, 0, 0), 0);
    expect_names(NAMES_SHORT);
    write_text(NSS_CONF_FILE, SHORT_CONF "x");
    expect_unread();
    write_text(NSS_CONF_FILE, CONF_OF("short", "domain a.example\ndomain b.example\n"));
    expect_unread();
    unlink(NSS_CONF_FILE);
    assert_int_equal(symlink(CONFIG_DIR "/passwd", NSS_CONF_FILE), 0);
    expect_unread();
    unlink(NSS_CONF_FILE);
}

/* ---- the gate ---- */

static void expect_gate(const char *name, enum gate wanted)
{
    struct error why = {0};

    if (gate_ask(name, &why) != wanted)
        fail_msg("%s: %d", name, gate_ask(name, &why));
}

static void expect_spelling(const char *name, const char *wanted)
{
    char right[NAME_MOST + 1];
    bool told = gate_spelling(name, right);

    assert_int_equal(told, wanted != NULL);
    if (told)
        assert_string_equal(right, wanted);
}

static void the_gate_knows_one_spelling(void **state)
{
    (void)state;
    if (!may_mount)
        skip();
    write_text(NSS_CONF_FILE, SHORT_CONF);
    expect_gate("ada", GATE_UNKNOWN);
    expect_gate("ada@contoso.example", GATE_NOT_OURS);
    expect_gate("Ada", GATE_NOT_OURS);
    expect_gate("root", GATE_NOT_OURS);
    expect_gate("lena", GATE_NOT_OURS);
    expect_gate("sudo", GATE_NOT_OURS);
    expect_spelling("ada@contoso.example", "ada");
    expect_spelling("ADA@Contoso.Example", "ada");
    expect_spelling("ADA", "ada");
    expect_spelling("ada@fabrikam.example", NULL);
    expect_spelling("ada", NULL);
    expect_spelling("LENA", NULL);
    expect_spelling("Lena@contoso.example", NULL);
    expect_spelling("Root", NULL);
    expect_spelling("root@contoso.example", NULL);
    write_text(NSS_CONF_FILE, FULL_CONF);
    expect_gate("ada", GATE_NOT_OURS);
    expect_gate("ada@contoso.example", GATE_UNKNOWN);
    expect_spelling("ADA@contoso.example", "ada@contoso.example");
    expect_spelling("ADA", NULL);
}

/* Else who was found before is nobody's now, and whoever asks lets pam_unix judge her. */
static void a_file_that_is_not_fit_makes_nobody_elses(void **state)
{
    static const char *const open_names[] = {"ada", "ada@contoso.example"};

    (void)state;
    if (!may_mount)
        skip();
    for (int i = 0; i < 2; i++) {
        write_text(NSS_CONF_FILE, i ? FULL_CONF : SHORT_CONF);
        assert_int_equal(chmod(NSS_CONF_FILE, 0664), 0);
        for (size_t k = 0; k < 2; k++)
            expect_gate(open_names[k], GATE_FAILED);
        expect_gate("root", GATE_NOT_OURS);
        expect_gate("lena", GATE_NOT_OURS); /* a local user */
        expect_gate("Ada", GATE_NOT_OURS);
        expect_spelling("ADA@contoso.example", NULL);
        assert_int_equal(chmod(NSS_CONF_FILE, 0644), 0);
        expect_gate(open_names[i], GATE_UNKNOWN);
    }
}

/* ---- store and snapshot ---- */

static int begin_with(void **state, const char *conf)
{
    if (!may_mount)
        return 0;
    write_text(NSS_CONF_FILE, conf);
    return begin(state);
}

static int begin_short_store(void **state)
{
    return begin_with(state, SHORT_CONF);
}

static int begin_full_store(void **state)
{
    return begin_with(state, FULL_CONF);
}

static int end_store(void **state)
{
    return may_mount ? end(state) : 0;
}

/* As after `latchkey config apply`. */
static void change_names(const char *conf)
{
    struct error why = {0};

    write_text(NSS_CONF_FILE, conf);
    store_close(store);
    assert_true(store_open(place.private, &store, &why));
    assert_true(store_publish(store, place.public, &why));
}

/* NULL: recorded; else the refusal. */
static const char *accept_in(const char *object, const char *name, const char *group,
                             struct person *person)
{
    static struct error why;
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(1);
    struct account account = account_of(object);
    struct acceptance acceptance = ACCEPTANCE(&account);
    bool changed;

    why = (struct error){0};
    acceptance.name = name;
    acceptance.group_ids = &groups;
    if (group)
        assert_true(strings_add(&groups, group));
    if (store_accept(store, &acceptance, person, &changed, NULL, &why)) {
        assert_true(store_publish(store, place.public, &why));
        return NULL;
    }
    assert_int_equal(why.kind, ERROR_REFUSED);
    return why.text;
}

/* Of which kind the entry with this name in the published file is. */
static enum lookup find(const char *name, bool group, struct snapshot_person *person)
{
    static char texts[4096];
    struct answer_space space = {.bytes = texts, .size = sizeof texts};
    OWNED(close_fd) int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    struct snapshot_group found;

    assert_true(snapshot_file_map(folder, "snapshot", &snapshot));
    return group ? snapshot_group_by_name(&snapshot, name, &space, &found)
                 : snapshot_person_by_name(&snapshot, name, &space, person);
}

static void the_store_keeps_full_names_and_the_snapshot_shows_short_ones(void **state)
{
    struct snapshot_person shown;
    struct person ada;

    (void)state;
    if (!may_mount)
        skip();
    assert_null(accept_in("ada", "ada@contoso.example", "team", &ada));
    assert_string_equal(ada.name, "ada@contoso.example");
    assert_int_equal(find("ada", false, &shown), LOOKUP_FOUND);
    assert_int_equal(shown.uid, ada.uid);
    assert_int_equal(find("ada", true, &shown), LOOKUP_FOUND);
    assert_int_equal(find("team", true, &shown), LOOKUP_FOUND);
    assert_int_equal(find("ada@contoso.example", false, &shown), LOOKUP_ABSENT);
    assert_true(store_is_published(place.public, &ada));
}

static void a_name_that_cannot_be_short_here_is_refused(void **state)
{
    static const char *const names[] = {"root@contoso.example",      "sudo@contoso.example",
                                        "lena@contoso.example",      "wheelers@contoso.example",
                                        "bob@fabrikam.example",      "docker@contoso.example",
                                        "systemd-x@contoso.example", "team@contoso.example"};
    struct person person;

    (void)state;
    if (!may_mount)
        skip();
    assert_null(accept_in("ada", "ada@contoso.example", "team", &person));
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (!accept_in("other", names[i], NULL, &person))
            fail_msg("%s was taken", names[i]);
}

/* sudo's %ada would mean her own group and the directory's. */
static void a_group_called_like_a_person_is_left_out(void **state)
{
    struct snapshot_person shown;
    struct person person;

    (void)state;
    if (!may_mount)
        skip();
    assert_null(accept_in("ada", "ada@contoso.example", "team", &person));
    assert_null(accept_in("bob", "bob@contoso.example", "ada", &person));
    assert_int_equal(find("ada", false, &shown), LOOKUP_FOUND);
    run_sql("CREATE TABLE t (n INTEGER CHECK (n = 0)) STRICT;"
            "INSERT INTO t SELECT count(*) FROM directory_group WHERE name = 'ada'; DROP TABLE t");
}

static void names_can_be_changed_and_changed_back(void **state)
{
    struct snapshot_person shown;
    struct person ada, team, other;

    (void)state;
    if (!may_mount)
        skip();
    assert_null(accept_in("ada", "ada@contoso.example", "team", &ada));
    assert_null(accept_in("team", "team@contoso.example", NULL, &team));
    assert_null(accept_in("other", "ada@fabrikam.example", NULL, &other));
    assert_null(accept_in("root", "root@contoso.example", NULL, &other));
    assert_null(accept_in("lena", "lena@contoso.example", NULL, &other));
    change_names(SHORT_CONF);
    assert_int_equal(find("ada", false, &shown), LOOKUP_FOUND);
    assert_int_equal(shown.uid, ada.uid);
    assert_int_equal(find("team", false, &shown), LOOKUP_ABSENT);
    assert_int_equal(find("team", true, &shown), LOOKUP_FOUND);
    assert_int_equal(find("root", false, &shown), LOOKUP_ABSENT);
    assert_int_equal(find("lena", false, &shown), LOOKUP_ABSENT);
    assert_false(store_is_published(place.public, &team));
    assert_null(accept_in("ada", "ada@contoso.example", "team", &ada));
    assert_int_equal(shown.uid, ada.uid);
    change_names(FULL_CONF);
    assert_int_equal(find("ada", false, &shown), LOOKUP_ABSENT);
    assert_int_equal(find("team@contoso.example", false, &shown), LOOKUP_FOUND);
    assert_int_equal(shown.uid, team.uid);
    assert_int_equal(find("root@contoso.example", false, &shown), LOOKUP_FOUND);
    assert_int_equal(find("ada@contoso.example", false, &shown), LOOKUP_FOUND);
    assert_int_equal(shown.uid, ada.uid);
}

static void a_lost_store_is_recovered_with_full_names(void **state)
{
    struct recovered recovered;
    struct error why = {0};
    struct person ada;
    char path[64];

    (void)state;
    if (!may_mount)
        skip();
    assert_null(accept_in("ada", "ada@contoso.example", "team", &ada));
    place_path(&place, "store.db", path);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(store_recover(place.private, place.public, &recovered, &why), RECOVERY_DONE);
    store_close(store);
    assert_true(store_open(place.private, &store, &why));
    run_sql("CREATE TABLE t (n INTEGER CHECK (n = 1)) STRICT;"
            "INSERT INTO t SELECT count(*) FROM person WHERE name = 'ada@contoso.example';"
            "DROP TABLE t");
    assert_true(store_publish(store, place.public, &why));
    assert_true(store_is_published(place.public, &ada));
}

#define IN_SHORT(name) cmocka_unit_test_setup_teardown(name, begin_short_store, end_store)
#define IN_FULL(name)  cmocka_unit_test_setup_teardown(name, begin_full_store, end_store)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_name_stands_for_one_person),
        cmocka_unit_test(what_cannot_be_typed_stands_for_nobody),
        cmocka_unit_test(a_file_that_is_not_fit_says_nothing_about_names),
        cmocka_unit_test(the_gate_knows_one_spelling),
        cmocka_unit_test(a_file_that_is_not_fit_makes_nobody_elses),
        IN_SHORT(the_store_keeps_full_names_and_the_snapshot_shows_short_ones),
        IN_SHORT(a_name_that_cannot_be_short_here_is_refused),
        IN_SHORT(a_group_called_like_a_person_is_left_out),
        IN_FULL(names_can_be_changed_and_changed_back),
        IN_SHORT(a_lost_store_is_recovered_with_full_names),
    };

    return check_done("naming", sizeof tests / sizeof tests[0],
                      cmocka_run_group_tests_name("naming", tests, begin_short, NULL));
}
