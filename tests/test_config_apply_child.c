/* SPDX-License-Identifier: MIT */
/* The child of `latchkey config apply` that opens the store: what it keeps of root's. */
#include "tests/apply.h"

#include <dirent.h>
#include <sqlite3.h>
#include <sys/syscall.h>

static void read_proc(pid_t process, const char *what, char *text, size_t size)
{
    char path[64];
    OWNED(close_fd) int fd = -1;

    snprintf(path, sizeof path, "/proc/%d/%s", (int)process, what);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    text[0] = '\0';
    if (fd >= 0)
        read_into(fd, text, size);
}

static pid_t child_of(pid_t process)
{
    char what[64], text[64];

    snprintf(what, sizeof what, "task/%d/children", (int)process);
    read_proc(process, what, text, sizeof text);
    return (pid_t)strtol(text, NULL, 10);
}

/* As it does while it waits for the store. */
static bool naps(pid_t process)
{
    char text[64];

    read_proc(process, "syscall", text, sizeof text);
    return strtol(text, NULL, 10) == SYS_clock_nanosleep;
}

static bool is_null(const char *target)
{
    return strcmp(target, "/dev/null") == 0;
}

static void expect_nothing_of_roots(pid_t process)
{
    char path[64];
    struct dirent *entry;
    DIR *folder;

    snprintf(path, sizeof path, "/proc/%d/fd", (int)process);
    folder = opendir(path);
    assert_non_null(folder);
    while ((entry = readdir(folder))) {
        char target[PATH_MAX] = "";
        long fd = strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] == '.' ||
            readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1) < 0)
            continue;
        if (strstr(target, ".lock") || (fd < 3 && !is_null(target)))
            fail_msg("%ld is %s", fd, target);
    }
    closedir(folder);
    assert_int_equal(getsid(process), process);
}

static void the_child_keeps_neither_lock_nor_terminal(void **state)
{
    pid_t child, helper = 0;
    sqlite3 *writer;
    int status;

    (void)state;
    write_file(CONFIG_FILE, GENERIC GROUPS "sudo = linux-admins\n");
    assert_int_equal(sqlite3_open(PRIVATE_DIR "/store.db", &writer), SQLITE_OK);
    assert_int_equal(sqlite3_exec(writer, "BEGIN EXCLUSIVE", NULL, NULL, NULL), SQLITE_OK);
    child = fork();
    if (child == 0)
        _exit(APPLY().status);
    while (!helper || !naps(helper)) {
        pid_t tool_process = child_of(child);

        assert_int_equal(waitpid(child, &status, WNOHANG), 0);
        helper = tool_process ? child_of(tool_process) : 0;
        sched_yield();
    }
    expect_nothing_of_roots(helper);
    sqlite3_close(writer);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_child_keeps_neither_lock_nor_terminal, begin, end),
    };

    if (geteuid() != 0) {
        check_skipped = 1;
        return check_done("config_apply_child", 1, 0);
    }
    if (count < 1 || !apply_open(arguments[0]))
        return check_done("config_apply_child", 1, -1);
    return check_main("config_apply_child", tests);
}
