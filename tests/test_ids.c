/* SPDX-License-Identifier: MIT */
/* cache/first_id.c, cache/local.c and cache/ids.c: who gets which id. */
#include "cache/first_id.h"
#include "cache/ids.h"
#include "cache/store_internal.h"
#include "tests/place.h"

#include <shadow.h>

#define ISSUER "https://login.example"

static struct place place;
static struct store *store;
static struct local *nobody;

static int begin(void **state)
{
    struct error why;

    (void)state;
    place_make(&place);
    store = place_store(&place);
    return !local_read("/nonexistent", "/nonexistent", &nobody, &why);
}

static int end(void **state)
{
    (void)state;
    local_release(nobody);
    store_close(store);
    place_remove(&place);
    return 0;
}

static void first_ids_never_change(void **state)
{
    /* Computed by another program from the description in first_id.h. */
    static const struct {
        const char *kind, *issuer, *label;
        uint32_t id;
    } cases[] = {
        /* clang-format off */
        {"person", ISSUER, "ada@contoso.example", 2076747776U},
        {"person", ISSUER, "bob@contoso.example", 2092609484U},
        {"group", ISSUER, "ada@contoso.example", 1969373395U},
        {"person", "https://login.microsoftonline.com/9122040d-6c67-4c5b-b112-36a304b66dad/v2.0",
         "ada@contoso.example", 1939144223U},
        {"", "", "", 2111011759U},
        /* clang-format on */
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(first_id(cases[i].kind, cases[i].issuer, cases[i].label), cases[i].id);
}

static void first_ids_lie_in_the_window_and_spread_over_it(void **state)
{
    unsigned eighths[8] = {0};

    (void)state;
    for (unsigned i = 0; i < 80000; i++) {
        char name[32];
        uint32_t id;

        snprintf(name, sizeof name, "p%u@contoso.example", i);
        id = first_id("person", ISSUER, name);
        assert_in_range(id, ID_LEAST, ID_MOST);
        eighths[((uint64_t)id - ID_LEAST) * 8 / ((uint64_t)ID_MOST - ID_LEAST + 1)]++;
    }
    for (size_t i = 0; i < 8; i++)
        assert_in_range(eighths[i], 9500, 10500);
    assert_int_not_equal(first_id("person", "ab", "c"), first_id("person", "a", "bc"));
}

static void the_window_is_a_ring(void **state)
{
    (void)state;
    assert_int_equal(next_id(ID_LEAST), ID_LEAST + 1);
    assert_int_equal(next_id(ID_MOST - 1), ID_MOST);
    assert_int_equal(next_id(ID_MOST), ID_LEAST);
    assert_int_equal(next_id(0), ID_LEAST);
    assert_int_equal(next_id(UINT32_MAX), ID_LEAST);
}

static void local_files_are_read_as_the_c_library_reads_them(void **state)
{
    static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
                                 "  blank@b.example:x:1001:1001::/:/bin/sh\n"
                                 "broken\nhalf:x\nnot:x:number:1\n:x:1002:\n\n# note:x:1003:3\n"
                                 "+nis:x:1004:1::/:\nlast@b.example:x:1879048193:5:::";
    static const char group[] = "root:x:0:\nstaff:x:50:ada,bob\nbig:x:4294967295:\n";
    static const char *const there[] = {"root", "blank@b.example", "broken", "half",
                                        "not",  "last@b.example",  "staff",  "big"};
    static const char *const not_there[] = {"", "roo", "root2", "ada", "# note", "Staff", "x"};
    static const uint32_t ids[] = {0, 1001, 1879048193, 50},
                          no_ids[] = {1, 1002, 1003, 5, 1879048194};
    char paths[2][64];
    struct local *local = NULL;
    struct error why = {0};

    (void)state;
    place_write(&place, "passwd", passwd, sizeof passwd - 1, 0600);
    place_write(&place, "group", group, sizeof group - 1, 0600);
    place_path(&place, "passwd", paths[0]);
    place_path(&place, "group", paths[1]);
    assert_true(local_read(paths[0], paths[1], &local, &why));
    for (size_t i = 0; i < sizeof there / sizeof there[0]; i++)
        assert_true(local_has_name(local, there[i]));
    for (size_t i = 0; i < sizeof not_there / sizeof not_there[0]; i++)
        assert_false(local_has_name(local, not_there[i]));
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        assert_true(local_has_id(local, ids[i]));
    for (size_t i = 0; i < sizeof no_ids / sizeof no_ids[0]; i++)
        assert_false(local_has_id(local, no_ids[i]));
    local_release(local);
    assert_false(local_read(place.private, paths[1], &local, &why)); /* a folder cannot be read */
    assert_int_equal(why.kind, ERROR_SYSTEM);
}

static struct id_choice choose(const struct local *local, const struct account *account,
                               const uint32_t *avoid, size_t count)
{
    struct id_choice choice = {0};
    struct error why = {0};

    if (!ids_choose(store, local, ID_PERSON, account, "ada@contoso.example", avoid, count, &choice,
                    &why))
        fail_msg("%s", why.text);
    return choice;
}

static bool bind_id(enum id_kind kind, const struct account *account, uint32_t id)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct id_choice choice = {.id = id};
    struct error why = {0};
    bool lost;

    assert_true(transaction_write(&transaction, store, &why));
    if (!ids_bind(store, kind, account, 1, &choice, &lost, &why))
        fail_msg("%s", why.text);
    return !lost && transaction_commit(&transaction, &why);
}

static void taken_ids_are_passed_over_upwards(void **state)
{
    struct account ada = account_of("ada"), other = account_of("other");
    uint32_t first = first_id("person", ISSUER, "ada@contoso.example");
    char line[64], path[64];
    struct local *local = NULL;
    struct error why = {0};

    (void)state;
    assert_int_equal(choose(nobody, &ada, NULL, 0).id, first);
    assert_int_equal(choose(nobody, &ada, (uint32_t[]){first + 1, first}, 2).id, first + 2);
    assert_true(bind_id(ID_PERSON, &other, first));
    assert_int_equal(choose(nobody, &ada, NULL, 0).id, first + 1);
    assert_true(bind_id(ID_GROUP, &other, first + 1)); /* people and groups share one space */
    assert_int_equal(choose(nobody, &ada, NULL, 0).id, first + 2);
    snprintf(line, sizeof line, "thing:x:%u:\n", first + 2);
    place_write(&place, "group", line, strlen(line), 0600);
    place_path(&place, "group", path);
    assert_true(local_read("/nonexistent", path, &local, &why));
    assert_int_equal(choose(local, &ada, NULL, 0).id, first + 3);
    local_release(local);
    assert_false(choose(nobody, &ada, NULL, 0).bound);
}

static int choose_past_nsswitch(const void *passwd)
{
    struct account ada = account_of("ada");
    struct error why = {0};
    struct id_choice choice;

    if (!own_mounts() || mount(passwd, "/etc/passwd", "none", MS_BIND, NULL) != 0)
        return CHILD_MAY_NOT;
    /* `nobody` says that the local files are empty, so only the C library knows of this id. */
    return !ids_choose(store, nobody, ID_PERSON, &ada, "ada@contoso.example", NULL, 0, &choice,
                       &why) ||
           choice.id != first_id("person", ISSUER, "ada@contoso.example") + 1;
}

static void ids_of_other_sources_are_passed_over(void **state)
{
    char line[128], path[64];
    pid_t child;
    int status;

    (void)state;
    snprintf(line, sizeof line, "elsewhere:x:%u:1::/:/bin/sh\n",
             first_id("person", ISSUER, "ada@contoso.example"));
    place_write(&place, "passwd", line, strlen(line), 0644);
    place_path(&place, "passwd", path);
    child = fork();
    if (child == 0)
        _exit(choose_past_nsswitch(path));
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

/* sssd or winbind, for instance; here it is the passwd file of which our list of names knows nothing. */
static enum error_kind kind_for_name_elsewhere(const char *uid, enum id_kind kind)
{
    static char path[64];
    char line[128];
    int status, ends[2];
    pid_t child;
    enum error_kind said = ERROR_KINDS;

    snprintf(line, sizeof line, "ada@contoso.example:x:%s:1::/:/bin/sh\n", uid);
    place_write(&place, "passwd", line, strlen(line), 0644);
    place_path(&place, "passwd", path);
    assert_int_equal(pipe(ends), 0);
    child = fork();
    if (child == 0) {
        struct account ada = account_of("ada");
        struct error why = {0};
        struct id_choice choice;

        if (!own_mounts() || mount(path, "/etc/passwd", "none", MS_BIND, NULL) != 0)
            _exit(CHILD_MAY_NOT);
        (void)ids_choose(store, nobody, kind, &ada, "ada@contoso.example", NULL, 0, &choice, &why);
        _exit(write(ends[1], &why.kind, sizeof why.kind) != sizeof why.kind);
    }
    close(ends[1]);
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(read(ends[0], &said, sizeof said), sizeof said);
    close(ends[0]);
    return said;
}

static void nobody_new_has_a_name_with_a_uid_elsewhere(void **state)
{
    struct account ada = account_of("ada");
    char first[16];

    (void)state;
    snprintf(first, sizeof first, "%u", first_id("person", ISSUER, "ada@contoso.example"));
    assert_int_equal(kind_for_name_elsewhere("5000", ID_PERSON), ERROR_REFUSED);
    assert_int_equal(kind_for_name_elsewhere("1879048191", ID_PERSON), ERROR_REFUSED);
    assert_int_equal(kind_for_name_elsewhere("2147483646", ID_PERSON), ERROR_REFUSED);
    assert_int_equal(kind_for_name_elsewhere("0", ID_PERSON), ERROR_REFUSED);
    assert_int_equal(kind_for_name_elsewhere(first, ID_PERSON), ERROR_NONE);
    assert_int_equal(kind_for_name_elsewhere("5000", ID_GROUP), ERROR_NONE);
    /* Who has an id keeps it. */
    assert_true(bind_id(ID_PERSON, &ada, ID_LEAST + 5));
    assert_int_equal(kind_for_name_elsewhere("5000", ID_PERSON), ERROR_NONE);
}

/* The local files are locked while they are changed, and exchanged at once: nobody has to wait. */
static int choose_while_locked(const void *lock)
{
    struct account ada = account_of("ada");
    struct local *local = NULL;
    struct error why = {0};
    struct id_choice choice;
    int status = 1;
    pid_t child;

    if (!own_mounts() || mount(lock, "/etc/.pwd.lock", "none", MS_BIND, NULL) != 0)
        return CHILD_MAY_NOT;
    if (lckpwdf() != 0)
        return 1;
    child = fork(); /* the lock is this process's */
    if (child == 0)
        _exit(!local_read("/etc/passwd", "/etc/group", &local, &why) ||
              !ids_choose(store, local, ID_PERSON, &ada, "ada@contoso.example", NULL, 0, &choice,
                          &why));
    waitpid(child, &status, 0);
    return status;
}

static void an_id_is_chosen_while_the_local_files_are_locked(void **state)
{
    char path[64];
    pid_t child;
    int status;

    (void)state;
    place_write(&place, "lock", "", 0, 0600);
    place_path(&place, "lock", path);
    child = fork();
    if (child == 0)
        _exit(choose_while_locked(path));
    waitpid(child, &status, 0);
    if (WEXITSTATUS(status) == CHILD_MAY_NOT)
        skip();
    assert_int_equal(status, 0);
}

static void an_id_is_bound_once_and_for_good(void **state)
{
    struct account ada = account_of("ada"), bob = account_of("bob");
    uint32_t id = ID_LEAST + 5;
    struct id_choice choice;

    (void)state;
    assert_true(bind_id(ID_PERSON, &ada, id));
    assert_true(bind_id(ID_PERSON, &ada, id));
    assert_false(bind_id(ID_PERSON, &ada, id + 1)); /* has one already */
    assert_false(bind_id(ID_PERSON, &bob, id));     /* is somebody else's */
    assert_false(bind_id(ID_GROUP, &ada, id));
    assert_false(bind_id(ID_PERSON, &bob, 0));
    assert_false(bind_id(ID_PERSON, &bob, 1000));
    choice = choose(nobody, &ada, NULL, 0);
    assert_true(choice.bound);
    assert_int_equal(choice.id, id);
    assert_int_not_equal(sqlite3_exec(store->db, "DELETE FROM id", NULL, NULL, NULL), SQLITE_OK);
    assert_int_not_equal(
        sqlite3_exec(store->db, "UPDATE id SET object_id = 'bob'", NULL, NULL, NULL), SQLITE_OK);
    assert_true(choose(nobody, &ada, NULL, 0).bound);
}

static void accounts_differ_in_every_part(void **state)
{
    struct account accounts[] = {
        {"i", "t", "o"}, {"i2", "t", "o"}, {"i", "t2", "o"}, {"i", "t", "o2"},
        {"i", "", "to"}, {"it", "", "o"},  {"I", "t", "o"},  {"i", "t", "o "},
    };

    (void)state;
    for (uint32_t i = 0; i < sizeof accounts / sizeof accounts[0]; i++) {
        assert_false(choose(nobody, &accounts[i], NULL, 0).bound);
        assert_true(bind_id(ID_PERSON, &accounts[i], ID_LEAST + i));
    }
}

static void a_damaged_id_is_an_error_and_nobodys(void **state)
{
    struct account ada = account_of("ada");
    struct id_choice choice = {0};
    struct error why = {0};

    (void)state;
    assert_int_equal(sqlite3_exec(store->db,
                                  "INSERT INTO id VALUES (1000, 1, '" ISSUER
                                  "', 'contoso', 'ada', 1)",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_false(
        ids_choose(store, nobody, ID_PERSON, &ada, "ada@contoso.example", NULL, 0, &choice, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_int_equal(choice.id, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)
static const struct CMUnitTest tests[] = {
    TEST(first_ids_never_change),
    TEST(first_ids_lie_in_the_window_and_spread_over_it),
    TEST(the_window_is_a_ring),
    TEST(local_files_are_read_as_the_c_library_reads_them),
    TEST(taken_ids_are_passed_over_upwards),
    TEST(ids_of_other_sources_are_passed_over),
    TEST(nobody_new_has_a_name_with_a_uid_elsewhere),
    TEST(an_id_is_chosen_while_the_local_files_are_locked),
    TEST(an_id_is_bound_once_and_for_good),
    TEST(accounts_differ_in_every_part),
    TEST(a_damaged_id_is_an_error_and_nobodys),
};

int main(void)
{
    return check_main("ids", tests);
}
