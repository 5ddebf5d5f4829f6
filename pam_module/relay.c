/* SPDX-License-Identifier: MIT */
#include "pam_module/relay.h"

#include "base/own.h"
#include "base/text.h"
#include "pam_module/display.h"

#include <security/pam_ext.h>

#define SEND_MS 5000 /* a helper that does not read is not a helper */

struct relay {
    pam_handle_t *pam;
    int fd;
    const struct options *options;
    enum action action;
    bool silent;
    bool heard;             /* a frame has come from the helper */
    int frames, answers;    /* since the last answer; and by the person, or PAM_AUTHTOK */
    unsigned secrets;       /* that have been asked for */
    char *current, *chosen; /* its own, of a change: what later modules may have at its end */
    bool refused;           /* an ADMIT that follows would be for nothing that was proven */
    bool late;              /* the helper was silent for too long */
    int64_t next_ms;        /* within which its next frame is due */
    int64_t work_left_ms;
};

/* What comes of one frame. */
enum heed { HEED_BROKEN, HEED_GOES_ON, HEED_OVER };

/* The person's answer as the application gives it; NULL when there is none that we pass on. */
static char *ask_person(struct relay *relay, int style, const char *prompt)
{
    OWNED(free_secret) char *reply = NULL;

    if (pam_prompt(relay->pam, style, &reply, "%s", prompt) != PAM_SUCCESS || !reply)
        return NULL;
    if (strnlen(reply, PAM_MAX_RESP_SIZE + 1) > PAM_MAX_RESP_SIZE) {
        relay->refused = true;
        return NULL;
    }
    return OWN_TAKE(reply);
}

/* Of a change: what is asked for next is the new secret. */
static bool is_about_new(const struct relay *relay)
{
    return relay->action == ACTION_RESET ||
           (relay->action == ACTION_PASSWORD && relay->secrets > 0);
}

/* What an earlier module was told; NULL when there is none. */
static char *earlier_secret(const struct relay *relay, int item)
{
    const void *stored = NULL;

    if (pam_get_item(relay->pam, item, &stored) != PAM_SUCCESS || !stored ||
        strnlen(stored, PAM_MAX_RESP_SIZE + 1) > PAM_MAX_RESP_SIZE)
        return NULL;
    return strdup(stored);
}

static void keep(char **kept, const char *secret)
{
    free_secret(kept);
    *kept = strdup(secret);
}

/* The item is a convenience of later modules; of a change they learn only if it comes about. */
static char *new_secret(struct relay *relay, const char *prompt)
{
    char *reply = relay->options->use_authtok ? earlier_secret(relay, PAM_AUTHTOK)
                                              : ask_person(relay, PAM_PROMPT_ECHO_OFF, prompt);

    if (reply)
        keep(&relay->chosen, reply);
    return reply;
}

static char *first_secret(struct relay *relay, const char *prompt)
{
    const struct options *options = relay->options;
    bool changes = relay->action == ACTION_PASSWORD;
    OWNED(free_secret) char *reply = NULL;

    if (options->use_first_pass || options->try_first_pass)
        reply = earlier_secret(relay, changes ? PAM_OLDAUTHTOK : PAM_AUTHTOK);
    if (!reply && !options->use_first_pass) {
        reply = ask_person(relay, PAM_PROMPT_ECHO_OFF, prompt);
        if (reply && !changes)
            (void)pam_set_item(relay->pam, PAM_AUTHTOK, reply);
    }
    if (reply && changes)
        keep(&relay->current, reply);
    return OWN_TAKE(reply);
}

static char *secret(struct relay *relay, const char *prompt)
{
    char *reply;

    if (is_about_new(relay))
        reply = new_secret(relay, prompt);
    else if (relay->secrets == 0)
        reply = first_secret(relay, prompt);
    else
        reply = ask_person(relay, PAM_PROMPT_ECHO_OFF, prompt);
    relay->secrets++;
    return reply;
}

/* Whoever has answered wants it to go on. */
static void begin_anew(struct relay *relay)
{
    relay->answers++;
    relay->frames = 0;
    relay->work_left_ms = RELAY_WAIT_MS;
}

static enum heed put_question(struct relay *relay, const struct frame *frame, struct error *why)
{
    OWNED(free_secret) char *reply = NULL;
    struct deadline deadline;

    if (frame->kind == FRAME_ASK)
        reply = ask_person(relay, PAM_PROMPT_ECHO_ON, frame->text);
    else
        reply = secret(relay, frame->text);

    if (reply)
        begin_anew(relay);
    else if (!relay->answers)
        relay->refused = true;
    deadline = deadline_in_ms(SEND_MS);
    if (!frame_send(relay->fd, reply ? FRAME_REPLY : FRAME_NO_REPLY, reply ? reply : "",
                    reply ? strlen(reply) : 0, &deadline, why))
        return HEED_BROKEN;
    return HEED_GOES_ON;
}

static void show(const struct relay *relay, int style, const char *text)
{
    if (!relay->silent)
        (void)pam_prompt(relay->pam, style, NULL, "%s", text);
}

static enum heed read_ruling(const struct relay *relay, struct frame *frame, struct ruling *ruling,
                             struct error *why)
{
    char *text = frame->text + RULING_BYTES;

    if (!ruling_decode(frame, ruling)) {
        error_set(why, ERROR_MALFORMED, "the helper's verdict makes no sense");
        return HEED_BROKEN;
    }
    text_printable(text);
    if (*text)
        error_set(why, ERROR_REFUSED, "%s", text);
    if (relay->refused && ruling->verdict == VERDICT_ADMIT) {
        error_set(why, ERROR_REFUSED, "the application gave no usable answer");
        *ruling = (struct ruling){.verdict = VERDICT_DENY};
    }
    return HEED_OVER;
}

static enum heed take_wait(struct relay *relay, const struct frame *frame, struct error *why)
{
    int64_t ms = 0;

    if (!frame_wait_ms(frame, &ms)) {
        error_set(why, ERROR_MALFORMED, "the time that the helper asked for makes no sense");
        return HEED_BROKEN;
    }
    relay->next_ms = ms + RELAY_SLACK_MS;
    return HEED_GOES_ON;
}

static enum heed take_frame(struct relay *relay, struct frame *frame, struct ruling *ruling,
                            struct error *why)
{
    relay->next_ms = FRAME_SILENCE_MS;
    if (frame->kind == FRAME_VERDICT)
        return read_ruling(relay, frame, ruling, why);
    if (frame->kind == FRAME_WAIT)
        return take_wait(relay, frame, why);
    display_clean(frame->text);
    switch (frame->kind) {
    case FRAME_TELL:
        show(relay, PAM_TEXT_INFO, frame->text);
        return HEED_GOES_ON;
    case FRAME_FAIL:
        show(relay, PAM_ERROR_MSG, frame->text);
        return HEED_GOES_ON;
    case FRAME_ASK:
    case FRAME_SECRET:
        return put_question(relay, frame, why);
    default:
        error_set(why, ERROR_MALFORMED, "the helper sent '%c' out of turn", frame->kind);
        return HEED_BROKEN;
    }
}

static bool receive(struct relay *relay, struct frame *frame, struct error *why)
{
    int64_t start = clock_ms();
    int64_t most = relay->next_ms < relay->work_left_ms ? relay->next_ms : relay->work_left_ms;
    struct deadline deadline = deadline_in_ms(most);
    bool received = frame_receive(relay->fd, frame, &deadline, why);

    relay->work_left_ms -= clock_ms() - start;
    if (received) {
        relay->heard = true;
    } else if (why->kind == ERROR_SYSTEM && deadline_left_ms(&deadline) == 0) {
        relay->late = true;
        error_set(why, ERROR_SYSTEM, "the login helper did not answer in time: %lld ms",
                  (long long)most);
    }
    return received;
}

static struct ruling carry(struct relay *relay, struct error *why)
{
    const struct ruling failed = {.verdict = VERDICT_FAILED};
    struct ruling ruling = failed;
    struct frame frame;

    while (relay->frames++ < RELAY_FRAMES_MOST && relay->answers <= RELAY_ANSWERS_MOST) {
        if (!receive(relay, &frame, why))
            return failed;
        switch (take_frame(relay, &frame, &ruling, why)) {
        case HEED_GOES_ON:
            continue;
        case HEED_OVER:
            return ruling;
        default:
            return failed;
        }
    }
    error_set(why, ERROR_MALFORMED, "the helper does not come to an end");
    return failed;
}

static bool begin(int fd, const struct request *request, struct error *why)
{
    struct deadline deadline = deadline_in_ms(SEND_MS);
    char text[FRAME_TEXT_MOST];
    size_t length = request_encode(request, text);

    if (!length)
        return error_set(why, ERROR_MALFORMED, "the request does not fit a frame");
    return frame_send(fd, FRAME_BEGIN, text, length, &deadline, why);
}

/* Keyrings, for instance, have to be changed with it. */
static void end_change(struct relay *relay, enum verdict verdict)
{
    if (verdict == VERDICT_ADMIT && relay->current)
        (void)pam_set_item(relay->pam, PAM_OLDAUTHTOK, relay->current);
    if (verdict == VERDICT_ADMIT && relay->chosen)
        (void)pam_set_item(relay->pam, PAM_AUTHTOK, relay->chosen);
    free_secret(&relay->current);
    free_secret(&relay->chosen);
}

struct ruling relay_run(pam_handle_t *pam, int fd, const struct request *request,
                        const struct options *options, bool *late, struct error *why)
{
    struct relay relay = {.pam = pam,
                          .fd = fd,
                          .options = options,
                          .action = request->action,
                          .silent = request->silent,
                          .next_ms = FRAME_SILENCE_MS,
                          .work_left_ms = RELAY_WAIT_MS};
    struct ruling ruling = {.verdict = VERDICT_FAILED};

    if (begin(fd, request, why))
        ruling = carry(&relay, why);
    if (ruling.verdict == VERDICT_FAILED && !relay.heard && why->kind == ERROR_SYSTEM)
        why->kind = ERROR_UNREACHABLE;
    if (relay.late)
        *late = true;
    end_change(&relay, ruling.verdict);
    return ruling;
}
