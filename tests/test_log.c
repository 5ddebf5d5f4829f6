/* SPDX-License-Identifier: MIT */
/* base/log.c: one event is one line, whatever is in it. */
#include "tests/check.h"

#include "base/log.h"
#include "base/own.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>

static char line[4096];

/* What log_line writes to standard error. */
static size_t logged(const char *text)
{
    OWNED(close_fd) int kept = dup(STDERR_FILENO);
    OWNED(close_file) FILE *file = tmpfile();
    ssize_t length;

    assert_non_null(file);
    dup2(fileno(file), STDERR_FILENO);
    log_line(LOG_LEVEL_DEBUG, "%s", text);
    dup2(kept, STDERR_FILENO);
    length = pread(fileno(file), line, sizeof line - 1, 0);
    assert_true(length > 0);
    line[length] = '\0';
    return (size_t)length;
}

static void every_byte_stays_on_the_one_line(void **state)
{
    char text[256];
    size_t length;

    (void)state;
    for (int byte = 1; byte < 256; byte++)
        text[byte - 1] = (char)byte;
    text[255] = '\0';
    length = logged(text);
    assert_ptr_equal(strchr(line, '\n'), line + length - 1);
    for (size_t i = 0; i + 1 < length; i++)
        assert_true(line[i] >= 0x20 && line[i] < 0x7f);
    assert_non_null(strstr(line, "\\xfe\\xff\n"));
    logged("one\ntwo\x1b[0m\\");
    assert_non_null(strstr(line, ": one\\x0atwo\\x1b[0m\\x5c\n"));
}

static void a_long_line_is_cut_and_says_so(void **state)
{
    static char text[100000];

    (void)state;
    memset(text, 1, sizeof text - 1);
    assert_true(logged(text) < 1200);
    assert_non_null(strstr(line, "...\n"));
}

static void the_journal_as_standard_error_does_not_get_a_line_twice(void **state)
{
    OWNED(close_fd) int kept = dup(STDERR_FILENO);
    char byte;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    dup2(pair[0], STDERR_FILENO);
    log_line(LOG_LEVEL_DEBUG, "once");
    dup2(kept, STDERR_FILENO);
    assert_int_equal(recv(pair[1], &byte, 1, MSG_DONTWAIT), -1);
    close(pair[0]);
    close(pair[1]);
}

static void errno_is_left_alone(void **state)
{
    (void)state;
    errno = ENOTTY;
    log_line(LOG_LEVEL_DEBUG, "this line comes from a test");
    assert_int_equal(errno, ENOTTY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_byte_stays_on_the_one_line),
        cmocka_unit_test(a_long_line_is_cut_and_says_so),
        cmocka_unit_test(the_journal_as_standard_error_does_not_get_a_line_twice),
        cmocka_unit_test(errno_is_left_alone),
    };

    return check_main("log", tests);
}
