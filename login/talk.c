/* SPDX-License-Identifier: MIT */
#include "login/talk.h"

#include "base/own.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>

/* How long the module may take to read what it is sent: it is waiting for us. */
#define SEND_MS       10000
#define WAIT_LEAST_MS 500 /* for what needs no wait: a busy machine may be in the way */

static bool say(struct talk *talk, enum frame_kind kind, const char *text, struct error *why)
{
    struct deadline deadline = deadline_in_ms(SEND_MS);

    talk->owed = deadline_in_ms(FRAME_SILENCE_MS);
    return frame_send(talk->fd, kind, text, strlen(text), &deadline, why);
}

bool talk_tell(struct talk *talk, const char *text, struct error *why)
{
    return say(talk, FRAME_TELL, text, why);
}

bool talk_fail(struct talk *talk, const char *text, struct error *why)
{
    return say(talk, FRAME_FAIL, text, why);
}

void talk_wait(struct talk *talk, int64_t ms)
{
    char text[sizeof "-9223372036854775808"];

    if (ms < WAIT_LEAST_MS)
        ms = WAIT_LEAST_MS;
    if (ms > FRAME_WAIT_MOST_MS)
        ms = FRAME_WAIT_MOST_MS;
    snprintf(text, sizeof text, "%lld", (long long)ms);
    /* A module that is gone is found out when it is asked or told something. */
    (void)say(talk, FRAME_WAIT, text, &(struct error){0});
    talk->owed = deadline_in_ms(ms);
}

void talk_wait_longer(struct talk *talk, int64_t ms)
{
    if (deadline_left_ms(&talk->owed) < ms)
        talk_wait(talk, ms);
}

static enum heard reply_of(const struct frame *frame, char **reply, struct error *why)
{
    char *copy;

    if (frame->kind == FRAME_NO_REPLY)
        return HEARD_NOTHING;
    if (frame->kind != FRAME_REPLY || frame->length > TALK_REPLY_MOST ||
        strlen(frame->text) != frame->length) {
        error_set(why, ERROR_MALFORMED, "the module sent something else than a reply");
        return HEARD_FAILED;
    }
    copy = strdup(frame->text);
    if (!copy) {
        error_set(why, ERROR_SYSTEM, "no memory for a reply");
        return HEARD_FAILED;
    }
    *reply = copy;
    return HEARD_REPLY;
}

static struct deadline patience_of(const struct talk *talk)
{
    struct deadline deadline =
        deadline_in_ms(talk->patience_ms > TALK_REPLY_MS ? talk->patience_ms : TALK_REPLY_MS);

    if (talk->ends_ms && talk->ends_ms < deadline.at_ms)
        deadline.at_ms = talk->ends_ms;
    return deadline;
}

static enum heard ask(struct talk *talk, enum frame_kind kind, const char *prompt, char **reply,
                      struct error *why)
{
    struct frame frame;
    struct deadline deadline;
    enum heard heard = HEARD_FAILED;

    if (!say(talk, kind, prompt, why))
        return HEARD_FAILED;
    deadline = patience_of(talk);
    if (frame_receive(talk->fd, &frame, &deadline, why))
        heard = reply_of(&frame, reply, why);
    explicit_bzero(&frame, sizeof frame);
    return heard;
}

enum heard talk_ask(struct talk *talk, const char *prompt, char **reply, struct error *why)
{
    return ask(talk, FRAME_ASK, prompt, reply, why);
}

enum heard talk_secret(struct talk *talk, const char *prompt, char **reply, struct error *why)
{
    return ask(talk, FRAME_SECRET, prompt, reply, why);
}

bool talk_is_there(const struct talk *talk, int64_t at_ms)
{
    const struct deadline deadline = {.at_ms = at_ms};
    struct pollfd one = {.fd = talk->fd, .events = POLLIN | POLLRDHUP};
    int ready;

    do
        ready = poll(&one, 1, deadline_left_ms(&deadline));
    while (ready < 0 && errno == EINTR);
    return ready == 0;
}

bool talk_verdict(struct talk *talk, const struct ruling *ruling, const char *text,
                  struct error *why)
{
    struct deadline deadline = deadline_in_ms(SEND_MS);
    char bytes[RULING_BYTES + 240];
    size_t length = strnlen(text, sizeof bytes - RULING_BYTES);

    ruling_encode(ruling, bytes);
    memcpy(bytes + RULING_BYTES, text, length);
    return frame_send(talk->fd, FRAME_VERDICT, bytes, RULING_BYTES + length, &deadline, why);
}
