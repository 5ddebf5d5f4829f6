/* SPDX-License-Identifier: MIT */
/* login/even.c: refusals go out at the strokes of a clock. */
#include "tests/check.h"

#include "login/even.h"

#include <sys/socket.h>
#include <unistd.h>

/* How many strokes have passed when it comes back, if it began `before_ms` after the secret. */
static int64_t strokes_after(int64_t before_ms)
{
    struct talk talk = {.fd = -1};
    int64_t typed_ms = clock_ms() - before_ms;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    talk.fd = pair[0];
    even_wait(&talk, typed_ms);
    close(pair[0]);
    close(pair[1]);
    return (clock_ms() - typed_ms) / EVEN_MS;
}

static void whatever_was_needed_the_refusal_waits_for_the_next_stroke(void **state)
{
    (void)state;
    for (int64_t before = 0; before < INT64_C(3) * EVEN_MS; before += EVEN_MS / 4 + 1)
        assert_true(strokes_after(before) >= before / EVEN_MS + 1);
}

static void the_module_is_told_of_the_wait_if_it_would_not_expect_it(void **state)
{
    struct talk talk = {.owed = {0}};
    struct deadline deadline = deadline_in_ms(5000);
    struct frame frame;
    struct error why = {0};
    int64_t ms = 0;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    talk.fd = pair[0];
    even_wait(&talk, clock_ms());
    assert_true(frame_receive(pair[1], &frame, &deadline, &why));
    assert_int_equal(frame.kind, FRAME_WAIT);
    assert_true(frame_wait_ms(&frame, &ms));
    assert_true(ms > EVEN_MS);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whatever_was_needed_the_refusal_waits_for_the_next_stroke),
        cmocka_unit_test(the_module_is_told_of_the_wait_if_it_would_not_expect_it),
    };

    return check_main("even", tests);
}
