/* SPDX-License-Identifier: MIT */
/*
 * `latchkey config apply` as root runs it, on a machine of its own: its folders, and what other
 * packages say in /etc, are mounted over ours.
 */
#pragma once

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

static inline void write_file(const char *path, const char *text)
{
    OWNED(close_file) FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fchmod(fileno(file), 0644), 0);
}

static inline void mount_empty(const char *path)
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

static inline void make_private(const char *path)
{
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(chown(path, OWNER, OWNER), 0);
}

static inline bool create_store(void)
{
    return store_create(PRIVATE_DIR, &(struct error){0});
}

/* Ada, in the group linux-admins. */
static inline bool let_ada_in(void)
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

static inline void as_owner(bool (*act)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(setresgid(OWNER, OWNER, OWNER) != 0 || setresuid(OWNER, OWNER, OWNER) != 0 || !act());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

#define LOGIN_DEFS_TEXT                                                                            \
    "# UID_MIN 1\nUID_MIN\t\t 1000\nUID_MAX 60000\nSYS_UID_MIN 100\nGID_MIN 1000\nGID_MAX 60000\n" \
    "SUB_UID_MIN 100000\nSUB_UID_MAX 600100000\n"
static const char login_defs[] = LOGIN_DEFS_TEXT;

static inline void mount_file(const char *name, const char *text, const char *over)
{
    char path[PATH_MAX];

    snprintf(path, sizeof path, STATE_DIR "/%s", name);
    write_file(path, text);
    if (mount(path, over, NULL, MS_BIND, NULL) != 0)
        assert_int_equal(errno, ENOENT);
}

/* What other packages say on this machine. */
static inline void mount_files(const char *defs)
{
    mount_file("login.defs", defs, LOGIN_DEFS);
    mount_file("adduser.conf", "#LAST_UID=59999\n", ADDUSER_CONF);
    mount_file("subuid", "lena:700000000:65536\n", LOCAL_SUBUID);
    mount_file("subgid", "lena:700000000:65536\n", LOCAL_SUBGID);
    assert_int_equal(mkdir(STATE_DIR "/pam.d", 0755), 0);
    write_file(STATE_DIR "/pam.d/sshd", "# the stack\n@include common-account\nauth required x\n");
    write_file(STATE_DIR "/pam.d/common-account",
               "account [success=1 new_authtok_reqd=done] pam_unix.so\n"
               "account\t[default=bad success=ok user_unknown=ignore]\tpam_latchkey.so\n");
    assert_int_equal(mount(STATE_DIR "/pam.d", PAM_DIR, NULL, MS_BIND, NULL), 0);
}

static inline int begin(void **state)
{
    (void)state;
    mount_empty(STATE_DIR);
    mount_empty(CONFIG_DIR);
    mount_empty(RUNTIME_DIR);
    make_private(PRIVATE_DIR);
    make_private(RUNTIME_STATE_DIR);
    mount_files(login_defs);
    write_file(STATE_DIR "/group", LOCAL);
    assert_int_equal(mount(STATE_DIR "/group", LOCAL_GROUP, NULL, MS_BIND, NULL), 0);
    as_owner(create_store);
    return 0;
}

static inline int end(void **state)
{
    static const char *const places[] = {LOCAL_GROUP,  LOGIN_DEFS,   ADDUSER_CONF,
                                         LOCAL_SUBUID, LOCAL_SUBGID, PAM_DIR,
                                         STATE_DIR,    CONFIG_DIR,   RUNTIME_DIR};

    (void)state;
    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        if (umount2(places[i], MNT_DETACH) != 0)
            assert_int_equal(errno, EINVAL); /* the machine has no such file */
    return 0;
}

/* ---- the tool ---- */

struct said {
    int status;
    char text[4096]; /* on both outputs */
};

static inline void read_into(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);

    text[length > 0 ? length : 0] = '\0';
}

static inline struct said run_as(uid_t uid, const char *const *arguments)
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

static inline void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("wanted: %s\ngot: %s", wanted, text);
}

static inline const char *written(void)
{
    static char text[NSS_CONF_MOST + 1];
    OWNED(close_fd) int fd = open(NSS_CONF_FILE, O_RDONLY | O_CLOEXEC);

    text[0] = '\0';
    if (fd >= 0)
        read_into(fd, text, sizeof text);
    return text;
}

static inline struct nss_conf understood(void)
{
    static char text[NSS_CONF_MOST + 1];
    struct nss_conf conf;

    snprintf(text, sizeof text, "%s", written());
    assert_true(nss_conf_parse(text, strlen(text), &conf));
    return conf;
}

/* False when the tests cannot run here. */
static inline bool apply_open(const char *program)
{
    const char *slash = strrchr(program, '/');
    char path[PATH_MAX + 32];

    if (!slash)
        return false;
    snprintf(path, sizeof path, "%.*s/../latchkey", (int)(slash - program), program);
    return realpath(path, tool) && unshare(CLONE_NEWNS | CLONE_NEWNET) == 0 &&
           mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0;
}
