/* SPDX-License-Identifier: MIT */
#include "login/quality.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/name.h"

#include <pwquality.h>
#include <string.h>

/* cracklib's words, in English as long as nobody calls setlocale(3). */
#define NO_DICTIONARY "error loading dictionary"

OWN_DEFINE(settings_release, pwquality_settings_t, pwquality_free_settings);

/* Also releases `detail`, which is what pwquality_strerror(3) does. */
static void describe(int code, void *detail, char out[QUALITY_HINT_MOST + 1])
{
    char text[PWQ_MAX_ERROR_MESSAGE_LEN];

    snprintf(out, QUALITY_HINT_MOST + 1, "%s", pwquality_strerror(text, sizeof text, code, detail));
    text_printable(out);
}

static pwquality_settings_t *read_rules(const char *rules, struct error *why)
{
    OWNED(settings_release) pwquality_settings_t *settings = pwquality_default_settings();
    char text[QUALITY_HINT_MOST + 1];
    void *detail = NULL;
    int code;

    if (!settings) {
        error_set(why, ERROR_SYSTEM, "no memory");
        return NULL;
    }
    code = pwquality_read_config(settings, rules, &detail);
    if (code == 0)
        return OWN_TAKE(settings);
    describe(code, detail, text);
    error_set(why, ERROR_CONFIG, "%s: %s", rules ? rules : "pwquality.conf", text);
    return NULL;
}

static bool is_about_the_host(int code, const char *hint)
{
    return code > PWQ_ERROR_TOO_SIMILAR ||
           (code == PWQ_ERROR_CRACKLIB_CHECK && strstr(hint, NO_DICTIONARY));
}

static enum quality check(pwquality_settings_t *settings, const char *secret, const char *old,
                          const char *name, char hint[QUALITY_HINT_MOST + 1], struct error *why)
{
    char text[QUALITY_HINT_MOST + 1];
    void *detail = NULL;
    int code = pwquality_check(settings, secret, old, name, &detail);

    if (code >= 0)
        return QUALITY_GOOD;
    describe(code, detail, text);
    if (is_about_the_host(code, text)) {
        error_set(why, ERROR_CONFIG, "pwquality: %s", text);
        return QUALITY_UNKNOWN;
    }
    memcpy(hint, text, sizeof text);
    return QUALITY_POOR;
}

enum quality quality_check(const char *rules, const char *secret, const char *old, const char *name,
                           char hint[QUALITY_HINT_MOST + 1], struct error *why)
{
    OWNED(settings_release) pwquality_settings_t *settings = read_rules(rules, why);
    char bare[NAME_MOST + 1];
    enum quality quality;

    if (!settings)
        return QUALITY_UNKNOWN;
    quality = check(settings, secret, old, name, hint, why);
    if (quality != QUALITY_GOOD || !strchr(name, '@'))
        return quality;
    /* Nobody types her domain into a passphrase: the rule about names has to see hers alone, too. */
    snprintf(bare, sizeof bare, "%.*s", (int)strcspn(name, "@"), name);
    return check(settings, secret, old, bare, hint, why);
}
