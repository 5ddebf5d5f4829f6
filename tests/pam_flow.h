/* SPDX-License-Identifier: MIT */
/*
 * What the tests of the PAM module share: the module as built for them beside
 * the test (folder `flow`: its own helper, local passwd file and socket), real
 * libpam, and names as this file gives them instead of NSS.
 */
#pragma once

#include "tests/check.h"

#include "base/own.h"
#include "cache/name.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pwd.h>
#include <sched.h>
#include <security/pam_appl.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define ADA "ada@contoso.example"

static char flow[PATH_MAX]; /* the folder */

static inline const char *in_flow(const char *name)
{
    static char path[2][PATH_MAX + 64];
    static unsigned turn;

    snprintf(path[++turn % 2], sizeof path[0], "%s/%s", flow, name);
    return path[turn % 2];
}

static inline void write_file(const char *name, const char *bytes, size_t length)
{
    OWNED(close_fd) int fd = -1;

    unlink(in_flow(name));
    fd = open(in_flow(name), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, length), length);
}

#define WRITE(name, text) write_file(name, text, sizeof text - 1)
#define SCRIPT(text)      WRITE("script", text)

static inline void install_helper(void)
{
    static char bytes[8 * 1024 * 1024];
    char path[PATH_MAX + 64];
    OWNED(close_fd) int fd = -1;
    ssize_t length;

    snprintf(path, sizeof path, "%s/../tests/stub_helper", flow);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    length = read(fd, bytes, sizeof bytes);
    assert_true(length > 0 && (size_t)length < sizeof bytes);
    write_file("latchkey-login", bytes, (size_t)length);
    assert_int_equal(chmod(in_flow("latchkey-login"), 0755), 0);
}

/* What the helper wrote down, "" when none was started. */
static inline const char *seen(void)
{
    static char text[8192];
    OWNED(close_fd) int fd = open(in_flow("seen"), O_RDONLY | O_CLOEXEC);
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text - 1);

    text[length > 0 ? length : 0] = '\0';
    unlink(in_flow("seen"));
    return text;
}

/* What the application answers, and what it was shown. */
static struct talked {
    const char *reply; /* NULL: a NULL reply */
    int result;        /* of the conversation function */
    bool no_array;     /* success without any reply structure */
    int prompts, shown;
    char text[8192]; /* every message, one per line */
} talked;

static inline int converse(int count, const struct pam_message **messages,
                           struct pam_response **replies, void *data)
{
    struct pam_response *reply = calloc((size_t)count, sizeof *reply);

    (void)data;
    for (int i = 0; i < count; i++) {
        size_t used = strlen(talked.text);
        bool question = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
                        messages[i]->msg_style == PAM_PROMPT_ECHO_ON;

        snprintf(talked.text + used, sizeof talked.text - used, "%d:%s\n", messages[i]->msg_style,
                 messages[i]->msg);
        talked.prompts += question;
        talked.shown += !question;
        if (question && talked.reply)
            reply[i].resp = strdup(talked.reply);
    }
    if (talked.result != PAM_SUCCESS || talked.no_array) {
        for (int i = 0; i < count; i++)
            free(reply[i].resp);
        free(reply);
        reply = NULL;
    }
    *replies = reply;
    return talked.result;
}

/* The people of the tests. A uid of -1 is a source of names that fails. */
static const struct known {
    const char *name;
    uid_t uid;
    const char *answer; /* the name in the entry, when another one */
} people[] = {
    {ADA, ID_LEAST + 5, NULL},
    {"first@contoso.example", ID_LEAST, NULL},
    {"last@contoso.example", ID_MOST, NULL},
    {"below@contoso.example", ID_LEAST - 1, NULL},
    {"above@contoso.example", ID_MOST + 1, NULL},
    {"zero@contoso.example", 0, NULL},
    {"outside@contoso.example", 1000, NULL},
    {"local@contoso.example", ID_LEAST + 6, NULL},
    {"alias@contoso.example", ID_LEAST + 7, "other@contoso.example"},
    {"broken@contoso.example", (uid_t)-1, NULL},
    {"late@contoso.example", ID_LEAST + 8, NULL},
    {"moved@contoso.example", ID_LEAST + 9, NULL},
    {"promised@contoso.example", ID_LEAST + 10, NULL}, /* the uid has no name */
    {"squatted@contoso.example", ID_LEAST + 11, NULL}, /* the uid has another one */
    {"dim@contoso.example", ID_LEAST + 12, NULL},      /* a source fails at the uid */
    {"small@contoso.example", 20001, NULL},            /* ours in another window */
    {"root", 0, NULL},
    {"alice", 1000, NULL},
};

static const char *home;     /* everybody's; NULL: none that could be looked at */
static bool late_is_known;   /* turned by tests */
static bool enrolled;        /* promised@ is, as she was promised */
static bool names_fail;      /* every source does, once the helper was started */
static unsigned moved_known; /* how often still */

/* Takes libc's place for the module as well: the loader finds the program's own symbols first. */
int getpwnam_r(const char *name, struct passwd *entry, char *memory, size_t size,
               struct passwd **found)
{
    *found = NULL;
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        const char *answer = people[i].answer ? people[i].answer : name;

        if (strcmp(people[i].name, name) != 0 ||
            (strncmp(name, "late@", 5) == 0 && !late_is_known) ||
            (strncmp(name, "moved@", 6) == 0 && !moved_known))
            continue;
        if (people[i].uid == (uid_t)-1 || (names_fail && access(in_flow("seen"), F_OK) == 0))
            return EIO;
        if (size < 5000) /* somebody whose entry is long */
            return ERANGE;
        moved_known -= strncmp(name, "moved@", 6) == 0;
        memcpy(memory, answer, strlen(answer) + 1);
        *entry = (struct passwd){.pw_name = memory,
                                 .pw_uid = people[i].uid,
                                 .pw_dir = home ? (char *)(uintptr_t)home : memory};
        *found = entry;
        break;
    }
    return 0;
}

int getpwuid_r(uid_t uid, struct passwd *entry, char *memory, size_t size, struct passwd **found)
{
    *found = NULL;
    for (size_t i = 0; i < sizeof people / sizeof *people; i++) {
        const char *name = people[i].name;

        if (people[i].uid != uid || (strncmp(name, "promised@", 9) == 0 && !enrolled))
            continue;
        if (strncmp(name, "dim@", 4) == 0)
            return EIO;
        if (size < 5000)
            return ERANGE;
        if (strncmp(name, "squatted@", 9) == 0)
            name = "squatter";
        memcpy(memory, name, strlen(name) + 1);
        *entry = (struct passwd){
            .pw_name = memory, .pw_uid = uid, .pw_dir = home ? (char *)(uintptr_t)home : memory};
        *found = entry;
        break;
    }
    return 0;
}

static unsigned failure_wait_us; /* for how long libpam would have waited after the last failure */

/* In the place of libpam's pause, so that no test sleeps. */
static inline void count_wait(int code, unsigned us, void *data)
{
    (void)data;
    if (code != PAM_SUCCESS)
        failure_wait_us = us;
}

static inline void do_not_wait(pam_handle_t *pam)
{
    void (*own)(int, unsigned, void *) = count_wait;
    const void *item = NULL;

    memcpy(&item, &own, sizeof item);
    assert_int_equal(pam_set_item(pam, PAM_FAIL_DELAY, item), PAM_SUCCESS);
}

static inline pam_handle_t *start_with(const char *name, const struct pam_conv *conversation)
{
    pam_handle_t *pam = NULL;
    char services[PATH_MAX + 64];

    snprintf(services, sizeof services, "%s/pam.d", flow);
    talked.prompts = talked.shown = 0;
    talked.text[0] = '\0';
    assert_int_equal(pam_start_confdir("latchkey-test", name, conversation, services, &pam),
                     PAM_SUCCESS);
    do_not_wait(pam);
    return pam;
}

static inline pam_handle_t *start(const char *name)
{
    static const struct pam_conv conversation = {.conv = converse};

    return start_with(name, &conversation);
}

static inline int authenticate(const char *name, int flags)
{
    pam_handle_t *pam = start(name);
    int code = pam_authenticate(pam, flags);

    pam_end(pam, code);
    return code;
}

/* The service file; every line is about `module`, which stands for ours. */
static inline void write_service(const char *const lines[][3], size_t count)
{
    char text[PATH_MAX * 8] = "";

    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);

        snprintf(text + used, sizeof text - used, "%s %s %s\n", lines[i][0],
                 strcmp(lines[i][1], "module") == 0 ? in_flow("pam_latchkey.so") : lines[i][1],
                 lines[i][2]);
    }
    write_file("pam.d/latchkey-test", text, strlen(text));
}

static inline void write_plain_service(const char *options)
{
    const char *const lines[][3] = {{"auth required", "module", options},
                                    {"account required", "module", options},
                                    {"password required", "module", options},
                                    {"session required", "module", options}};

    write_service(lines, 4);
}

/* Without root: root of a user namespace of our own. */
static inline bool be_root(void)
{
    char map[64];
    OWNED(close_fd) int fd = -1;

    if (geteuid() == 0)
        return true;
    snprintf(map, sizeof map, "0 %ld 1", (long)geteuid());
    if (unshare(CLONE_NEWUSER) != 0)
        return false;
    fd = open("/proc/self/uid_map", O_WRONLY | O_CLOEXEC);
    return fd >= 0 && write(fd, map, strlen(map)) == (ssize_t)strlen(map);
}

static inline int reset(void **state)
{
    (void)state;
    talked = (struct talked){.reply = "right", .result = PAM_SUCCESS};
    late_is_known = enrolled = names_fail = false;
    moved_known = 0;
    home = NULL;
    install_helper();
    SCRIPT("bv\1");
    write_plain_service("");
    WRITE("passwd", "root:x:0:0:::\nalice:x:1000:1000:::\nlocal@contoso.example:x:1:1:::");
    seen();
    return 0;
}

/* In a process of its own; the exit status is the PAM code. */
static inline int in_child(int (*run)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0)
        _exit(run());
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* False when the tests cannot run here. */
static inline bool flow_open(const char *program)
{
    char *slash, *end;

    if (!realpath(program, flow) || !(slash = strrchr(flow, '/')))
        return false;
    *slash = '\0';
    end = strrchr(flow, '/');
    memcpy(end, "/flow", sizeof "/flow");
    umask(022);
    mkdir(in_flow("pam.d"), 0755);
    mkdir(in_flow("run"), 0755);
    if (access(in_flow("pam_latchkey.so"), R_OK) != 0)
        return fprintf(stderr, "%s/pam_latchkey.so is not built\n", flow), false;
    return be_root();
}
