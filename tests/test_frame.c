/* SPDX-License-Identifier: MIT */
/* login/frame.c: the codec of frames and requests, and frames over a socket. */
#include "tests/check.h"

#include "base/own.h"
#include "login/frame.h"

#include <sys/socket.h>
#include <sys/wait.h>

static const char kinds[] = "BTEWASRNV";

static void fill(struct frame *frame, char kind, size_t length)
{
    frame->kind = (enum frame_kind)kind;
    frame->length = length;
    for (size_t i = 0; i < length; i++)
        frame->text[i] = (char)(i * 7);
}

static void every_kind_and_length_comes_back_as_it_went(void **state)
{
    static struct frame sent, got;
    static uint8_t bytes[FRAME_HEADER + FRAME_TEXT_MOST];
    struct error why = {0};

    (void)state;
    for (const char *kind = kinds; *kind; kind++)
        for (size_t length = 0; length <= FRAME_TEXT_MOST; length += length < 300 ? 1 : 97) {
            size_t size;

            fill(&sent, *kind, length);
            size = frame_encode(sent.kind, sent.text, sent.length, bytes);
            assert_int_equal(size, FRAME_HEADER + length);
            assert_true(frame_decode(bytes, size, &got, &why));
            assert_int_equal(got.kind, *kind);
            assert_int_equal(got.length, length);
            assert_memory_equal(got.text, sent.text, length);
            assert_int_equal(got.text[length], 0);
        }
    assert_int_equal(frame_encode(FRAME_TELL, sent.text, FRAME_TEXT_MOST + 1, bytes), 0);
}

/* In blocks of exactly the size, so that a sanitizer sees one byte too many. */
static void a_frame_that_is_cut_anywhere_is_refused_and_nothing_is_touched(void **state)
{
    static struct frame sent, got;
    static uint8_t bytes[FRAME_HEADER + FRAME_TEXT_MOST];

    (void)state;
    fill(&sent, 'T', 40);
    for (size_t cut = 0, size = frame_encode(sent.kind, sent.text, sent.length, bytes); cut < size;
         cut++) {
        OWNED(free_memory) uint8_t *piece = malloc(cut ? cut : 1);
        struct error why = {0};

        assert_non_null(piece);
        memcpy(piece, bytes, cut);
        got.length = 12345;
        assert_false(frame_decode(piece, cut, &got, &why));
        assert_int_equal(why.kind, ERROR_MALFORMED);
        assert_int_equal(got.length, 12345);
    }
}

static void only_this_version_and_known_kinds_are_taken(void **state)
{
    static struct frame got;
    struct error why;

    (void)state;
    for (unsigned version = 0; version < 256; version++)
        for (unsigned kind = 0; kind < 256; kind++) {
            uint8_t bytes[FRAME_HEADER] = {(uint8_t)version, (uint8_t)kind, 0, 0};
            bool good = version == FRAME_VERSION && kind && strchr(kinds, (int)kind);

            assert_int_equal(frame_decode(bytes, sizeof bytes, &got, &why), good);
        }
}

static void no_claimed_length_reads_past_what_is_there(void **state)
{
    static struct frame got;
    struct error why;

    (void)state;
    for (unsigned claimed = 0; claimed < 0x10000; claimed++) {
        uint8_t bytes[FRAME_HEADER + 3] = {FRAME_VERSION, 'T', (uint8_t)(claimed >> 8),
                                           (uint8_t)claimed};

        assert_int_equal(frame_decode(bytes, sizeof bytes, &got, &why), claimed <= 3);
    }
}

/* Sends `size` bytes in pieces of `step` from another process, then hangs up. */
static void send_in_pieces(int pair[2], const uint8_t *bytes, size_t size, size_t step)
{
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    if (fork() == 0) {
        close(pair[0]);
        for (size_t sent = 0; sent < size; sent += step)
            (void)!write(pair[1], bytes + sent, step < size - sent ? step : size - sent);
        _exit(0);
    }
    close(pair[1]);
}

static void frames_arrive_however_the_kernel_slices_them(void **state)
{
    static struct frame sent, got;
    static uint8_t bytes[2 * (FRAME_HEADER + FRAME_TEXT_MOST)];
    static const size_t steps[] = {1, 3, 5, 4096, sizeof bytes};

    (void)state;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct deadline deadline = deadline_in_ms(20000);
        struct error why = {0};
        size_t size;
        int pair[2];

        fill(&sent, 'S', 1000);
        size = frame_encode(sent.kind, sent.text, sent.length, bytes);
        size += frame_encode(sent.kind, sent.text, sent.length, bytes + size);
        send_in_pieces(pair, bytes, size, steps[i]);
        for (int n = 0; n < 2; n++) {
            assert_true(frame_receive(pair[0], &got, &deadline, &why));
            assert_memory_equal(got.text, sent.text, 1000);
        }
        assert_false(frame_receive(pair[0], &got, &deadline, &why)); /* end of file */
        close(pair[0]);
        wait(NULL);
    }
}

static void a_silent_or_half_frame_ends_at_the_deadline(void **state)
{
    static struct frame got;
    static const uint8_t half[] = {FRAME_VERSION, 'T', 0, 9, 'a', 'b'};

    (void)state;
    for (size_t sent = 0; sent <= sizeof half; sent++) {
        struct deadline deadline = deadline_in_ms(20);
        struct error why = {0};
        int pair[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
        assert_int_equal(write(pair[1], half, sent), sent);
        assert_false(frame_receive(pair[0], &got, &deadline, &why));
        assert_non_null(strstr(why.text, "in time"));
        close(pair[0]);
        close(pair[1]);
    }
}

static void sending_to_one_who_does_not_read_ends_at_the_deadline(void **state)
{
    static char text[FRAME_TEXT_MOST];
    struct deadline deadline = deadline_in_ms(50);
    struct error why = {0};
    int pair[2], frames = 0;

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    while (frame_send(pair[0], FRAME_TELL, text, sizeof text, &deadline, &why))
        assert_true(++frames < 100000);
    assert_non_null(strstr(why.text, "in time"));
    close(pair[0]);
    close(pair[1]);
}

static void sending_to_one_who_is_gone_is_an_error_and_no_signal(void **state)
{
    struct deadline deadline = deadline_in_ms(5000);
    struct error why = {0};
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    close(pair[1]);
    assert_false(frame_send(pair[0], FRAME_TELL, "x", 1, &deadline, &why));
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_false(frame_send(pair[0], FRAME_TELL, "x", FRAME_TEXT_MOST + 1, &deadline, &why));
    assert_int_equal(why.kind, ERROR_MALFORMED);
    close(pair[0]);
}

static const struct request sample = {.action = ACTION_AUTHENTICATE,
                                      .user = "ada@contoso.example",
                                      .service = "sshd",
                                      .remote_host = "192.0.2.1",
                                      .terminal = "ssh",
                                      .remote_user = "",
                                      .silent = true};

static void a_request_comes_back_as_it_went(void **state)
{
    static char text[FRAME_TEXT_MOST];
    static struct request got;
    struct error why = {0};

    (void)state;
    for (int action = ACTION_AUTHENTICATE; action < ACTIONS; action++)
        for (int silent = 0; silent < 2; silent++) {
            struct request sent = sample;
            size_t length;

            sent.action = (enum action)action;
            sent.silent = silent;
            memset(sent.remote_host, 'h', sizeof sent.remote_host - 1);
            memset(sent.user, 'u', sizeof sent.user - 1);
            length = request_encode(&sent, text);
            assert_true(length > 0);
            memset(&got, 0x5a, sizeof got);
            assert_true(request_decode(text, length, &got, &why));
            assert_int_equal(got.action, sent.action);
            assert_int_equal(got.silent, sent.silent);
            assert_string_equal(got.user, sent.user);
            assert_string_equal(got.service, sent.service);
            assert_string_equal(got.remote_host, sent.remote_host);
            assert_string_equal(got.terminal, sent.terminal);
            assert_string_equal(got.remote_user, sent.remote_user);
        }
}

static void a_request_that_cannot_be_sent_is_not_sent(void **state)
{
    static char text[FRAME_TEXT_MOST];
    struct request none = sample, endless = sample;

    (void)state;
    none.action = ACTION_NONE;
    assert_int_equal(request_encode(&none, text), 0);
    none.action = ACTIONS;
    assert_int_equal(request_encode(&none, text), 0);
    memset(endless.service, 's', sizeof endless.service); /* no NUL */
    assert_int_equal(request_encode(&endless, text), 0);
}

static void a_request_cut_or_lengthened_anywhere_is_refused(void **state)
{
    static char text[FRAME_TEXT_MOST + 8];
    static struct request got;
    size_t length = request_encode(&sample, text);
    struct error why = {0};

    (void)state;
    got.action = ACTIONS;
    for (size_t cut = 0; cut < length; cut++) {
        OWNED(free_memory) char *piece = malloc(cut ? cut : 1);

        assert_non_null(piece);
        memcpy(piece, text, cut);
        assert_false(request_decode(piece, cut, &got, &why));
    }
    for (size_t more = 1; more < 8; more++)
        assert_false(request_decode(text, length + more, &got, &why));
    assert_int_equal(got.action, ACTIONS);
}

static void a_request_with_an_overlong_text_or_no_user_is_refused(void **state)
{
    static const size_t sizes[] = {256, 64, 256, 64, 256};
    static struct request got;
    static char text[FRAME_TEXT_MOST];
    struct error why;

    (void)state;
    for (size_t field = 0; field < 5; field++)
        for (size_t extra = 0; extra < 2; extra++) {
            size_t used = 2;

            memcpy(text, "1-", 2);
            for (size_t i = 0; i < 5; i++) {
                size_t length = i == field ? sizes[i] - 1 + extra : 1;

                memset(text + used, 'a', length);
                text[used + length] = '\0';
                used += length + 1;
            }
            assert_int_equal(request_decode(text, used, &got, &why), extra == 0);
        }
    assert_false(request_decode("1-\0\0\0\0", 7, &got, &why));
    assert_true(request_decode("1-u\0\0\0\0", 8, &got, &why));
    assert_false(request_decode("0-u\0\0\0\0", 8, &got, &why));
    assert_false(request_decode("5-u\0\0\0\0", 8, &got, &why));
    assert_false(request_decode("1xu\0\0\0\0", 8, &got, &why));
}

static void a_ruling_comes_back_as_it_went(void **state)
{
    static const int64_t times[] = {0, 1, 1795000000, INT64_C(1) << 32, RULING_UNTIL_MOST};

    (void)state;
    for (int verdict = 0; verdict < VERDICTS; verdict++)
        for (int mode = 0; mode < MODES; mode++)
            for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
                struct ruling sent = {(enum verdict)verdict, (enum mode)mode, times[i]};
                struct ruling got = {.verdict = VERDICTS};
                struct frame frame = {.length = RULING_BYTES};
                bool meant = (mode == MODE_NONE || verdict == VERDICT_ADMIT) &&
                             (mode == MODE_OFFLINE || times[i] == 0);

                ruling_encode(&sent, frame.text);
                assert_int_equal(ruling_decode(&frame, &got), meant);
                assert_int_equal(got.verdict, meant ? verdict : VERDICTS);
                if (meant)
                    assert_true(got.mode == sent.mode && got.offline_until == sent.offline_until);
            }
}

static void no_other_bytes_are_a_ruling(void **state)
{
    static const uint8_t offline[RULING_BYTES] = {VERDICT_ADMIT, MODE_OFFLINE, 0, 0, 0, 0, 1};
    struct ruling got = {.verdict = VERDICTS};
    struct frame frame = {.length = RULING_BYTES};

    (void)state;
    memcpy(frame.text, offline, sizeof offline);
    for (frame.length = 0; frame.length < RULING_BYTES; frame.length++)
        assert_false(ruling_decode(&frame, &got));
    for (int byte = MODES; byte < 256; byte++) {
        frame.text[1] = (char)byte;
        assert_false(ruling_decode(&frame, &got));
    }
    for (int byte = VERDICTS; byte < 256; byte++) {
        memcpy(frame.text, offline, sizeof offline);
        frame.text[0] = (char)byte;
        assert_false(ruling_decode(&frame, &got));
    }
    for (int byte = 2; byte < 5; byte++) { /* a year of five digits, or before 1970 */
        memcpy(frame.text, offline, sizeof offline);
        frame.text[byte] = (char)0xff;
        assert_false(ruling_decode(&frame, &got));
    }
    assert_int_equal(got.verdict, VERDICTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ruling_comes_back_as_it_went),
        cmocka_unit_test(no_other_bytes_are_a_ruling),
        cmocka_unit_test(every_kind_and_length_comes_back_as_it_went),
        cmocka_unit_test(a_frame_that_is_cut_anywhere_is_refused_and_nothing_is_touched),
        cmocka_unit_test(only_this_version_and_known_kinds_are_taken),
        cmocka_unit_test(no_claimed_length_reads_past_what_is_there),
        cmocka_unit_test(frames_arrive_however_the_kernel_slices_them),
        cmocka_unit_test(a_silent_or_half_frame_ends_at_the_deadline),
        cmocka_unit_test(sending_to_one_who_does_not_read_ends_at_the_deadline),
        cmocka_unit_test(sending_to_one_who_is_gone_is_an_error_and_no_signal),
        cmocka_unit_test(a_request_comes_back_as_it_went),
        cmocka_unit_test(a_request_that_cannot_be_sent_is_not_sent),
        cmocka_unit_test(a_request_cut_or_lengthened_anywhere_is_refused),
        cmocka_unit_test(a_request_with_an_overlong_text_or_no_user_is_refused),
    };

    return check_main("frame", tests);
}
