/* SPDX-License-Identifier: MIT */
/*
 * A greeter that signs somebody in, as GDM's session worker does: greeter CONFIGURATION SERVICE NAME.
 * No terminal; the name is asked for by PAM, one question is put at a time, and what is said is
 * shown apart from it. CONFIGURATION is a folder like /etc/pam.d. Each event is a line: `info`,
 * `error`, `ask` or `secret` with its text, in which line ends are blanks; the last two take a line
 * of standard input for an answer, or cancel at its end. Then `PHASE CODE` for each phase that was
 * reached, and `environment NAME=VALUE` for all that PAM gives to the session.
 */
#include "base/own.h"

#include <security/pam_appl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static char *answer(const char *name, const struct pam_message *message)
{
    char line[600] = "";

    if (message->msg_style == PAM_PROMPT_ECHO_ON && strstr(message->msg, "sername"))
        return strdup(name);
    if (!fgets(line, sizeof line, stdin))
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    return strdup(line);
}

static void show(const struct pam_message *message)
{
    static const char *const events[] = {[PAM_PROMPT_ECHO_OFF] = "secret",
                                         [PAM_PROMPT_ECHO_ON] = "ask",
                                         [PAM_ERROR_MSG] = "error",
                                         [PAM_TEXT_INFO] = "info"};

    printf("%s ", events[message->msg_style]);
    for (const char *at = message->msg; *at; at++)
        putchar(*at == '\n' ? ' ' : *at);
    putchar('\n');
    fflush(stdout);
}

static int converse(int count, const struct pam_message **messages, struct pam_response **replies,
                    void *name)
{
    struct pam_response *all = calloc((size_t)count, sizeof *all);

    if (!all)
        return PAM_BUF_ERR;
    for (int i = 0; i < count; i++) {
        bool question = messages[i]->msg_style == PAM_PROMPT_ECHO_OFF ||
                        messages[i]->msg_style == PAM_PROMPT_ECHO_ON;

        show(messages[i]);
        if (question && !(all[i].resp = answer(name, messages[i]))) {
            while (i-- > 0)
                free_secret(&all[i].resp);
            free(all);
            return PAM_CONV_ERR;
        }
    }
    *replies = all;
    return PAM_SUCCESS;
}

/* False: it was the last one. */
static bool run(const char *phase, int code)
{
    printf("%s %d\n", phase, code);
    return code == PAM_SUCCESS;
}

static void show_environment(pam_handle_t *pam)
{
    char **list = pam_getenvlist(pam);

    for (char **each = list; each && *each; each++) {
        printf("environment %s\n", *each);
        free(*each);
    }
    free((void *)list);
}

int main(int count, char **arguments)
{
    struct pam_conv conversation = {.conv = converse};
    pam_handle_t *pam = NULL;

    if (count != 4)
        return 2;
    conversation.appdata_ptr = arguments[3];
    if (pam_start_confdir(arguments[2], NULL, &conversation, arguments[1], &pam) != PAM_SUCCESS)
        return 2;
    pam_set_item(pam, PAM_USER_PROMPT, "Username: ");
    pam_set_item(pam, PAM_XDISPLAY, ":0");
    if (run("authenticate", pam_authenticate(pam, 0)) && run("account", pam_acct_mgmt(pam, 0)) &&
        run("credentials", pam_setcred(pam, PAM_ESTABLISH_CRED)) &&
        run("session", pam_open_session(pam, 0))) {
        show_environment(pam);
        run("end", pam_close_session(pam, 0));
    }
    pam_end(pam, PAM_SUCCESS);
    return 0;
}
