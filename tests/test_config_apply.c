/* SPDX-License-Identifier: MIT */
/*
 * `latchkey config apply` as root runs it, on a machine of its own: its folders, and the local group
 * file, are mounted over ours.
 */
#include "tests/check.h"

#include "base/own.h"
#include "cache/first_id.h"
#include "cache/name.h"
#include "cache/nss_conf.h"
#include "cache/store.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OWNER  65534 /* stands for the user latchkey */
#define ISSUER "https://login.contoso.example"
#define TENANT "9122040d-6c67-4c5b-b112-36a304b66dad"
#define CONFIG                                                                                   \
    "client_id = c\ndomains = contoso.example b.example\nallow = everyone\nhome = /h/{name}/x\n" \
    "shell = /bin/zsh\n"
#define GENERIC     "issuer = " ISSUER "\n" CONFIG
#define ENTRA       "issuer = https://login.microsoftonline.com/" TENANT "/v2.0\n" CONFIG
#define DOMAIN_ONLY "issuer = https://login.microsoftonline.com/contoso.example/v2.0\n" CONFIG
#define GROUPS      "[local groups]\n"
#define LOCAL       "root:x:0:\nsudo:x:27:\ndocker:x:999:\nours:x:1879048200:\ntwin:x:0:\n"

static char tool[PATH_MAX];

/* ---- a machine of its own ---- */

static void write_file(const char *path, const char *text)
{
    OWNED(close_file) FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0644), 0);
}

static void mount_empty(const char *path)
{
    char above[PATH_MAX];

    snprintf(above, sizeof above, "%s", path);
    for (char *slash = above + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
        *slash = '\0';
        (void)mkdir(above, 0755);
    }
    assert_true(mkdir(path, 0755) == 0 || errno == EEXIST);
    assert_int_equal(mount("tmpfs", path, "tmpfs", 0, "mode=755"), 0);
}

static void make_private(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, OWNER, OWNER), 0);
}

static bool create_store(void)
{
    return store_create(PRIVATE_DIR, &(struct error){0});
}

/* Ada, in the group linux-admins. */
static bool let_ada_in(void)
{
    static const struct account account = {.issuer = ISSUER, .object_id = "object-of-ada"};
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(1);
    const struct acceptance acceptance = {.account = &account,
                                          .name = "ada@contoso.example",
                                          .gecos = "",
                                          .home = "/h",
                                          .shell = "/bin/sh",
                                          .group_ids = &groups,
                                          .now = 1000};
    struct store *store = NULL;
    struct person person;
    struct error why;
    bool changed, good;

    if (!strings_add(&groups, "linux-admins") || !store_open(PRIVATE_DIR, &store, &why))
        return false;
    good = store_accept(store, &acceptance, &person, &changed, NULL, &why);
    store_close(store);
    return good;
}

static void as_owner(bool (*act)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(setresgid(OWNER, OWNER, OWNER) != 0 || setresuid(OWNER, OWNER, OWNER) != 0 || !act());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int begin(void **state)
{
    (void)state;
    mount_empty(STATE_DIR);
    mount_empty(CONFIG_DIR);
    mount_empty(RUNTIME_DIR);
    make_private(PRIVATE_DIR);
    make_private(RUNTIME_STATE_DIR);
    write_file(STATE_DIR "/group", LOCAL);
    assert_int_equal(mount(STATE_DIR "/group", LOCAL_GROUP, NULL, MS_BIND, NULL), 0);
    as_owner(create_store);
    return 0;
}

static int end(void **state)
{
    static const char *const places[] = {LOCAL_GROUP, STATE_DIR, CONFIG_DIR, RUNTIME_DIR};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        assert_int_equal(umount2(places[i], MNT_DETACH), 0);
    return 0;
}

/* ---- the tool ---- */

struct said {
    int status;
    char text[4096]; /* on both outputs */
};

static void read_into(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);

    text[length > 0 ? length : 0] = '\0';
}

static struct said run_as(uid_t uid, const char *const *arguments)
{
    OWNED(close_file) FILE *output = tmpfile();
    struct said said = {.status = -1};
    pid_t child;
    int status;

    assert_non_null(output);
    child = fork();
    if (child == 0) {
        dup2(fileno(output), STDOUT_FILENO);
        dup2(fileno(output), STDERR_FILENO);
        if (uid == 0 || setresuid(uid, uid, uid) == 0)
            execv(tool, (char *const *)(uintptr_t)arguments);
        _exit(126);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    said.status = WEXITSTATUS(status);
    read_into(fileno(output), said.text, sizeof said.text);
    return said;
}

#define RUN(...) run_as(0, (const char *const[]){tool, __VA_ARGS__, NULL})
#define APPLY()  RUN("config", "apply")

static void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("wanted: %s\ngot: %s", wanted, text);
}

static const char *written(void)
{
    static char text[NSS_CONF_MOST + 1];
    OWNED(close_fd) int fd = open(NSS_CONF_FILE, O_RDONLY | O_CLOEXEC);

    text[0] = '\0';
    if (fd >= 0)
        read_into(fd, text, sizeof text);
    return text;
}

static struct nss_conf understood(void)
{
    static char text[NSS_CONF_MOST + 1];
    struct nss_conf conf;

    snprintf(text, sizeof text, "%s", written());
    assert_true(nss_conf_parse(text, strlen(text), &conf));
    return conf;
}

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
        {GENERIC GROUPS "sudo =\n", "latchkey.conf:8: sudo wants the object id"},
        {GENERIC "colour = blue\n", "latchkey.conf:7: no setting is called \"colour\""},
        {"", "latchkey.conf: issuer is missing"},
        {"issuer = " ISSUER "\nclient_id = c\ndomains = contoso.example\nallow = everyone\n"
         "home = /h/{name}/\x01\n",
         NSS_CONF_FILE " cannot hold this configuration"},
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
    has(said.text, NSS_CONF_FILE ": Read-only file system");
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
    const char *slash = count < 1 ? NULL : strrchr(arguments[0], '/');
    char path[PATH_MAX + 32];

    if (geteuid() != 0) {
        check_skipped = (unsigned)all;
        return check_done("config_apply", all, 0);
    }
    if (!slash)
        return check_done("config_apply", all, -1);
    snprintf(path, sizeof path, "%.*s/../latchkey", (int)(slash - arguments[0]), arguments[0]);
    if (!realpath(path, tool) || unshare(CLONE_NEWNS | CLONE_NEWNET) != 0 ||
        mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)
        return check_done("config_apply", all, -1);
    return check_main("config_apply", tests);
}
