/* SPDX-License-Identifier: MIT */
/* What `latchkey config apply` writes for which configuration, and what it refuses. */
#include "tests/apply.h"

/* ---- what is written ---- */

static void everything_that_root_decides_is_written(void **state)
{
    struct nss_conf conf;
    struct stat status;
    struct said said;

    (void)state;
    umask(077);
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\ndocker = engineering\n"
                                           "sudo = night-shift\n");
    said = APPLY();
    umask(022);
    assert_int_equal(said.status, 0);
    has(said.text, "sudo (gid 27) goes to the people of linux-admins (gid ");
    conf = understood();
    assert_string_equal(conf.issuer, ISSUER);
    assert_string_equal(conf.home, "/h/{name}/x");
    assert_string_equal(conf.shell, "/bin/zsh");
    assert_int_equal(conf.domain_count, 2);
    assert_string_equal(conf.domains[1], "b.example");
    assert_int_equal(conf.group_count, 3);
    assert_int_equal(conf.groups[0].local, 27);
    assert_int_equal(conf.groups[0].directory, first_id("group", ISSUER, "linux-admins"));
    assert_int_equal(conf.groups[1].local, 999);
    assert_int_equal(conf.groups[1].directory, first_id("group", ISSUER, "engineering"));
    assert_int_equal(conf.groups[2].local, 27);
    assert_int_equal(lstat(NSS_CONF_FILE, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0644);
    assert_true(status.st_uid == 0 && status.st_gid == 0);
    assert_int_equal(access(NSS_CONF_FILE ".new", F_OK), -1);
}

static void once_more_writes_the_same(void **state)
{
    char first[4096];

    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(APPLY().status, 0);
    snprintf(first, sizeof first, "%s", written());
    assert_int_equal(symlink("/etc/passwd", NSS_CONF_FILE ".new"),
                     0); /* whatever lies in its way */
    assert_int_equal(APPLY().status, 0);
    assert_string_equal(written(), first);
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(APPLY().status, 0);
    assert_int_equal(understood().group_count, 0);
}

static void a_tenant_of_microsoft_is_known_by_its_number(void **state)
{
    struct nss_conf conf;

    (void)state;
    write_file(CONFIG_FILE, ENTRA GROUPS "sudo = 0f0e7d4c-1f4a-4d53-9c50-1b5a4a8f3a11\n");
    assert_int_equal(APPLY().status, 0);
    conf = understood();
    assert_string_equal(conf.issuer, "https://login.microsoftonline.com/" TENANT "/v2.0");
    assert_int_equal(conf.groups[0].directory,
                     first_id("group", conf.issuer, "0f0e7d4c-1f4a-4d53-9c50-1b5a4a8f3a11"));
}

static void without_the_issuer_ssh_is_not_the_first_way_in(void **state)
{
    struct said said;

    (void)state;
    write_file(CONFIG_FILE, DOMAIN_ONLY);
    said = APPLY();
    assert_int_equal(said.status, 0);
    has(said.text, "ssh cannot be the first way in: run this once more after the first sign-in");
    assert_string_equal(understood().issuer, "");
    write_file(CONFIG_FILE, DOMAIN_ONLY GROUPS "sudo = linux-admins\n");
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "give the tenant by its GUID");
    assert_int_equal(understood().group_count, 0);
}

/* ---- what is refused, with the cure; the old file stays ---- */

static void what_root_cannot_mean_is_refused_with_the_cure(void **state)
{
    static const struct {
        const char *config, *wanted;
    } rows[] = {
        {GENERIC GROUPS "wheel = a\n", "has no group wheel; run groupadd --system wheel"},
        {GENERIC GROUPS "SUDO = a\n", "has no group SUDO"},
        {GENERIC GROUPS "root = a\n", "root is the group of root (gid 0)"},
        {GENERIC GROUPS "twin = a\n", "twin is the group of root (gid 0)"},
        {GENERIC GROUPS "ours = a\n",
         "gid 1879048200 of ours is one that Latchkey gives to people; "
         "run groupmod --gid NUMBER ours"},
        {GENERIC GROUPS "sudo = docker\n", "docker of the identity platform cannot be shown"},
        {GENERIC GROUPS "sudo = Linux Admins\n", "Linux Admins of the identity platform cannot"},
        /* what the child says may have been put into the store by somebody else */
        {GENERIC GROUPS "sudo = Lin\xc3\xbcx\n", "the group Lin??x of the identity platform"},
        {GENERIC GROUPS "sudo =\n", "latchkey.conf:8: sudo wants the object id"},
        {GENERIC "colour = blue\n", "latchkey.conf:7: no setting is called \"colour\""},
        {"", "latchkey.conf: issuer is missing"},
        {"issuer = " ISSUER "\nclient_id = c\ndomains = contoso.example\nallow = everyone\n"
         "home = /h/{name}/\x01\n",
         "latchkey.conf:5: home wants an absolute path without blanks"},
    };
    char first[4096];

    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(APPLY().status, 0);
    snprintf(first, sizeof first, "%s", written());
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct said said;

        write_file(CONFIG_FILE, rows[i].config);
        said = APPLY();
        assert_int_equal(said.status, 3);
        has(said.text, rows[i].wanted);
        has(said.text, "latchkey config apply: ");
        assert_string_equal(written(), first);
    }
}

/* It keeps the name under which it is known, and with that it would not be shown any more. */
static void a_group_whose_name_has_become_a_local_one_is_refused(void **state)
{
    struct said said;

    (void)state;
    as_owner(let_ada_in);
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(APPLY().status, 0);
    write_file(STATE_DIR "/group", LOCAL "linux-admins:x:1500:\n");
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "linux-admins of the identity platform cannot be shown");
}

static void without_its_store_nothing_is_changed(void **state)
{
    struct said said;

    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(unlink(PRIVATE_DIR "/store.db"), 0);
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, "store.db is lost");
    assert_int_equal(access(NSS_CONF_FILE, F_OK), -1);
}

static void a_folder_that_cannot_be_written_keeps_the_old_file(void **state)
{
    char first[4096];
    struct said said;

    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(APPLY().status, 0);
    snprintf(first, sizeof first, "%s", written());
    write_file(CONFIG_FILE, GENERIC);
    assert_int_equal(mount(NULL, CONFIG_DIR, NULL, MS_REMOUNT | MS_RDONLY, NULL), 0);
    said = APPLY();
    assert_int_equal(mount(NULL, CONFIG_DIR, NULL, MS_REMOUNT, "mode=755"), 0);
    assert_int_equal(said.status, 3);
    has(said.text, ": Read-only file system");
    assert_string_equal(written(), first);
    /* a full disk */
    assert_int_equal(mount(NULL, CONFIG_DIR, NULL, MS_REMOUNT, "size=8k"), 0);
    said = APPLY();
    assert_int_equal(said.status, 3);
    has(said.text, NSS_CONF_FILE ": No space left");
    assert_string_equal(written(), first);
    assert_int_equal(access(NSS_CONF_FILE ".new", F_OK), -1);
}

static void only_root_may_do_it_and_only_in_these_words(void **state)
{
    static const struct {
        const char *words[4], *wanted;
        int status;
    } rows[] = {
        {{"config"}, "apply is missing", 2},
        {{"config", "show"}, "there is no config show", 2},
        {{"config", "apply", "now"}, "nothing may follow apply", 2},
        {{"config", "--help"}, "usage: latchkey config apply", 0},
    };
    struct said said;

    (void)state;
    write_file(CONFIG_FILE, GENERIC);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *const words[] = {tool, rows[i].words[0], rows[i].words[1], rows[i].words[2],
                                     NULL};

        said = run_as(0, words);
        assert_int_equal(said.status, rows[i].status);
        has(said.text, rows[i].wanted);
    }
    said = run_as(OWNER, (const char *const[]){tool, "config", "apply", NULL});
    assert_int_equal(said.status, 3);
    has(said.text, "only root can do that");
    assert_int_equal(access(NSS_CONF_FILE, F_OK), -1);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(everything_that_root_decides_is_written, begin, end),
        cmocka_unit_test_setup_teardown(once_more_writes_the_same, begin, end),
        cmocka_unit_test_setup_teardown(a_tenant_of_microsoft_is_known_by_its_number, begin, end),
        cmocka_unit_test_setup_teardown(without_the_issuer_ssh_is_not_the_first_way_in, begin, end),
        cmocka_unit_test_setup_teardown(what_root_cannot_mean_is_refused_with_the_cure, begin, end),
        cmocka_unit_test_setup_teardown(a_group_whose_name_has_become_a_local_one_is_refused, begin,
                                        end),
        cmocka_unit_test_setup_teardown(without_its_store_nothing_is_changed, begin, end),
        cmocka_unit_test_setup_teardown(a_folder_that_cannot_be_written_keeps_the_old_file, begin,
                                        end),
        cmocka_unit_test_setup_teardown(only_root_may_do_it_and_only_in_these_words, begin, end),
    };
    const size_t all = sizeof tests / sizeof tests[0];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("config_apply", all, 0);
    }
    if (count < 1 || !apply_open(arguments[0]))
        return check_done("config_apply", all, -1);
    return check_main("config_apply", tests);
}
