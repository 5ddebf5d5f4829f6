/* SPDX-License-Identifier: MIT */
#include "login/device.h"

#include "base/own.h"
#include "base/text.h"
#include "login/known.h"
#include "login/online.h"
#include "login/place.h"
#include "login/qr.h"
#include "login/words_code.h"
#include "platform/device.h"

#include <limits.h>
#include <stdio.h>
#include <strings.h>

#define REMOTE_MS      90000 /* sshd's LoginGraceTime is 120 s; a passphrase may have to be chosen */
#define LEAST_MS       15000 /* nobody does it in less */
#define ROUND_MS       15000 /* of asking the platform, after each answer of the person */
#define PAUSE_MOST_MS  60000 /* between two questions; the module waits for less than two minutes */
#define LAST_MS        90000 /* to choose a passphrase, before nobody is waited for any more */
#define QUESTION_BYTES (WORDS_CODE_BYTES + 80)
#define LATE_MS        60000 /* an answer may be so late, to hear that it is */

/* Nothing came of it, for a reason that is told. */
static void end(struct attempt *a, enum words words, const char *reason)
{
    a->result = RESULT_CODE;
    a->advice = words;
    if (reason)
        error_set(&a->why, ERROR_REFUSED, "%s", reason);
}

/* --- A code. --- */

/* When all must be done, by clock_ms(). */
static int64_t end_of(const struct attempt *a, const struct device_code *code)
{
    int64_t ours = *a->request->remote_host ? a->begun_ms + REMOTE_MS : a->talk->ends_ms - LAST_MS;

    return ours < code->expires_at_ms ? ours : code->expires_at_ms;
}

static void note_outcome(struct attempt *a)
{
    if (a->outcome.answer != ANSWER_ACCEPTED)
        a->why = a->outcome.why;
    if (a->outcome.alarm != ALARM_NONE)
        a->alarm = a->outcome.alarm;
}

/* No code: what was learned before stands. */
static void go_without(struct attempt *a)
{
    bool unreachable = a->outcome.answer == ANSWER_UNREACHABLE;

    a->code_unserved = unreachable;
    if (a->result != RESULT_SKIPPED)
        return;
    a->advice = online_advice(&a->outcome);
    a->result = unreachable ? RESULT_UNREACHABLE : RESULT_CODE;
}

static bool begin(struct attempt *a, struct device_code *code)
{
    struct deadline budget = deadline_in_ms(a->config->login_seconds * 1000LL);
    OWNED(free_memory) char *claims = OWN_TAKE(a->claims);

    talk_wait(a->talk, deadline_left_ms(&budget));
    a->link.hurried = true;
    a->link.kept_at_ms = 0;
    outcome_release(&a->outcome);
    platform_device_begin(a->link.platform, claims, &budget, code, &a->outcome);
    note_outcome(a);
    if (a->outcome.answer == ANSWER_ACCEPTED)
        return true;
    go_without(a);
    return false;
}

/* --- What is shown. --- */

static void show_qr(struct attempt *a, const struct device_code *code)
{
    char drawn[QR_BYTES];

    if (place_shows_lines(a->request) &&
        qr_draw(*code->uri_complete ? code->uri_complete : code->uri, drawn))
        talk_tell(a->talk, drawn, &(struct error){0});
}

static void write_text(const struct attempt *a, const struct device_code *code,
                       char out[static WORDS_CODE_BYTES])
{
    char host[HOST_NAME_MAX + 1] = "", service[64], remote[256];
    const struct code_words words = {
        .name = a->request->user,
        .host = host,
        .service = service,
        .remote_host = remote,
        .uri = code->uri,
        .user_code = code->user_code,
        .seconds = (unsigned)((end_of(a, code) - clock_ms()) / 1000),
        .one_line = !place_shows_lines(a->request),
    };

    gethostname(host, sizeof host - 1);
    text_copy(service, sizeof service, a->request->service);
    text_copy(remote, sizeof remote, a->request->remote_host);
    text_printable(service);
    text_printable(remote);
    words_of_code(&words, out);
}

static void show(struct attempt *a, const struct device_code *code)
{
    char text[WORDS_CODE_BYTES];

    write_text(a, code, text);
    talk_tell(a->talk, text, &(struct error){0});
    show_qr(a, code);
}

/* Whoever wants to be told nothing, as sudo does, is told all that is needed by the question. */
static void write_question(const struct attempt *a, const struct device_code *code, bool first,
                           char out[static QUESTION_BYTES])
{
    char text[WORDS_CODE_BYTES] = "";
    const char *between = place_shows_lines(a->request) ? "\n\n" : " ";

    if (a->request->silent && first)
        write_text(a, code, text);
    snprintf(out, QUESTION_BYTES, "%s%s%s", text, *text ? between : "",
             words_text(WORDS_ASK_CODE_DONE));
}

/* --- What came of it. --- */

/* Asking once more would not have helped: platform/device.c. */
static enum words words_of_failure(const struct attempt *a)
{
    enum words advice = online_advice(&a->outcome);

    if (advice != WORDS_NONE)
        return advice;
    if (a->outcome.alarm == ALARM_SETUP)
        return WORDS_SETUP;
    return a->outcome.why.kind == ERROR_SYSTEM ? WORDS_BROKEN : WORDS_DECLINED;
}

static void take_answer(struct attempt *a)
{
    const struct outcome *outcome = &a->outcome;
    enum words advice = online_advice(outcome);

    note_outcome(a);
    if (outcome->answer == ANSWER_ACCEPTED && (a->known || talk_is_there(a->talk, 0))) {
        a->result = RESULT_ACCEPTED_CODE;
        a->advice = WORDS_NONE;
    } else if (outcome->answer == ANSWER_ACCEPTED) {
        end(a, WORDS_STOPPED, "nobody was there any more");
    } else if (outcome->answer == ANSWER_UNREACHABLE) {
        end(a, words_of_failure(a), NULL);
    } else if (outcome->refusal == REFUSAL_UNTRUSTED && advice == WORDS_NONE) {
        end(a, WORDS_OTHER_PERSON, NULL);
    } else {
        end(a, advice != WORDS_NONE ? advice : WORDS_DECLINED, NULL);
    }
}

/* True when it is over. */
static bool poll_once(struct attempt *a, struct device_code *code)
{
    struct deadline budget = deadline_in_ms(a->config->login_seconds * 1000LL);

    talk_wait(a->talk, ATTEMPT_STORE_MS + deadline_left_ms(&budget));
    /* What others learned before this question was put is older than its answer. */
    known_refresh(a, &(struct error){0});
    a->link.kept_at_ms = 0;
    outcome_release(&a->outcome);
    if (platform_device_poll(a->link.platform, code, a->name,
                             a->known ? a->person.account.object_id : NULL, &budget,
                             &a->outcome) == DEVICE_PENDING)
        return false;
    take_answer(a);
    return true;
}

/* Asks for a while, at the pace that the platform wants. True when it is over. */
static bool await_approval(struct attempt *a, struct device_code *code)
{
    const int64_t round = clock_ms() + ROUND_MS;
    const int64_t last = round < end_of(a, code) ? round : end_of(a, code);

    do {
        if (code->next_poll_ms > clock_ms() + PAUSE_MOST_MS)
            return false;
        talk_wait(a->talk, PAUSE_MOST_MS + ATTEMPT_DISK_MS);
        if (!talk_is_there(a->talk, code->next_poll_ms)) {
            end(a, WORDS_STOPPED, "nobody was there any more");
            return true;
        }
        if (poll_once(a, code))
            return true;
    } while (code->next_poll_ms <= last);
    return false;
}

/* --- The conversation. --- */

enum reply { REPLY_STOP, REPLY_GO_ON };

static enum reply ask_person(struct attempt *a, const struct device_code *code, bool first)
{
    OWNED(free_secret) char *reply = NULL;
    char question[QUESTION_BYTES];
    enum heard heard;

    write_question(a, code, first, question);
    a->talk->patience_ms = code->expires_at_ms - clock_ms() + LATE_MS;
    heard = talk_ask(a->talk, question, &reply, &a->why);
    a->talk->patience_ms = 0;
    if (heard == HEARD_NOTHING && first)
        end(a, WORDS_NO_ECHO,
            "the application cannot ask with echo; sshd can, with KbdInteractiveAuthentication "
            "yes");
    else if (heard != HEARD_REPLY)
        end(a, WORDS_STOPPED, heard == HEARD_NOTHING ? "no answer was given" : NULL);
    else if (strcasecmp(reply, "q") == 0)
        end(a, WORDS_STOPPED, "the person gave up");
    else
        return REPLY_GO_ON;
    return REPLY_STOP;
}

static void converse(struct attempt *a, struct device_code *code)
{
    bool first = true;

    if (!a->request->silent)
        show(a, code);
    while (ask_person(a, code, first) == REPLY_GO_ON && !await_approval(a, code)) {
        if (clock_ms() >= end_of(a, code)) {
            end(a, WORDS_CODE_LATE, "the time for the code is over");
            return;
        }
        talk_tell(a->talk, words_text(WORDS_CODE_NOT_YET), &(struct error){0});
        first = false;
    }
}

void device_sign_in(struct attempt *a)
{
    OWNED(device_code_release) struct device_code code = {0};

    a->asked_code = true;
    online_end_turns(a);
    if (!begin(a, &code))
        return;
    if (end_of(a, &code) - clock_ms() < LEAST_MS)
        end(a, WORDS_CODE_LATE, "too little time is left for a code");
    else
        converse(a, &code);
}
