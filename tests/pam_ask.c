/* SPDX-License-Identifier: MIT */
/*
 * An application that signs somebody in, and says how long that took: pam_ask CONFIGURATION NAME.
 * CONFIGURATION is a folder like /etc/pam.d, with a file `latchkey-test`. Prints `asked` at a
 * question, whose answer is a line of standard input; in the end `CODE MILLISECONDS`, from the
 * answer to the return of pam_authenticate (or the whole of it, if nothing was asked), and then
 * what was shown, by the session as well if there is one.
 */
#include "base/clock.h"
#include "base/own.h"

#include <security/pam_appl.h>
#include <stdio.h>
#include <string.h>

struct application {
    int64_t begun_ms;
    char shown[2048];
};

static char *answer(struct application *application)
{
    char line[600] = "";

    puts("asked");
    fflush(stdout);
    if (!fgets(line, sizeof line, stdin))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    application->begun_ms = clock_ms();
    return strdup(line);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **replies,
                    void *data)
{
    struct application *application = data;

    *replies = calloc((size_t)count, sizeof **replies);
    if (!*replies)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        size_t used = strlen(application->shown);

        if (messages[i]->msg_style == PAM_PROMPT_ECHO_OFF)
            (*replies)[i].resp = answer(application);
        else
            snprintf(application->shown + used, sizeof application->shown - used, "%s\n",
                     messages[i]->msg);
    }
    return PAM_SUCCESS;
}

static void no_wait(int code, unsigned us, void *data)
{
    (void)code, (void)us, (void)data;
}

/* libpam's pause after a failure is no part of what is measured. */
static void do_not_wait(pam_handle_t *pam)
{
    void (*own)(int, unsigned, void *) = no_wait;
    const void *item = NULL;

    memcpy(&item, &own, sizeof item);
    (void)pam_set_item(pam, PAM_FAIL_DELAY, item);
}

int main(int count, char **arguments)
{
    struct application application = {.begun_ms = clock_ms()};
    const struct pam_conv conversation = {.conv = converse, .appdata_ptr = &application};
    pam_handle_t *pam = NULL;
    long long took;
    int code;

    if (count != 3 || pam_start_confdir("latchkey-test", arguments[2], &conversation, arguments[1],
                                        &pam) != PAM_SUCCESS)
        return 2;
    do_not_wait(pam);
    code = pam_authenticate(pam, 0);
    took = clock_ms() - application.begun_ms;
    if (code == PAM_SUCCESS && pam_open_session(pam, 0) == PAM_SUCCESS)
        pam_close_session(pam, 0);
    printf("%d %lld\n%s", code, took, application.shown);
    pam_end(pam, code);
    return 0;
}
