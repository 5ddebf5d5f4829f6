/* SPDX-License-Identifier: MIT */
/* cache/elsewhere.c and statement_pool.c: what an import asks once and not a million times. */
#include "cache/elsewhere.h"
#include "cache/name.h"
#include "cache/statement_pool.h"
#include "tests/store_place.h"

static const struct line {
    const char *text;
    bool can;
} lines[] = {
    {"passwd: files\ngroup: files\n", true},
    {"passwd: files latchkey systemd\ngroup: files [SUCCESS=merge] latchkey [SUCCESS=merge] "
     "systemd\n",
     true},
    {"passwd:files[NOTFOUND=continue]systemd # sss\nshadow: files sss\nhosts: files dns\n", true},
    {"", true},
    {"passwd: files sss\n", false},
    {"passwd: files\ngroup: files ldap\n", false},
    {" group : files [ NOTFOUND=return ] winbind\n", false},
    {"passwd: compat\n", false},
    {"passwd: files systemdx\n", false},
    {"passwd: files [SUCCESS", true},
    {"passwd: sss", false},
};

static void only_sources_that_list_whom_they_know_are_listed(void **state)
{
    char path[64];

    (void)state;
    place_path(&place, "nsswitch", path);
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        FILE *file = fopen(path, "we");

        assert_non_null(file);
        fputs(lines[i].text, file);
        fclose(file);
        if (elsewhere_can_list(path) != lines[i].can)
            fail_msg("%s", lines[i].text);
    }
    unlink(path);
    assert_false(elsewhere_can_list(path));
}

static void a_list_has_what_it_was_given_and_nothing_else(void **state)
{
    uint32_t ids[] = {ID_LEAST, ID_LEAST + 7};
    char ada[] = "ada", bob[] = "bob", *names[] = {ada, bob};
    struct elsewhere list = {.ids = ids, .count = 2, .names = names, .name_count = 2}, none = {0};

    (void)state;
    assert_true(elsewhere_has(&list, ID_LEAST) && elsewhere_has(&list, ID_LEAST + 7));
    assert_false(elsewhere_has(&list, ID_LEAST + 1) || elsewhere_has(&none, ID_LEAST));
    assert_true(elsewhere_has_name(&list, "bob"));
    assert_false(elsewhere_has_name(&list, "bobby") || elsewhere_has_name(&none, "bob"));
}

static void the_list_of_this_host_has_root_by_name(void **state)
{
    struct elsewhere list = {0};
    struct error why;

    (void)state;
    assert_true(elsewhere_list(&list, &why));
    assert_true(elsewhere_has_name(&list, "root"));
    elsewhere_release(&list);
}

static void a_statement_in_use_is_given_to_nobody_else(void **state)
{
    static const char sql[] = "SELECT ?1";
    struct statement_pool pool = {.count = 0};
    struct error why;
    sqlite3_stmt *one, *two;

    (void)state;
    pool_begin(&pool, store->db);
    one = store_prepare(store->db, sql, &why);
    two = store_prepare(store->db, sql, &why);
    assert_ptr_not_equal(one, two);
    assert_true(bind_number(one, 1, 7));
    assert_int_equal(store_step(one, &why), STEP_ROW);
    store_finish(one);
    assert_ptr_equal(store_prepare(store->db, sql, &why), one);
    assert_int_equal(store_step(one, &why), STEP_ROW);
    assert_int_equal(sqlite3_column_type(one, 0), SQLITE_NULL); /* nothing is left of the 7 */
    store_finish(one);
    store_finish(two);
    pool_end(&pool, store->db);
    assert_null(sqlite3_next_stmt(store->db, NULL));
    one = store_prepare(store->db, sql, &why);
    store_finish(one);
    assert_null(sqlite3_next_stmt(store->db, NULL));
}

static void a_text_that_has_changed_is_another_question(void **state)
{
    struct statement_pool pool = {.count = 0};
    char sql[] = "SELECT 1";
    sqlite3_stmt *one;
    struct error why;

    (void)state;
    pool_begin(&pool, store->db);
    store_finish(store_prepare(store->db, sql, &why));
    sql[7] = '2';
    one = store_prepare(store->db, sql, &why);
    assert_int_equal(store_step(one, &why), STEP_ROW);
    assert_int_equal(sqlite3_column_int(one, 0), 2);
    store_finish(one);
    pool_end(&pool, store->db);
}

static const struct CMUnitTest tests[] = {
    TEST(only_sources_that_list_whom_they_know_are_listed),
    TEST(a_list_has_what_it_was_given_and_nothing_else),
    TEST(the_list_of_this_host_has_root_by_name),
    TEST(a_statement_in_use_is_given_to_nobody_else),
    TEST(a_text_that_has_changed_is_another_question),
};

int main(void)
{
    return check_main("elsewhere", tests);
}
