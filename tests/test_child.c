/* SPDX-License-Identifier: MIT */
/* command/child.c: what a process in wrong hands can do to root who asked it. */
#include "command/child.c" // NOLINT(bugprone-suspicious-include): the tool is no library

#include "tests/check.h"

#include <fcntl.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct found {
    pid_t session, self;
    unsigned open; /* beside the pipe */
    uint8_t much[100000];
};

static void look_around(void *context, void *answer)
{
    struct found *found = answer;

    (void)context;
    found->session = getsid(0);
    found->self = getpid();
    for (int fd = 4; fd < 1000; fd++)
        found->open += fcntl(fd, F_GETFD) >= 0;
    memset(found->much, 7, sizeof found->much);
}

static void a_child_has_no_terminal_and_no_lock_of_ours(void **state)
{
    static struct found found;
    struct error why = {0};
    int held = fcntl(0, F_DUPFD, 10);

    (void)state;
    assert_true(held >= 0);
    assert_true(child_ask(look_around, NULL, &found, sizeof found, 60000, &why));
    assert_int_equal(found.session, found.self);
    assert_int_not_equal(found.self, getpid());
    assert_int_equal(found.open, 0);
    assert_int_equal(found.much[sizeof found.much - 1], 7);
    close(held);
}

static void hang(void *context, void *answer)
{
    (void)context, (void)answer;
    pause();
}

static void vanish(void *context, void *answer)
{
    (void)context, (void)answer;
    _exit(0);
}

static void one_that_gives_no_answer_is_ended(void **state)
{
    void (*const tasks[])(void *, void *) = {hang, vanish};
    char answer[8];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct error why = {0};

        assert_false(child_ask(tasks[i], NULL, answer, sizeof answer, 200, &why));
        assert_int_equal(why.kind, ERROR_SYSTEM);
        assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* none is left */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_child_has_no_terminal_and_no_lock_of_ours),
        cmocka_unit_test(one_that_gives_no_answer_is_ended),
    };

    return check_main("child", tests);
}
