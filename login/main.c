/* SPDX-License-Identifier: MIT */
/*
 * latchkey-login: one sign-in attempt for the PAM module at the other end of
 * standard input. Answers with a verdict and leaves; its exit status means nothing.
 */
#include "base/log.h"
#include "base/own.h"
#include "config/paths.h"
#include "login/link.h"
#include "login/prepare.h"
#include "login/session.h"

#define BEGIN_MS 2000 /* the module sends the request at once, before anybody is asked anything */

static bool receive_request(struct request *request, struct error *why)
{
    struct deadline deadline = deadline_in_ms(BEGIN_MS);
    struct frame frame;

    if (!frame_receive(STDIN_FILENO, &frame, &deadline, why))
        return error_context(why, "waiting for a request");
    if (frame.kind != FRAME_BEGIN)
        return error_set(why, ERROR_MALFORMED, "a conversation begins with a request");
    return request_decode(frame.text, frame.length, request, why);
}

/* Every local user can connect, as often as he likes: his mistakes must not fill the log. */
static enum log_level level_for(const struct caller *caller, enum log_level level)
{
    return caller->uid == 0 ? level : LOG_LEVEL_DEBUG;
}

static struct ruling answer(const struct caller *caller, const struct request *request,
                            struct talk *talk)
{
    if (caller_may_ask(caller, request))
        return session_run(request, caller, talk);
    log_line(level_for(caller, LOG_LEVEL_WARNING), "uid %ld may not ask about this person",
             (long)caller->uid);
    return (struct ruling){.verdict = VERDICT_DENY};
}

static int serve(void)
{
    struct talk talk = {.fd = STDIN_FILENO, .ends_ms = clock_ms() + TALK_ALL_MS};
    struct caller caller = {.uid = (uid_t)-1};
    struct request request = {0};
    struct error why = {0};
    struct ruling ruling;

    if (!process_start(PRIVATE_DIR, &caller, &why)) {
        log_line(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    if (!receive_request(&request, &why)) {
        log_line(level_for(&caller, LOG_LEVEL_ERROR), "%s", why.text);
        return 1;
    }
    ruling = answer(&caller, &request, &talk);
    if (!talk_verdict(&talk, &ruling, "", &why))
        log_line(level_for(&caller, LOG_LEVEL_NOTICE),
                 "the calling program did not wait for the verdict: %s", why.text);
    _exit(0);
}

static int prepare(void)
{
    struct error why = {0};

    if (process_start_alone(PRIVATE_DIR, &why) && prepare_host(PRIVATE_DIR, PUBLIC_DIR, &why))
        return 0;
    fprintf(stderr, "latchkey-login: %s\n", why.text);
    return 1;
}

static int tell_version(void)
{
    char codes[256];

    link_describe_codes(codes, sizeof codes);
    printf("latchkey-login " VERSION "\ncodes %s\n", codes);
    return 0;
}

int main(int count, char **arguments)
{
    if (count <= 1)
        return serve();
    if (count == 2 && strcmp(arguments[1], "--version") == 0)
        return tell_version();
    if (count == 2 && strcmp(arguments[1], "--prepare") == 0)
        return prepare();
    fputs("usage: latchkey-login [--prepare | --version]\n", stderr);
    return 2;
}
