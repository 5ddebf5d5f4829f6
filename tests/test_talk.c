/* SPDX-License-Identifier: MIT */
/* login/talk.c: what the helper hears, whatever the other end sends. */
#include "tests/check.h"

#include "base/own.h"
#include "login/attempt.h"
#include "login/talk.h"
#include "tests/unit_file.h"

#include <sys/socket.h>
#include <sys/wait.h>

static void queue(int fd, enum frame_kind kind, const void *text, size_t length)
{
    struct deadline deadline = deadline_in_ms(5000);
    struct error why;

    assert_true(frame_send(fd, kind, text, length, &deadline, &why));
}

/* The reply is in the socket before it is waited for. */
static enum heard hear(enum frame_kind kind, const void *text, size_t length, char **reply)
{
    struct error why = {0};
    enum heard heard;
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    queue(pair[1], kind, text, length);
    heard = talk_secret(&(struct talk){.fd = pair[0]}, "Password: ", reply, &why);
    assert_int_equal(heard == HEARD_FAILED, why.kind != ERROR_NONE);
    close(pair[0]);
    close(pair[1]);
    return heard;
}

static void replies_of_every_legal_length_are_heard(void **state)
{
    static char text[TALK_REPLY_MOST + 1];

    (void)state;
    memset(text, 'x', sizeof text);
    for (size_t length = 0; length <= TALK_REPLY_MOST; length++) {
        OWNED(free_secret) char *reply = NULL;

        assert_int_equal(hear(FRAME_REPLY, text, length, &reply), HEARD_REPLY);
        assert_int_equal(strlen(reply), length);
    }
}

static void what_is_no_reply_leaves_the_reply_untouched(void **state)
{
    static char text[TALK_REPLY_MOST + 1];
    char *reply = NULL;

    (void)state;
    memset(text, 'x', sizeof text);
    assert_int_equal(hear(FRAME_REPLY, text, sizeof text, &reply), HEARD_FAILED);
    assert_int_equal(hear(FRAME_REPLY, "a\0b", 3, &reply), HEARD_FAILED);
    assert_int_equal(hear(FRAME_REPLY, "\0", 1, &reply), HEARD_FAILED);
    assert_int_equal(hear(FRAME_NO_REPLY, "", 0, &reply), HEARD_NOTHING);
    for (const char *kind = "BTEASV"; *kind; kind++)
        assert_int_equal(hear((enum frame_kind) * kind, "x", 1, &reply), HEARD_FAILED);
    assert_null(reply);
}

static void each_verb_sends_its_own_frame(void **state)
{
    static struct frame frame;
    struct deadline deadline = deadline_in_ms(5000);
    struct error why = {0};
    char *reply = NULL;
    int pair[2];
    struct talk talk;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    talk.fd = pair[0];
    queue(pair[1], FRAME_NO_REPLY, "", 0);
    queue(pair[1], FRAME_NO_REPLY, "", 0);
    assert_true(talk_tell(&talk, "tell", &why));
    assert_true(talk_fail(&talk, "fail", &why));
    assert_int_equal(talk_ask(&talk, "ask", &reply, &why), HEARD_NOTHING);
    assert_int_equal(talk_secret(&talk, "secret", &reply, &why), HEARD_NOTHING);
    assert_true(talk_verdict(&talk, &(struct ruling){.verdict = VERDICT_EXPIRED}, "gone", &why));
    for (const char *kind = "TEASV"; *kind; kind++) {
        assert_true(frame_receive(pair[1], &frame, &deadline, &why));
        assert_int_equal(frame.kind, *kind);
    }
    assert_int_equal(frame.text[0], VERDICT_EXPIRED);
    assert_string_equal(frame.text + RULING_BYTES, "gone");
    close(pair[0]);
    close(pair[1]);
}

static void nobody_is_waited_for_when_the_conversation_is_over(void **state)
{
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    for (int patient = 0; patient < 2; patient++) {
        struct talk talk = {.fd = pair[0], .ends_ms = clock_ms() + patient * 50LL};
        struct error why = {0};
        char *reply = NULL;

        talk.patience_ms = patient * 2LL * TALK_REPLY_MS;
        assert_int_equal(talk_ask(&talk, "Done? ", &reply, &why), HEARD_FAILED);
        assert_true(clock_ms() >= talk.ends_ms);
    }
    close(pair[0]);
    close(pair[1]);
}

/* What comes after the last answer: a question to the platform, a derivation, the store. */
static void the_unit_lets_every_conversation_end(void **state)
{
    const unsigned whole =
        unit_seconds("packaging/systemd/latchkey-login@.service", "RuntimeMaxSec");
    const unsigned pause = 60, login_seconds_most = 30, derivation = 30;

    (void)state;
    assert_in_range(TALK_ALL_MS, TALK_REPLY_MS, 3600000);
    assert_true(whole >= (TALK_ALL_MS + ATTEMPT_STORE_MS + ATTEMPT_PUBLISH_MS) / 1000 + pause +
                             login_seconds_most);
    assert_true(whole >= (TALK_ALL_MS + ATTEMPT_STORE_MS + ATTEMPT_PUBLISH_MS) / 1000 + derivation);
}

static void a_hang_up_is_a_failure(void **state)
{
    struct error why = {0};
    char *reply = NULL;
    int pair[2];
    struct talk talk;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    talk.fd = pair[0];
    shutdown(pair[1], SHUT_WR);
    assert_int_equal(talk_ask(&talk, "ask", &reply, &why), HEARD_FAILED);
    close(pair[1]);
    assert_false(talk_verdict(&talk, &(struct ruling){.verdict = VERDICT_ADMIT}, "", &why));
    close(pair[0]);
}

/* Whatever comes unasked for is nobody who waits. */
static void who_is_there_is_there_until_the_other_end_says_anything_or_goes(void **state)
{
    enum { STAYS, SAYS, HALF_GOES, GOES } other;

    (void)state;
    for (other = STAYS; other <= GOES; other++) {
        const int64_t far = clock_ms() + 60000;
        int pair[2];
        struct talk talk;

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        talk.fd = pair[0];
        assert_true(talk_is_there(&talk, 0));
        if (other == SAYS)
            queue(pair[1], FRAME_REPLY, "x", 1);
        if (other == HALF_GOES)
            shutdown(pair[1], SHUT_WR);
        if (other == GOES)
            close(pair[1]);
        assert_int_equal(talk_is_there(&talk, 0), other == STAYS);
        if (other != STAYS) { /* at once, whatever it would wait for */
            assert_false(talk_is_there(&talk, far));
            assert_true(clock_ms() < far);
        }
        if (other != GOES)
            close(pair[1]);
        close(pair[0]);
    }
}

static void being_there_is_waited_for_to_the_end(void **state)
{
    const int64_t at_ms = clock_ms() + 30;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_true(talk_is_there(&(struct talk){.fd = pair[0]}, at_ms));
    assert_true(clock_ms() >= at_ms);
    close(pair[0]);
    close(pair[1]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(replies_of_every_legal_length_are_heard),
        cmocka_unit_test(what_is_no_reply_leaves_the_reply_untouched),
        cmocka_unit_test(each_verb_sends_its_own_frame),
        cmocka_unit_test(nobody_is_waited_for_when_the_conversation_is_over),
        cmocka_unit_test(the_unit_lets_every_conversation_end),
        cmocka_unit_test(a_hang_up_is_a_failure),
        cmocka_unit_test(who_is_there_is_there_until_the_other_end_says_anything_or_goes),
        cmocka_unit_test(being_there_is_waited_for_to_the_end),
    };

    return check_main("talk", tests);
}
