/* SPDX-License-Identifier: MIT */
/* The functions that libpam calls. For somebody who is not ours each says so and does nothing. */
#include "base/own.h"
#include "base/text.h"
#include "login/words.h"
#include "pam_module/attempt.h"
#include "pam_module/helper.h"
#include "pam_module/home.h"
#include "pam_module/mode.h"

#include <security/pam_ext.h>
#include <syslog.h>

#define ADMISSION     "latchkey_admission"
#define WORDS_ROOM    128     /* beside the name */
#define FAIL_DELAY_US 2000000 /* as pam_unix(8); libpam varies it, and waits only after a failure */
#define ADMISSION_MS  60000   /* how long authenticate's answer serves the account phase as well */

/* Who was admitted, kept in the PAM handle for the account phase of the same process. */
struct admission {
    char user[NAME_MOST + 1];
    int64_t at_ms;
};

static void release_admission(pam_handle_t *pam, void *data, int status)
{
    (void)pam, (void)status;
    free(data);
}

static void remember_admission(pam_handle_t *pam, const char *user)
{
    OWNED(free_memory) struct admission *admission = calloc(1, sizeof *admission);

    if (!admission || !text_copy(admission->user, sizeof admission->user, user))
        return; /* the account phase asks again */
    admission->at_ms = clock_ms();
    if (pam_set_data(pam, ADMISSION, admission, release_admission) == PAM_SUCCESS)
        admission = NULL;
}

static bool was_admitted_just_now(pam_handle_t *pam, const char *user)
{
    const void *data = NULL;
    const struct admission *admission;

    if (pam_get_data(pam, ADMISSION, &data) != PAM_SUCCESS || !data)
        return false;
    admission = data;
    return strcmp(admission->user, user) == 0 && clock_ms() - admission->at_ms < ADMISSION_MS;
}

/* The user's name and what the gate says; PAM_SUCCESS only if he may be ours. */
static int pass_gate(pam_handle_t *pam, const char **user, enum gate *gate)
{
    struct error why = {0};
    int code = pam_get_user(pam, user, NULL);

    if (code == PAM_CONV_AGAIN)
        return PAM_INCOMPLETE;
    if (code != PAM_SUCCESS || !*user)
        return PAM_SYSTEM_ERR;
    *gate = gate_ask(*user, &why);
    if (*gate == GATE_NOT_OURS)
        return PAM_USER_UNKNOWN;
    if (*gate != GATE_FAILED)
        return PAM_SUCCESS;
    pam_syslog(pam, LOG_ERR, "%s", why.text);
    return PAM_SYSTEM_ERR;
}

static void tell_spelling(pam_handle_t *pam, const char *right)
{
    char text[NAME_MOST + WORDS_ROOM];

    words_right_spelling(right, text, sizeof text);
    pam_info(pam, "%s", text);
}

int pam_sm_authenticate(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    struct options options = options_read(pam, argc, argv);
    bool silent = flags & PAM_SILENT;
    const char *user = NULL;
    char right[NAME_MOST + 1];
    enum gate gate;
    int code = pass_gate(pam, &user, &gate);

    (void)pam_set_data(pam, ADMISSION, NULL, NULL);
    if (code == PAM_USER_UNKNOWN && !silent && gate_spelling(user, right))
        tell_spelling(pam, right);
    if (code != PAM_SUCCESS)
        return code;
    mode_forget(pam);
    if (!options.nodelay)
        (void)pam_fail_delay(pam, FAIL_DELAY_US);
    code = attempt_run(pam, ACTION_AUTHENTICATE, user, gate, silent, &options);
    if (code == PAM_SUCCESS)
        remember_admission(pam, user);
    if (code == PAM_SYSTEM_ERR && !silent)
        pam_error(pam, "%s", words_text(WORDS_OUT_OF_ORDER));
    return code;
}

/* Told and logged if the home of somebody who is ours cannot be hers. */
static bool home_fits(pam_handle_t *pam, const char *user, int flags)
{
    struct error why = {0};

    if (home_check(user, &why))
        return true;
    if (!(flags & PAM_SILENT))
        pam_error(pam, "%s", words_text(WORDS_HOME));
    pam_syslog(pam, LOG_ERR, "%s", why.text);
    return false;
}

int pam_sm_acct_mgmt(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    struct options options = options_read(pam, argc, argv);
    const char *user = NULL;
    enum gate gate;
    int code = pass_gate(pam, &user, &gate);

    if (code != PAM_SUCCESS)
        return code;
    if (gate != GATE_KNOWN || !was_admitted_just_now(pam, user))
        code = attempt_run(pam, ACTION_ACCOUNT, user, gate, flags & PAM_SILENT, &options);
    /* Here, because all programs heed what this phase says. */
    return code == PAM_SUCCESS && !home_fits(pam, user, flags) ? PAM_PERM_DENIED : code;
}

/* There are no credentials to set; who is let through here has been let in by another phase. */
int pam_sm_setcred(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *user = NULL;
    enum gate gate;
    int code = pass_gate(pam, &user, &gate);

    (void)flags, (void)argc, (void)argv;
    if (code == PAM_SUCCESS && gate != GATE_KNOWN)
        return PAM_CRED_UNAVAIL;
    return code;
}

static int session(pam_handle_t *pam, const char **user)
{
    enum gate gate;
    int code = pass_gate(pam, user, &gate);

    if (code == PAM_USER_UNKNOWN)
        return PAM_IGNORE; /* somebody else's session is not our business */
    return code == PAM_SUCCESS && gate == GATE_KNOWN ? PAM_SUCCESS : PAM_SESSION_ERR;
}

int pam_sm_open_session(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *user = NULL;
    int code = session(pam, &user);

    (void)argc, (void)argv;
    if (code == PAM_SUCCESS)
        mode_tell(pam, flags & PAM_SILENT);
    return code == PAM_SUCCESS && !home_fits(pam, user, flags) ? PAM_SESSION_ERR : code;
}

int pam_sm_close_session(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    const char *user = NULL;

    (void)flags, (void)argc, (void)argv;
    return session(pam, &user);
}

/* A program that root runs for somebody else need not know what she has. */
static enum action kind_of_change(pam_handle_t *pam)
{
    const void *caller = NULL;

    (void)pam_get_item(pam, PAM_RUSER, &caller);
    return helper_way(caller) == HELPER_AS_CHILD ? ACTION_RESET : ACTION_PASSWORD;
}

/* As pam_sm_chauthtok(3) knows them. */
static int code_of_change(int code)
{
    switch (code) {
    case PAM_SUCCESS:
    case PAM_PERM_DENIED:
    case PAM_MAXTRIES:
    case PAM_USER_UNKNOWN:
        return code;
    default:
        return PAM_AUTHTOK_ERR;
    }
}

int pam_sm_chauthtok(pam_handle_t *pam, int flags, int argc, const char **argv)
{
    struct options options = options_read(pam, argc, argv);
    const char *user = NULL;
    enum gate gate;
    int code = pass_gate(pam, &user, &gate);

    if (code != PAM_SUCCESS)
        return code;
    if (gate != GATE_KNOWN)
        return PAM_AUTHTOK_ERR;
    /* Nothing of ours expires, and nothing is asked before all modules are ready. */
    if (flags & (PAM_PRELIM_CHECK | PAM_CHANGE_EXPIRED_AUTHTOK))
        return PAM_SUCCESS;
    return code_of_change(
        attempt_run(pam, kind_of_change(pam), user, gate, flags & PAM_SILENT, &options));
}
