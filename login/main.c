/*
 * latchkey-login: one sign-in attempt for the PAM module at the other end of
 * standard input. Answers with a verdict and leaves; its exit status means nothing.
 */
#include "base/log.h"
#include "base/own.h"
#include "cache/name.h"
#include "config/paths.h"
#include "login/prepare.h"
#include "login/session.h"

#include <pwd.h>

#define BEGIN_MS 10000 /* the module sends the request before it does anything else */

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

static bool is_about_himself(const struct caller *caller, const char *name)
{
    OWNED(free_memory) char *memory = malloc(16384);
    struct passwd entry, *found = NULL;

    return memory && getpwnam_r(name, &entry, memory, 16384, &found) == 0 && found &&
           found->pw_uid == caller->uid;
}

/* Root may ask about everybody; anybody else only to verify himself. */
static bool may_ask(const struct caller *caller, const struct request *request)
{
    if (!name_is_person(request->user))
        return false;
    if (caller->uid == 0)
        return true;
    return (request->action == ACTION_AUTHENTICATE || request->action == ACTION_ACCOUNT) &&
           is_about_himself(caller, request->user);
}

static enum verdict answer(const struct caller *caller, const struct request *request,
                           struct talk *talk)
{
    if (!may_ask(caller, request)) {
        log_line(LOG_LEVEL_WARNING, "uid %ld may not ask about this person", (long)caller->uid);
        return VERDICT_DENY;
    }
    return session_run(request, caller, talk);
}

static int prepare(void)
{
    struct error why = {0};

    if (process_start_alone(PRIVATE_DIR, &why) && prepare_host(PRIVATE_DIR, PUBLIC_DIR, &why))
        return 0;
    fprintf(stderr, "latchkey-login: %s\n", why.text);
    return 1;
}

int main(int count, char **arguments)
{
    struct talk talk = {.fd = STDIN_FILENO};
    struct caller caller = {.uid = (uid_t)-1};
    struct request request = {0};
    struct error why = {0};

    if (count == 2 && strcmp(arguments[1], "--version") == 0) {
        puts("latchkey-login " VERSION);
        return 0;
    }
    if (count == 2 && strcmp(arguments[1], "--prepare") == 0)
        return prepare();
    if (!process_start(PRIVATE_DIR, &caller, &why) || !receive_request(&request, &why)) {
        log_line(LOG_LEVEL_ERROR, "%s", why.text);
        return 1;
    }
    if (!talk_verdict(&talk, answer(&caller, &request, &talk), "", &why))
        log_line(LOG_LEVEL_NOTICE, "the calling program did not wait for the verdict: %s",
                 why.text);
    _exit(0);
}
