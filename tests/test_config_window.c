/* SPDX-License-Identifier: MIT */
/* id_min and id_max: which windows may be given, and which one is in force. */
#include "tests/check.h"

#include "base/own.h"
#include "cache/id_window.h"
#include "cache/newcomer.h"
#include "config/config.h"
#include "config/paths.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

#define WHOLE                                                                            \
    "issuer = https://login.contoso.example\nclient_id = c\ndomains = contoso.example\n" \
    "allow = everyone\n"
#define PRESET_LEAST 1879048192u
#define PRESET_MOST  2147352575u

static void a_window_lies_where_systemd_and_debian_leave_room(void **state)
{
    static const struct {
        const char *text;
        unsigned least, most; /* 0: refused */
    } rows[] = {
        {"", PRESET_LEAST, PRESET_MOST},
        {"id_min = 1879048192\nid_max = 2147352575\n", PRESET_LEAST, PRESET_MOST},
        {"id_max = 2147483645\n", PRESET_LEAST, 2147483645},
        {"id_min = 2000000000\n", 2000000000, PRESET_MOST},
        {"id_max = 2000000000\n", PRESET_LEAST, 2000000000},
        {"id_min = 1000\nid_max = 60000\n", 1000, 60000},
        {"id_min = 20000\nid_max = 20999\n", 20000, 20999},
        {"id_max = 524287\nid_min = 65536\n", 65536, 524287},
        {"id_min = 2147351576\n", 2147351576, PRESET_MOST},
        {"id_min = 2147482646\nid_max = 2147483645\n", 2147482646, 2147483645},
        /* too few */
        {"id_min = 20000\nid_max = 20998\n", 0, 0},
        {"id_min = 20000\nid_max = 20000\n", 0, 0},
        {"id_min = 2147351577\n", 0, 0},
        {"id_min = 2147482647\nid_max = 2147483645\n", 0, 0},
        /* the wrong way round, also with the preset */
        {"id_min = 30000\nid_max = 20000\n", 0, 0},
        {"id_max = 50000\n", 0, 0},
        {"id_min = 20000\n", 0, 0},
        /* the system's, systemd's, nobody, those of containers, and beyond 31 bits */
        {"id_min = 999\nid_max = 60000\n", 0, 0},
        {"id_min = 0\nid_max = 60000\n", 0, 0},
        {"id_min = 1000\nid_max = 60001\n", 0, 0},
        {"id_min = 60001\nid_max = 65535\n", 0, 0},
        {"id_min = 61184\nid_max = 65519\n", 0, 0},
        {"id_min = 30000\nid_max = 70000\n", 0, 0},
        {"id_min = 65535\nid_max = 100000\n", 0, 0},
        {"id_min = 65536\nid_max = 524288\n", 0, 0},
        {"id_min = 524288\nid_max = 1879048191\n", 0, 0},
        {"id_min = 1000000\nid_max = 2000000\n", 0, 0},
        {"id_min = 1879048191\n", 0, 0},
        {"id_max = 2147483646\n", 0, 0},
        {"id_max = 2147483647\n", 0, 0},
        {"id_max = 4294967295\n", 0, 0},
        {"id_min = 20000x\nid_max = 50000\n", 0, 0},
        {"id_min = -20000\nid_max = 50000\n", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char text[512];
        struct config *config = NULL;
        struct error why = {0};
        bool good;

        snprintf(text, sizeof text, "%s%s", WHOLE, rows[i].text);
        good = config_parse(text, "f", &config, &why);
        if (good != (rows[i].least != 0))
            fail_msg("row %zu: %s", i, why.text);
        if (good && (config->id_min != rows[i].least || config->id_max != rows[i].most))
            fail_msg("row %zu: %u to %u", i, config->id_min, config->id_max);
        config_release(config);
        if (!good)
            assert_int_equal(why.kind, ERROR_CONFIG);
    }
}

static void complaints_name_the_last_of_the_two_lines_and_the_cure(void **state)
{
    struct config *config = NULL;
    struct error why = {0};

    (void)state;
    assert_false(config_parse(WHOLE "id_max = 70000\n\nid_min = 30000\nconnect_seconds = 4\n", "f",
                              &config, &why));
    assert_string_equal(why.text, "f:7: id_min 30000 and id_max 70000: give at least 1000 ids that "
                                  "lie all in 1000 to 60000, 65536 to 524287 or 1879048192 to "
                                  "2147483645, which systemd and Debian leave free");
    assert_false(config_parse(WHOLE "id_max = many\n", "f", &config, &why));
    assert_string_equal(why.text,
                        "f:5: id_max wants a number from 1000 to 2147483645, not \"many\"");
}

static void systemds_foreign_ids_are_known_and_not_in_the_preset(void **state)
{
    static const struct {
        struct id_window window;
        bool has;
    } rows[] = {
        {ID_WINDOW_PRESET, false},        {{PRESET_LEAST, 2147352576}, true},
        {{2147418111, 2147483645}, true}, {{2147418112, 2147483645}, false},
        {{2147400000, 2147410000}, true}, {{PRESET_LEAST, 2147483645}, true},
        {{1000, 60000}, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (id_window_has_foreign(rows[i].window) != rows[i].has)
            fail_msg("row %zu", i);
}

/* ---- which one is in force ---- */

static char config_file[256];

static void write_file(const char *path, const char *text)
{
    OWNED(close_file) FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0644), 0);
}

static void apply(unsigned least, unsigned most)
{
    char text[512];

    snprintf(text, sizeof text,
             "version 1\nwindow %u %u\nnames full\ndomain contoso.example\nhome /home/{name}\n"
             "shell /bin/bash\nend 1\n",
             least, most);
    write_file(NSS_CONF_FILE, text);
}

/* What a process goes by that reads this configuration. */
static void read_config(const char *text, unsigned least, unsigned most, bool waits)
{
    char whole[512];
    struct config *config = NULL;
    struct error why = {0};

    snprintf(whole, sizeof whole, "%s%s", WHOLE, text);
    write_file(config_file, whole);
    if (!config_read(config_file, "/nonexistent", &config, &why))
        fail_msg("%s", why.text);
    config_release(config);
    assert_int_equal(id_window().least, least);
    assert_int_equal(id_window().most, most);
    assert_int_equal(id_window_waits(), waits);
    assert_true(id_is_ours(least) && id_is_ours(most));
    assert_false(id_is_ours(least - 1) || id_is_ours(most + 1));
    if (waits) {
        assert_false(newcomer_may_come(NULL, "nina@contoso.example", &why));
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_non_null(strstr(why.text, "run latchkey config apply"));
    }
}

static void what_was_applied_is_in_force(void **state)
{
    (void)state;
    unlink(NSS_CONF_FILE);
    read_config("", PRESET_LEAST, PRESET_MOST, false);
    /* Nobody gets an id that the NSS module would not know. */
    read_config("id_min = 20000\nid_max = 50000\n", 20000, 50000, true);
    apply(20000, 50000);
    read_config("id_min = 20000\nid_max = 50000\n", 20000, 50000, false);
    read_config("id_min = 20000\nid_max = 55000\n", 20000, 50000, true);
    read_config("", 20000, 50000, true);
    apply(PRESET_LEAST, PRESET_MOST);
    read_config("", PRESET_LEAST, PRESET_MOST, false);
    read_config("id_min = 20000\nid_max = 50000\n", PRESET_LEAST, PRESET_MOST, true);
}

static void a_file_that_is_not_to_be_trusted_puts_nothing_in_force(void **state)
{
    (void)state;
    apply(20000, 50000);
    assert_int_equal(chmod(NSS_CONF_FILE, 0666), 0);
    read_config("", PRESET_LEAST, PRESET_MOST, false);
    apply(999, 50000);
    read_config("", PRESET_LEAST, PRESET_MOST, false);
    apply(20000, 70000);
    read_config("", PRESET_LEAST, PRESET_MOST, false);
}

/* In mounts of our own: other tests that run now have a folder for the configuration, too. */
static int begin(void **state)
{
    (void)state;
    if (unshare(CLONE_NEWNS) != 0 || mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        (mkdir(CONFIG_DIR, 0755) != 0 && errno != EEXIST))
        return -1;
    snprintf(config_file, sizeof config_file, "%s/latchkey.conf", CONFIG_DIR);
    return mount("tmpfs", CONFIG_DIR, "tmpfs", 0, "mode=755");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_lies_where_systemd_and_debian_leave_room),
        cmocka_unit_test(complaints_name_the_last_of_the_two_lines_and_the_cure),
        cmocka_unit_test(systemds_foreign_ids_are_known_and_not_in_the_preset),
        cmocka_unit_test(what_was_applied_is_in_force),
        cmocka_unit_test(a_file_that_is_not_to_be_trusted_puts_nothing_in_force),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("config_window", all, 0);
    }
    return check_done("config_window", all,
                      cmocka_run_group_tests_name("config_window", tests, begin, NULL));
}
