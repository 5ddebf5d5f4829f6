/* SPDX-License-Identifier: MIT */
/* latchkey-login as somebody would start it by hand. */
#include "tests/check.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char helper[PATH_MAX];

static void the_helper_explains_what_it_can_be_told(void **state)
{
    static const struct {
        const char *arguments[3];
        int status;
        const char *out;
    } cases[] = {
        {{"--version", NULL}, 0, "latchkey-login "},
        {{"--help", NULL}, 2, "usage: "},
        {{"", NULL}, 2, "usage: "},
        {{"--version", "--prepare", NULL}, 2, "usage: "},
        {{"--prepare", "--prepare", NULL}, 2, "usage: "},
        {{NULL}, 1, "latchkey-login: standard input is not"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char said[512] = "";
        int pair[2], status;
        pid_t child;

        assert_int_equal(pipe(pair), 0);
        child = fork();
        if (child == 0) {
            dup2(open("/dev/null", O_RDWR), STDIN_FILENO);
            dup2(pair[1], STDOUT_FILENO);
            dup2(pair[1], STDERR_FILENO);
            execl(helper, helper, cases[i].arguments[0], cases[i].arguments[1], NULL);
            _exit(126);
        }
        close(pair[1]);
        assert_true(read(pair[0], said, sizeof said - 1) > 0);
        close(pair[0]);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), cases[i].status);
        assert_memory_equal(said, cases[i].out, strlen(cases[i].out));
    }
}

static void standard_input_must_be_a_socket(void **state)
{
    static const char *const inputs[] = {"/dev/null", "/dev/zero", "/dev/tty", "/", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        pid_t child = fork();
        int status;

        if (child == 0) {
            char *const arguments[] = {helper, NULL};

            close(STDIN_FILENO);
            if (inputs[i])
                (void)!open(inputs[i], O_RDONLY);
            execv(helper, arguments);
            _exit(126);
        }
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    }
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_helper_explains_what_it_can_be_told),
        cmocka_unit_test(standard_input_must_be_a_socket),
    };
    char path[PATH_MAX + 32];
    const char *slash = count < 1 ? NULL : strrchr(arguments[0], '/');

    if (!slash)
        return check_done("usage", sizeof tests / sizeof *tests, -1);
    snprintf(path, sizeof path, "%.*s/../latchkey-login", (int)(slash - arguments[0]),
             arguments[0]);
    if (!realpath(path, helper))
        return check_done("usage", sizeof tests / sizeof *tests, -1);
    return check_main("usage", tests);
}
