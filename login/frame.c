/* SPDX-License-Identifier: MIT */
#include "login/frame.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#define FRAME_MOST (FRAME_HEADER + FRAME_TEXT_MOST)

size_t frame_encode(enum frame_kind kind, const void *text, size_t length, uint8_t *out)
{
    if (length > FRAME_TEXT_MOST)
        return 0;
    out[0] = FRAME_VERSION;
    out[1] = (uint8_t)kind;
    out[2] = (uint8_t)(length >> 8);
    out[3] = (uint8_t)length;
    memcpy(out + FRAME_HEADER, text, length);
    return FRAME_HEADER + length;
}

/* The length of the text behind a header, once the header itself is right. */
static bool header_read(const uint8_t *header, size_t *length, struct error *why)
{
    size_t claimed = (size_t)header[2] << 8 | header[3];

    if (header[0] != FRAME_VERSION)
        return error_set(why, ERROR_MALFORMED, "frame version %u, wanted %u", header[0],
                         FRAME_VERSION);
    if (!header[1] || !strchr("BTEWASRNV", header[1]))
        return error_set(why, ERROR_MALFORMED, "frame of unknown kind 0x%02x", header[1]);
    if (claimed > FRAME_TEXT_MOST)
        return error_set(why, ERROR_MALFORMED, "frame claims %zu bytes of text", claimed);
    *length = claimed;
    return true;
}

bool frame_decode(const uint8_t *bytes, size_t available, struct frame *frame, struct error *why)
{
    size_t length = 0;

    if (available < FRAME_HEADER)
        return error_set(why, ERROR_MALFORMED, "frame ends inside its header");
    if (!header_read(bytes, &length, why))
        return false;
    if (length > available - FRAME_HEADER)
        return error_set(why, ERROR_MALFORMED, "frame ends inside its text");

    frame->kind = (enum frame_kind)bytes[1];
    frame->length = length;
    memcpy(frame->text, bytes + FRAME_HEADER, length);
    frame->text[length] = '\0';
    return true;
}

static bool await(int fd, short events, const struct deadline *deadline, struct error *why)
{
    struct pollfd one = {.fd = fd, .events = events};

    for (;;) {
        int ready = poll(&one, 1, deadline_left_ms(deadline));

        if (ready > 0)
            return true;
        if (ready == 0)
            return error_set(why, ERROR_SYSTEM, "the other side did not answer in time");
        if (errno != EINTR)
            return error_set(why, ERROR_SYSTEM, "waiting for the other side: %s", strerror(errno));
    }
}

static bool passing(int error)
{
    return error == EINTR || error == EAGAIN || error == EWOULDBLOCK;
}

static bool send_all(int fd, const uint8_t *bytes, size_t size, const struct deadline *deadline,
                     struct error *why)
{
    for (size_t sent = 0; sent < size;) {
        ssize_t n;

        if (!await(fd, POLLOUT, deadline, why))
            return false;
        n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && !passing(errno))
            return error_set(why, ERROR_SYSTEM, "sending a frame: %s", strerror(errno));
        sent += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool frame_send(int fd, enum frame_kind kind, const void *text, size_t length,
                const struct deadline *deadline, struct error *why)
{
    uint8_t bytes[FRAME_MOST];
    size_t size = frame_encode(kind, text, length, bytes);
    bool sent;

    if (!size)
        return error_set(why, ERROR_MALFORMED, "%zu bytes do not fit a frame", length);
    sent = send_all(fd, bytes, size, deadline, why);
    explicit_bzero(bytes, sizeof bytes); /* the text may be a secret */
    return sent;
}

static bool receive_all(int fd, uint8_t *out, size_t length, const struct deadline *deadline,
                        struct error *why)
{
    for (size_t got = 0; got < length;) {
        ssize_t n;

        if (!await(fd, POLLIN, deadline, why))
            return false;
        n = recv(fd, out + got, length - got, MSG_DONTWAIT);
        if (n == 0)
            return error_set(why, ERROR_SYSTEM, "the other side went away");
        if (n < 0 && !passing(errno))
            return error_set(why, ERROR_SYSTEM, "receiving a frame: %s", strerror(errno));
        got += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool frame_receive(int fd, struct frame *frame, const struct deadline *deadline, struct error *why)
{
    uint8_t bytes[FRAME_MOST];
    size_t length = 0;
    bool whole;

    if (!receive_all(fd, bytes, FRAME_HEADER, deadline, why) || !header_read(bytes, &length, why))
        return false;
    whole = receive_all(fd, bytes + FRAME_HEADER, length, deadline, why) &&
            frame_decode(bytes, FRAME_HEADER + length, frame, why);
    explicit_bzero(bytes, sizeof bytes);
    return whole;
}

bool frame_wait_ms(const struct frame *frame, int64_t *ms)
{
    int64_t said = 0;

    if (!frame->length)
        return false;
    for (size_t i = 0; i < frame->length; i++) {
        if (frame->text[i] < '0' || frame->text[i] > '9')
            return false;
        said = said * 10 + (frame->text[i] - '0');
        if (said > FRAME_WAIT_MOST_MS)
            return false;
    }
    if (said == 0)
        return false;
    *ms = said;
    return true;
}

void ruling_encode(const struct ruling *ruling, char *out)
{
    out[0] = (char)ruling->verdict;
    out[1] = (char)ruling->mode;
    for (int byte = 0; byte < 8; byte++)
        out[2 + byte] = (char)((uint64_t)ruling->offline_until >> (56 - 8 * byte));
}

bool ruling_decode(const struct frame *frame, struct ruling *ruling)
{
    const uint8_t *bytes = (const uint8_t *)frame->text;
    uint64_t until = 0;

    if (frame->length < RULING_BYTES || bytes[0] >= VERDICTS || bytes[1] >= MODES)
        return false;
    for (int byte = 0; byte < 8; byte++)
        until = until << 8 | bytes[2 + byte];
    if (until > RULING_UNTIL_MOST || (until && bytes[1] != MODE_OFFLINE) ||
        (bytes[1] != MODE_NONE && bytes[0] != VERDICT_ADMIT))
        return false;
    *ruling = (struct ruling){(enum verdict)bytes[0], (enum mode)bytes[1], (int64_t)until};
    return true;
}

/*
 * The text of BEGIN: one byte each for action and silence as letters, then the
 * texts in the order of this table, each ending in NUL.
 */
static const struct item {
    size_t offset, size;
} items[] = {
#define ITEM(field)                                                           \
    {                                                                         \
        offsetof(struct request, field), sizeof(((struct request *)0)->field) \
    }
    ITEM(user), ITEM(service), ITEM(remote_host), ITEM(terminal), ITEM(remote_user),
#undef ITEM
};

size_t request_encode(const struct request *request, char *out)
{
    size_t used = 2;

    if (request->action <= ACTION_NONE || request->action >= ACTIONS)
        return 0;
    out[0] = (char)('0' + request->action);
    out[1] = request->silent ? 's' : '-';
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        const char *text = (const char *)request + items[i].offset;
        size_t length = strnlen(text, items[i].size);

        if (length == items[i].size || length >= FRAME_TEXT_MOST - used)
            return 0;
        memcpy(out + used, text, length + 1);
        used += length + 1;
    }
    return used;
}

bool request_decode(const char *text, size_t length, struct request *request, struct error *why)
{
    struct request draft = {0};
    size_t used = 2;

    if (length < 2 || text[0] <= '0' + ACTION_NONE || text[0] >= '0' + ACTIONS ||
        (text[1] != 's' && text[1] != '-'))
        return error_set(why, ERROR_MALFORMED, "request of unknown kind");
    draft.action = (enum action)(text[0] - '0');
    draft.silent = text[1] == 's';
    for (size_t i = 0; i < sizeof items / sizeof *items; i++) {
        size_t size = strnlen(text + used, length - used) + 1;

        if (size > length - used || size > items[i].size)
            return error_set(why, ERROR_MALFORMED, "request with a broken text %zu", i);
        memcpy((char *)&draft + items[i].offset, text + used, size);
        used += size;
    }
    if (used != length || !draft.user[0])
        return error_set(why, ERROR_MALFORMED, "request of the wrong length, or for nobody");
    *request = draft;
    return true;
}
