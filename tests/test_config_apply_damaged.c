/* SPDX-License-Identifier: MIT */
/* `latchkey config apply` over an nss.conf that nobody can believe, and the ids and names of before. */
#include "tests/apply.h"

#include "cache/snapshot_file.h"

#define SHORT                                                                                   \
    "issuer = " ISSUER "\nclient_id = c\ndomains = contoso.example\nallow = everyone\nnames = " \
    "short\n"

static char whole[NSS_CONF_MOST + 1];

static void cut(void)
{
    assert_int_equal(truncate(NSS_CONF_FILE, (off_t)strlen(whole) / 2), 0);
}

static void empty(void)
{
    assert_int_equal(truncate(NSS_CONF_FILE, 0), 0);
}

static void enlarge(void)
{
    assert_int_equal(truncate(NSS_CONF_FILE, NSS_CONF_MOST + 1), 0);
}

static void scribble(void)
{
    write_file(NSS_CONF_FILE, "version 1\nwindow 1000 2000\n\xff\xff\n");
}

static void let_all_write(void)
{
    assert_int_equal(chmod(NSS_CONF_FILE, 0666), 0);
}

static void give_away(void)
{
    assert_int_equal(chown(NSS_CONF_FILE, 1000, 1000), 0);
}

static void link_elsewhere(void)
{
    write_file(CONFIG_DIR "/elsewhere", whole);
    assert_int_equal(unlink(NSS_CONF_FILE), 0);
    assert_int_equal(symlink(CONFIG_DIR "/elsewhere", NSS_CONF_FILE), 0);
}

/* Another configuration has been applied, and is damaged; ada is known. */
static void begin_applied(const char *config)
{
    if (access(PUBLIC_DIR, F_OK) != 0) {
        assert_int_equal(mkdir(PUBLIC_DIR, 0755), 0);
        assert_int_equal(chown(PUBLIC_DIR, OWNER, OWNER), 0);
        as_owner(let_ada_in);
    }
    write_file(CONFIG_FILE, config);
    assert_int_equal(APPLY().status, 0);
    snprintf(whole, sizeof whole, "%s", written());
}

static void what_cannot_be_believed_is_written_anew(void **state)
{
    static void (*const ways[])(void) = {cut,           empty,     enlarge,       scribble,
                                         let_all_write, give_away, link_elsewhere};
    struct stat status;

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        struct said said;

        begin_applied(GENERIC GROUPS "sudo = linux-admins\n");
        ways[i]();
        said = APPLY();
        if (said.status != 0)
            fail_msg("way %zu: %s", i, said.text);
        assert_string_equal(written(), whole);
        assert_int_equal(lstat(NSS_CONF_FILE, &status), 0);
        assert_int_equal(status.st_mode, S_IFREG | 0644);
        assert_int_equal(status.st_uid, 0);
    }
}

static void ids_that_were_given_are_not_forgotten_with_it(void **state)
{
    struct said said;

    (void)state;
    begin_applied(GENERIC);
    cut();
    snprintf(whole, sizeof whole, "%s", written());
    write_file(STATE_DIR "/login.defs", "SUB_UID_MAX 1\nSUB_GID_MAX 1\n");
    write_file(CONFIG_FILE, GENERIC "id_min = 65536\nid_max = 99999\n");
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "are given already, for good: let id_min and id_max enclose them");
    assert_string_equal(written(), whole);
}

static enum names names_shown(ino_t *file)
{
    OWNED(close_fd) int folder = open(PUBLIC_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    struct stat status;

    assert_true(snapshot_file_map(folder, "snapshot", &snapshot));
    assert_true(snapshot.people == 1);
    assert_int_equal(fstatat(folder, "snapshot", &status, 0), 0);
    *file = status.st_ino;
    return snapshot.names;
}

static void people_are_shown_by_the_names_of_now(void **state)
{
    ino_t first, then;

    (void)state;
    begin_applied(SHORT);
    cut();
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(names_shown(&first), NAMES_SHORT);
    cut();
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(names_shown(&first), NAMES_FULL);
    /* Nobody can tell what was said before. */
    cut();
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(names_shown(&then), NAMES_FULL);
    assert_int_not_equal(first, then);
}

static void what_stays_unbelievable_is_told(void **state)
{
    struct said said;

    (void)state;
    begin_applied(GENERIC);
    assert_int_equal(chmod(CONFIG_DIR, 0777), 0);
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "not to be believed: nss.conf is damaged, or it or its folder is not root's");
    assert_int_equal(chmod(CONFIG_DIR, 0755), 0);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(unlink(NSS_CONF_FILE), 0);
    assert_int_equal(mkdir(NSS_CONF_FILE, 0755), 0);
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, NSS_CONF_FILE ": Is a directory");
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_cannot_be_believed_is_written_anew, begin, end),
        cmocka_unit_test_setup_teardown(ids_that_were_given_are_not_forgotten_with_it, begin, end),
        cmocka_unit_test_setup_teardown(people_are_shown_by_the_names_of_now, begin, end),
        cmocka_unit_test_setup_teardown(what_stays_unbelievable_is_told, begin, end),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("config_apply_damaged", all, 0);
    }
    if (count < 1 || !apply_open(arguments[0]))
        return check_done("config_apply_damaged", all, -1);
    return check_main("config_apply_damaged", tests);
}
