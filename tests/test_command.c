/* SPDX-License-Identifier: MIT */
/* The tool as somebody would run it, on a machine of its own: its folders are mounted over ours. */
#include "tests/check.h"

#include "base/own.h"
#include "cache/breakers.h"
#include "config/paths.h"
#include "platform/platform.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OWNER 65534 /* stands for the user latchkey */
#define CODES "version 2031-01-02\n50126 secret - wrong\n"
#define CONFIG \
    "issuer = https://127.0.0.1:9\nclient_id = c\ndomains = contoso.example\nallow = everyone\n"

static char tool[PATH_MAX];

struct said {
    int status;
    char out[4096], err[4096];
};

static void read_all(int fd, char *text, size_t size)
{
    ssize_t length = pread(fd, text, size - 1, 0);

    text[length > 0 ? length : 0] = '\0';
}

/* `out` -1: kept in what is returned. */
static struct said run_as(uid_t uid, int out, const char *const arguments[4])
{
    OWNED(close_file) FILE *output = tmpfile(), *errors = tmpfile();
    struct said said = {.status = -1};
    pid_t child;
    int status;

    assert_non_null(output);
    assert_non_null(errors);
    child = fork();
    if (child == 0) {
        dup2(out >= 0 ? out : fileno(output), STDOUT_FILENO);
        dup2(fileno(errors), STDERR_FILENO);
        if (uid == 0 || setresuid(uid, uid, uid) == 0)
            execl(tool, tool, arguments[0], arguments[1], arguments[2], NULL);
        _exit(126);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    said.status = WEXITSTATUS(status);
    read_all(fileno(output), said.out, sizeof said.out);
    read_all(fileno(errors), said.err, sizeof said.err);
    return said;
}

#define RUN(...) run_as(0, -1, (const char *const[4]){__VA_ARGS__})

static void has(const char *text, const char *wanted)
{
    if (!strstr(text, wanted))
        fail_msg("wanted: %s\ngot: %s", wanted, text);
}

/* --- A machine of its own. --- */

static void make_folder(const char *path, mode_t mode, uid_t owner)
{
    assert_true(mkdir(path, mode) == 0 || errno == EEXIST);
    assert_int_equal(chmod(path, mode), 0);
    assert_int_equal(chown(path, owner, owner), 0);
}

static void write_file(const char *path, const char *text)
{
    OWNED(close_file) FILE *file = fopen(path, "w");

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

/* As the owner of what is remembered, and in a process of its own. */
static void as_owner(void (*act)(void))
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        if (setresgid(OWNER, OWNER, OWNER) != 0 || setresuid(OWNER, OWNER, OWNER) != 0)
            _exit(126);
        act();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void create_store(void)
{
    if (!store_create(PRIVATE_DIR, &(struct error){0}))
        _exit(1);
}

/* Only root may do that; without, the tests of a whole host are skipped. */
static int begin(void **state)
{
    (void)state;
    if (geteuid() != 0)
        return 0;
    mount_empty(STATE_DIR);
    mount_empty(CONFIG_DIR);
    mount_empty(RUNTIME_DIR);
    mount_empty(DATA_DIR);
    make_folder(PRIVATE_DIR, 0700, OWNER);
    make_folder(RUNTIME_STATE_DIR, 0700, OWNER);
    write_file(CONFIG_FILE, CONFIG);
    write_file(CODES_FILE, CODES);
    as_owner(create_store);
    return 0;
}

static int end(void **state)
{
    static const char *const places[] = {STATE_DIR, CONFIG_DIR, RUNTIME_DIR, DATA_DIR};

    (void)state;
    for (size_t i = 0; geteuid() == 0 && i < sizeof places / sizeof *places; i++)
        assert_int_equal(umount2(places[i], MNT_DETACH), 0);
    return 0;
}

#define WANTS_ROOT()        \
    do {                    \
        if (geteuid() != 0) \
            skip();         \
    } while (0)

/* What happens to the breakers of all that can be out. */
static struct breaker_event event;

static void change_breakers(void)
{
    OWNED(close_fd) int runtime = open(RUNTIME_STATE_DIR, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct breakers breakers = {.runtime = runtime};

    if (!store_open(PRIVATE_DIR, &breakers.store, &(struct error){0}))
        _exit(1);
    for (int i = 0; i < DEPENDENCIES; i++)
        if (!breakers_change(&breakers, dependency_name((enum dependency)i), &event,
                             &(struct error){0}))
            _exit(1);
    store_close(breakers.store);
}

static void happens(struct breaker_event what)
{
    event = what;
    as_owner(change_breakers);
}

static bool outage_is_recorded(void)
{
    return access(RUNTIME_STATE_DIR "/" BREAKERS_OUTAGE_FILE, F_OK) == 0;
}

static int lines_of(const char *text, const char *part)
{
    int count = 0;

    while ((text = strstr(text, part))) {
        count++;
        text++;
    }
    return count;
}

/* --- The tests. --- */

static void the_tool_explains_what_it_can_be_told(void **state)
{
    static const struct {
        const char *arguments[4];
        int status;
        const char *out, *err;
    } cases[] = {
        {{"--help"}, 0, "usage: latchkey COMMAND", ""},
        {{"--version"}, 0, "latchkey ", ""},
        {{"probe", "--help"}, 0, "usage: latchkey probe [--json]", ""},
        {{"probe", "--json", "--help"}, 0, "usage: latchkey probe", ""},
        {{NULL}, 2, "", "latchkey: a command is missing; see latchkey --help"},
        {{""}, 2, "", "latchkey: there is no command \"\"; see latchkey --help"},
        {{"prob"}, 2, "", "latchkey: there is no command \"prob\"; see"},
        {{"-x"}, 2, "", "latchkey: there is no option \"-x\"; see"},
        {{"--help", "probe"}, 2, "", "latchkey: nothing may follow \"--help\"; see"},
        {{"--version", "--json"}, 2, "", "latchkey: nothing may follow \"--version\"; see"},
        {{"probe", "--jso"},
         2,
         "",
         "latchkey probe: there is no option \"--jso\"; see latchkey probe --help"},
        {{"probe", "all"}, 2, "", "latchkey probe: there is no argument \"all\"; see"},
        {{"probe", "--json", "--all"}, 2, "", "latchkey probe: there is no option \"--all\"; see"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct said said = run_as(0, -1, cases[i].arguments);

        assert_int_equal(said.status, cases[i].status);
        has(said.out, cases[i].out);
        has(said.err, cases[i].err);
        assert_int_equal(*said.out != '\0', cases[i].status == 0);
        assert_int_equal(*said.err != '\0', cases[i].status != 0);
    }
}

static void what_could_not_be_written_is_no_good_news(void **state)
{
    static const char *const calls[][4] = {{"--help"}, {"--version"}, {"probe", "--help"}};
    OWNED(close_fd) int full = open("/dev/full", O_WRONLY | O_CLOEXEC);

    (void)state;
    assert_true(full >= 0);
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        struct said said = run_as(0, full, calls[i]);

        assert_int_equal(said.status, 3);
        has(said.err, "latchkey: standard output: ");
    }
}

static void the_version_names_the_table_of_codes_and_its_files(void **state)
{
    (void)state;
    WANTS_ROOT();
    has(RUN("--version").out, "\ncodes 2031-01-02 (" CODES_FILE ")\n");
    write_file(CODES_OWN, "50126 denied - not here\n");
    has(RUN("--version").out, "\ncodes 2031-01-02 (" CODES_OWN " before " CODES_FILE ")\n");
    write_file(CODES_OWN, "version 2032-03-04\n50126 denied - not here\n");
    has(RUN("--version").out, "\ncodes 2032-03-04 (");
    write_file(CODES_FILE, "50126 nonsense - x\n");
    unlink(CODES_OWN);
    has(RUN("--version").err, CODES_FILE);
    has(RUN("--version").out, " (as built in)\n");
    unlink(CODES_FILE);
    assert_string_equal(RUN("--version").err, "");
    has(RUN("--version").out, " (as built in)\n");
}

static void a_host_at_fault_is_told_from_an_outage(void **state)
{
    struct said said;

    (void)state;
    WANTS_ROOT();
    write_file(CONFIG_FILE, CONFIG "colour = blue\n");
    said = RUN("probe");
    assert_int_equal(said.status, 3);
    has(said.err, CONFIG_FILE);
    assert_string_equal(said.out, "");
    write_file(CONFIG_FILE, CONFIG);
    assert_int_equal(RUN("probe").status, 0);
    assert_int_equal(rename(PRIVATE_DIR "/store.db", PRIVATE_DIR "/store.away"), 0);
    assert_int_equal(RUN("probe").status, 3);
    assert_int_equal(rename(PRIVATE_DIR, STATE_DIR "/away"), 0);
    said = RUN("probe", "--json");
    assert_int_equal(said.status, 3);
    has(said.err, PRIVATE_DIR);
}

static void only_root_and_the_owner_of_what_is_remembered_may_probe(void **state)
{
    struct said said;

    (void)state;
    WANTS_ROOT();
    said = run_as(12345, -1, (const char *const[4]){"probe"});
    assert_int_equal(said.status, 3);
    has(said.err, "only root, or the user latchkey, can do that");
    assert_string_equal(said.out, "");
}

static void nothing_is_asked_when_nothing_is_out(void **state)
{
    struct said said;

    (void)state;
    WANTS_ROOT();
    said = RUN("probe");
    assert_int_equal(said.status, 0);
    assert_int_equal(lines_of(said.out, ": in service\n"), DEPENDENCIES);
    assert_string_equal(said.err, "");
    assert_false(outage_is_recorded());
}

static void nothing_is_asked_before_its_time(void **state)
{
    const struct breaker_event failure = {
        .kind = BREAKER_FAILED, .now = time(NULL), .silent = true, .told = 600};
    struct said said;

    (void)state;
    WANTS_ROOT();
    happens(failure);
    said = RUN("probe");
    assert_int_equal(said.status, 1);
    assert_int_equal(lines_of(said.out, ": out, and not to be asked yet\n"), DEPENDENCIES);
    said = RUN("probe", "--json");
    assert_int_equal(said.status, 1);
    assert_int_equal(lines_of(said.out, "\"state\": \"waiting\"}"), DEPENDENCIES);
    assert_true(outage_is_recorded());
}

/* The address is our own, and nobody listens there. */
static void what_is_out_and_does_not_answer_is_still_out(void **state)
{
    const struct breaker_event failure = {
        .kind = BREAKER_FAILED, .now = time(NULL) - 3600, .silent = true};
    struct said said;

    (void)state;
    WANTS_ROOT();
    happens(failure);
    happens(failure);
    said = RUN("probe", "--json");
    assert_int_equal(said.status, 1);
    assert_memory_equal(said.out, "[\n  {\"dependency\": \"", 19);
    has(said.out, "\"state\": \"out\", \"why\": \"");
    has(said.out, "\"}\n]\n");
    assert_int_equal(lines_of(said.out, "\n  {\"dependency\": "), DEPENDENCIES);
    assert_true(outage_is_recorded());
    assert_string_equal(said.err, ""); /* nothing has changed: nothing for the log */
    assert_int_equal(RUN("probe").status, 1);
}

static void an_outage_that_was_only_a_wait_ends_with_it(void **state)
{
    const struct breaker_event told = {.kind = BREAKER_SERVED, .now = time(NULL) - 600, .told = 5};

    (void)state;
    WANTS_ROOT();
    happens(told);
    write_file(RUNTIME_STATE_DIR "/" BREAKERS_OUTAGE_FILE, ""); /* from when it was in force */
    assert_int_equal(RUN("probe").status, 0);
    assert_false(outage_is_recorded());
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_tool_explains_what_it_can_be_told, begin, end),
        cmocka_unit_test_setup_teardown(what_could_not_be_written_is_no_good_news, begin, end),
        cmocka_unit_test_setup_teardown(the_version_names_the_table_of_codes_and_its_files, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_host_at_fault_is_told_from_an_outage, begin, end),
        cmocka_unit_test_setup_teardown(only_root_and_the_owner_of_what_is_remembered_may_probe,
                                        begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_asked_when_nothing_is_out, begin, end),
        cmocka_unit_test_setup_teardown(nothing_is_asked_before_its_time, begin, end),
        cmocka_unit_test_setup_teardown(what_is_out_and_does_not_answer_is_still_out, begin, end),
        cmocka_unit_test_setup_teardown(an_outage_that_was_only_a_wait_ends_with_it, begin, end),
    };
    char path[PATH_MAX + 32];
    const char *slash = count < 1 ? NULL : strrchr(arguments[0], '/');

    if (!slash)
        return check_done("command", sizeof tests / sizeof *tests, -1);
    snprintf(path, sizeof path, "%.*s/../latchkey", (int)(slash - arguments[0]), arguments[0]);
    if (!realpath(path, tool) ||
        (geteuid() == 0 && (unshare(CLONE_NEWNS | CLONE_NEWNET) != 0 ||
                            mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0)))
        return check_done("command", sizeof tests / sizeof *tests, -1);
    return check_main("command", tests);
}
