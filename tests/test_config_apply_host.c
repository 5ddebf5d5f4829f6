/* SPDX-License-Identifier: MIT */
/* `latchkey config apply` and what else is on the host: its ids, PAM, and another apply. */
#include "tests/apply.h"

#include "cache/snapshot_file.h"
#include "cache/snapshot_write.h"

#include <sys/file.h>
#include <sys/syscall.h>

#define LOCK NSS_CONF_FILE ".lock"

static const char *with_window(uint32_t least, uint32_t most)
{
    static char text[2048];

    snprintf(text, sizeof text, "%sid_min = %u\nid_max = %u\n", GENERIC, least, most);
    return text;
}

/* What the child works with is what was read by root, and was read once. */
static void the_configuration_is_read_once(void **state)
{
    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(chmod(CONFIG_FILE, 0600), 0);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(understood().group_count, 1);
}

/* ---- the window of ids ---- */

static void a_window_must_cover_all_ids_that_were_given(void **state)
{
    const uint32_t ada = first_id("person", ISSUER, "ada@contoso.example"),
                   group = first_id("group", ISSUER, "linux-admins");
    const uint32_t low = ada < group ? ada : group, high = ada < group ? group : ada;
    const struct {
        uint32_t least, most;
        bool good;
    } rows[] = {
        {low, high, true},          {low + 1, high, false}, {low, high - 1, false},
        {ID_LEAST, ID_MOST, true},  {65536, 524287, false}, {ID_LEAST, high, true},
        {high + 1, ID_MOST, false}, {low, ID_MOST, true},
    };
    struct nss_conf before = {.issuer = ""};
    char wanted[256];

    (void)state;
    as_owner(let_ada_in);
    snprintf(
        wanted, sizeof wanted,
        "latchkey.conf:8: ids from %u to %u are given already, for good: let id_min and id_max "
        "enclose them",
        low, high);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct said said;

        write_file(STATE_DIR "/login.defs", "SUB_UID_MAX 1\nSUB_GID_MAX 1\n");
        write_file(CONFIG_FILE, with_window(rows[i].least, rows[i].most));
        said = APPLY();
        if (said.status != (rows[i].good ? 0 : 3))
            fail_msg("row %zu: %s", i, said.text);
        if (rows[i].good) {
            before = understood();
            assert_int_equal(before.window.least, rows[i].least);
            assert_int_equal(before.window.most, rows[i].most);
        } else {
            has(said.text, wanted);
            assert_int_equal(understood().window.least, before.window.least);
            assert_int_equal(understood().window.most, before.window.most);
        }
    }
}

static void ids_are_given_in_the_window_that_was_applied(void **state)
{
    struct nss_conf conf;
    struct said said;
    char text[4096];

    (void)state;
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(APPLY().status, 0); /* another one is in force */
    write_file(STATE_DIR "/login.defs", "UID_MAX 19999\nGID_MAX 19999\n");
    write_file(STATE_DIR "/adduser.conf", "LAST_UID=19999\nLAST_GID=\"19999\"\n");
    snprintf(text, sizeof text, "%s%s", with_window(20000, 50000), GROUPS "sudo = linux-admins\n");
    write_file(CONFIG_FILE, text);
    said = APPLY();
    if (said.status)
        fail_msg("%s", said.text);
    conf = understood();
    id_window_use(conf.window);
    assert_int_equal(conf.groups[0].directory, first_id("group", ISSUER, "linux-admins"));
    id_window_use(ID_WINDOW_PRESET);
    assert_in_range(conf.groups[0].directory, 20000, 50000);
    /* A local group in it is not given away. */
    write_file(STATE_DIR "/group", "sudo:x:20001:\n");
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "gid 20001 of sudo is one that Latchkey gives to people");
}

static void a_window_overlaps_no_range_of_the_host(void **state)
{
    static const struct {
        uint32_t least, most;
        const char *defs, *adduser, *subuid, *subgid, *wanted; /* NULL: good */
    } rows[] = {
        {20000, 50000, LOGIN_DEFS_TEXT, "", "", "",
         "latchkey.conf:8: id_min and id_max overlap UID_MIN 1000 to UID_MAX 60000 of "
         "/etc/login.defs"},
        {20000, 50000, "", "", "", "", "overlap UID_MIN 1000 to UID_MAX 60000"},
        {20000, 50000, "UID_MAX\t20000\nGID_MAX 19999\n", "", "", "", "UID_MAX 20000 of"},
        {20000, 50000, " UID_MAX 19999\nGID_MAX 20000\n", "", "", "", "GID_MAX 20000 of"},
        {20000, 50000, "UID_MIN 50000\nGID_MAX 9999\n", "", "", "", "UID_MIN 50000 to"},
        {20000, 50000, "UID_MAXIMUM 1\nGID_MAX 1\n", "", "", "", "UID_MAX 60000 of"},
        {20000, 50000, "#UID_MAX 1\nGID_MAX 1\n", "", "", "", "UID_MAX 60000 of"},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "", "", "",
         "FIRST_UID 1000 to LAST_UID 59999"},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "LAST_UID=19999\n", "", "",
         "FIRST_GID 1000 to LAST_GID 59999 of /etc/adduser.conf"},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "LAST_UID=19999\nLAST_GID=19999\n", "", "",
         NULL},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "LAST_UID=19999\nLAST_GID=19999\n",
         "a:1:2\nlena:50000:1\n", "", "the range of lena at /etc/subuid:2"},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "LAST_UID=19999\nLAST_GID=19999\n",
         "lena:50001:65536\n", "lena:1000:19001\n", "the range of lena at /etc/subgid:1"},
        {20000, 50000, "UID_MAX 19999\nGID_MAX 19999\n", "LAST_UID=19999\nLAST_GID=19999\n",
         "lena:50001:65536\n", "lena:1000:19000\nx\n:\na:b:c\n", NULL},
        {65536, 99999, LOGIN_DEFS_TEXT, "", "", "", NULL},
        {65536, 100000, LOGIN_DEFS_TEXT, "", "", "", "SUB_UID_MIN 100000 to SUB_UID_MAX 600100000"},
        {65536, 200000, "SUB_UID_MIN 300000\n", "", "", "", "SUB_GID_MIN 100000"},
        {ID_LEAST, ID_MOST, LOGIN_DEFS_TEXT, "", "lena:1879000000:65536\n", "",
         "the range of lena at /etc/subuid:1"},
        {ID_LEAST, ID_MOST, LOGIN_DEFS_TEXT, "", "lena:4294901760:65536\n", "", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct said said;

        write_file(STATE_DIR "/login.defs", rows[i].defs);
        write_file(STATE_DIR "/adduser.conf", rows[i].adduser);
        write_file(STATE_DIR "/subuid", rows[i].subuid);
        write_file(STATE_DIR "/subgid", rows[i].subgid);
        write_file(CONFIG_FILE, with_window(rows[i].least, rows[i].most));
        said = APPLY();
        if (said.status != (rows[i].wanted ? 3 : 0))
            fail_msg("row %zu: %s", i, said.text);
        if (rows[i].wanted)
            has(said.text, rows[i].wanted);
    }
}

static void a_window_with_the_foreign_ids_of_systemd_is_told_of(void **state)
{
    struct said said;

    (void)state;
    write_file(STATE_DIR "/login.defs", LOGIN_DEFS_TEXT);
    write_file(CONFIG_FILE, with_window(ID_LEAST, 2147352576));
    said = APPLY();
    assert_int_equal(said.status, 0);
    has(said.text, "latchkey.conf:8: id_min and id_max overlap 2147352576 to 2147418111, which "
                   "systemd 258 and later keep");
    assert_int_equal(understood().window.most, 2147352576);
    write_file(CONFIG_FILE, with_window(ID_LEAST, 2147352575));
    said = APPLY();
    assert_int_equal(said.status, 0);
    assert_null(strstr(said.text, "overlap"));
}

/* ---- what is shown ---- */

static bool publish(void)
{
    struct store *store = NULL;
    struct error why;
    bool good = store_open(PRIVATE_DIR, &store, &why) && store_publish(store, PUBLIC_DIR, &why);

    store_close(store);
    return good;
}

/* As of somebody who began before names became short. */
static bool publish_full_names(void)
{
    struct snapshot_builder *builder;
    struct error why;

    return snapshot_builder_new(&builder, &why) &&
           snapshot_add_person(builder, ID_LEAST + 9, "ada@contoso.example", "", "/h", "/bin/sh",
                               NULL, 0, &why) &&
           snapshot_publish(builder, PUBLIC_DIR, &why);
}

static enum names names_shown(void)
{
    OWNED(close_fd) int folder = open(PUBLIC_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    assert_true(snapshot_file_map(folder, "snapshot", &snapshot));
    assert_true(snapshot.people == 1);
    return snapshot.names;
}

static void people_are_shown_anew_whenever_the_snapshot_is_of_another_naming(void **state)
{
    (void)state;
    assert_int_equal(mkdir(PUBLIC_DIR, 0755), 0);
    assert_int_equal(chown(PUBLIC_DIR, OWNER, OWNER), 0);
    write_file(CONFIG_FILE, "issuer = " ISSUER "\nclient_id = c\ndomains = contoso.example\n"
                            "allow = everyone\nnames = short\n");
    as_owner(let_ada_in);
    as_owner(publish);
    assert_int_equal(names_shown(), NAMES_FULL);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(names_shown(), NAMES_SHORT);
    as_owner(publish_full_names);
    assert_int_equal(names_shown(), NAMES_FULL);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(names_shown(), NAMES_SHORT);
}

/* ---- PAM ---- */

static void sshd_is_told_only_where_pam_asks_us_about_accounts(void **state)
{
    static const struct {
        const char *sshd, *other; /* NULL: there is no such file */
        bool told;
    } rows[] = {
        {"account required pam_latchkey.so\n", "", true},
        {"-account required pam_latchkey.so debug\n", "", true},
        {"ACCOUNT [a=b c=d] /usr/lib/security/pam_latchkey.so\n", "", true},
        {"@include other\n", "account required pam_latchkey.so\n", true},
        {"account include other\n", "account required pam_latchkey.so\n", true},
        {"account substack other\n", "account required pam_latchkey.so", true},
        {"account include " PAM_DIR "/other\n", "account required pam_latchkey.so", true},
        {NULL, "account required pam_latchkey.so\n", true},
        {"", "", false},
        {"", "account required pam_latchkey.so\n", false},
        {NULL, NULL, false},
        {"auth required pam_latchkey.so\nsession optional pam_latchkey.so\n", "", false},
        {"# account required pam_latchkey.so\n", "", false},
        {"account required pam_unix.so # pam_latchkey.so\n", "", false},
        {"account required pam_unix.so pam_latchkey.so\n", "", false},
        {"account required pam_latchkey.so.bak\n", "", false},
        {"account required xpam_latchkey.so\n", "", false},
        {"auth include other\n", "account required pam_latchkey.so\n", false},
        {"auth substack other\n", "account required pam_latchkey.so\n", false},
        {"account include missing\n", "", false},
        {"account include sshd\n@include sshd\n", "", false},
        {"account\naccount required\naccount [a=b\n@include\n", "", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct said said;

        unlink(STATE_DIR "/pam.d/sshd");
        unlink(STATE_DIR "/pam.d/other");
        if (rows[i].sshd)
            write_file(STATE_DIR "/pam.d/sshd", rows[i].sshd);
        if (rows[i].other)
            write_file(STATE_DIR "/pam.d/other", rows[i].other);
        write_file(CONFIG_FILE, GENERIC);
        said = APPLY();
        assert_int_equal(said.status, 0);
        if (strcmp(understood().issuer, rows[i].told ? ISSUER : "") != 0)
            fail_msg("row %zu: %s", i, said.text);
        if (!rows[i].told)
            has(said.text, "/etc/pam.d/sshd has no account line for pam_latchkey.so");
    }
}

/* ---- one at a time ---- */

/* Whether the process naps, which apply does only while it waits for another one. */
static bool naps(pid_t process)
{
    char path[64], text[64] = "";
    OWNED(close_fd) int fd = -1;

    snprintf(path, sizeof path, "/proc/%d/syscall", (int)process);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd >= 0)
        read_into(fd, text, sizeof text);
    return strtol(text, NULL, 10) == SYS_clock_nanosleep;
}

static void whoever_writes_last_has_read_last(void **state)
{
    OWNED(close_fd) int lock = -1;
    pid_t child;
    int status;

    (void)state;
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(APPLY().status, 0);
    lock = open(LOCK, O_RDWR | O_CLOEXEC);
    assert_true(lock >= 0);
    assert_int_equal(flock(lock, LOCK_EX), 0);
    child = fork();
    if (child == 0)
        _exit(APPLY().status);
    /* The tool is the child of the child. */
    for (pid_t tool_process = 0; !tool_process || !naps(tool_process);) {
        char path[64], text[64] = "";
        OWNED(close_fd) int fd = -1;

        assert_int_equal(waitpid(child, &status, WNOHANG), 0); /* has not gone by */
        snprintf(path, sizeof path, "/proc/%d/task/%d/children", (int)child, (int)child);
        fd = open(path, O_RDONLY | O_CLOEXEC);
        if (fd >= 0)
            read_into(fd, text, sizeof text);
        tool_process = (pid_t)strtol(text, NULL, 10);
        sched_yield();
    }
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(flock(lock, LOCK_UN), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    assert_int_equal(understood().group_count, 1);
}

/* Whoever could open the file could keep root from it. */
static void nobody_else_can_hold_the_lock(void **state)
{
    struct stat status;

    (void)state;
    umask(0);
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(APPLY().status, 0);
    umask(022);
    assert_int_equal(lstat(LOCK, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    assert_int_equal(unlink(LOCK), 0);
    assert_int_equal(symlink("/etc/passwd", LOCK), 0);
    assert_int_equal(APPLY().status, 3);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_configuration_is_read_once, begin, end),
        cmocka_unit_test_setup_teardown(a_window_must_cover_all_ids_that_were_given, begin, end),
        cmocka_unit_test_setup_teardown(ids_are_given_in_the_window_that_was_applied, begin, end),
        cmocka_unit_test_setup_teardown(a_window_overlaps_no_range_of_the_host, begin, end),
        cmocka_unit_test_setup_teardown(a_window_with_the_foreign_ids_of_systemd_is_told_of, begin,
                                        end),
        cmocka_unit_test_setup_teardown(
            people_are_shown_anew_whenever_the_snapshot_is_of_another_naming, begin, end),
        cmocka_unit_test_setup_teardown(sshd_is_told_only_where_pam_asks_us_about_accounts, begin,
                                        end),
        cmocka_unit_test_setup_teardown(whoever_writes_last_has_read_last, begin, end),
        cmocka_unit_test_setup_teardown(nobody_else_can_hold_the_lock, begin, end),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("config_apply_host", all, 0);
    }
    if (count < 1 || !apply_open(arguments[0]))
        return check_done("config_apply_host", all, -1);
    return check_main("config_apply_host", tests);
}
