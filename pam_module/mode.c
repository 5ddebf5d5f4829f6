/* SPDX-License-Identifier: MIT */
#include "pam_module/mode.h"

#include "login/words.h"

#include <security/pam_ext.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define MODE        "LATCHKEY_MODE"
#define UNTIL       "LATCHKEY_OFFLINE_UNTIL"
#define DIGITS_MOST 12 /* as many as RULING_UNTIL_MOST has */

/* libpam logs an error when what is to be removed is not there. */
static void forget(pam_handle_t *pam, const char *name)
{
    if (pam_getenv(pam, name))
        (void)pam_putenv(pam, name);
}

void mode_forget(pam_handle_t *pam)
{
    forget(pam, MODE);
    forget(pam, UNTIL);
}

void mode_set(pam_handle_t *pam, const struct ruling *ruling)
{
    static const char *const modes[MODES] = {NULL, MODE "=online", MODE "=offline"};
    char until[sizeof UNTIL "=-9223372036854775808"];

    mode_forget(pam);
    if (ruling->mode >= MODES || !modes[ruling->mode])
        return;
    (void)pam_putenv(pam, modes[ruling->mode]);
    if (!ruling->offline_until)
        return;
    snprintf(until, sizeof until, UNTIL "=%lld", (long long)ruling->offline_until);
    (void)pam_putenv(pam, until);
}

/* Digits alone, and a date with four digits of a year. */
static bool read_until(const char *text, time_t *until)
{
    size_t digits = strspn(text, "0123456789");
    long long seconds;

    if (!digits || digits > DIGITS_MOST || text[digits])
        return false;
    seconds = strtoll(text, NULL, 10);
    *until = (time_t)seconds;
    return seconds > 0 && seconds <= RULING_UNTIL_MOST;
}

void mode_tell(pam_handle_t *pam, bool silent)
{
    const char *said = pam_getenv(pam, UNTIL);
    char date[32], text[512];
    struct tm parts;
    time_t until = 0;
    bool told = said && read_until(said, &until) && localtime_r(&until, &parts) &&
                strftime(date, sizeof date, "%Y-%m-%d %H:%M", &parts);

    forget(pam, UNTIL);
    if (!told || silent)
        return;
    words_offline_until(date, until - time(NULL) <= WORDS_SOON_SECONDS, text, sizeof text);
    pam_info(pam, "%s", text);
}
