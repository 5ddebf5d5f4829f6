/* SPDX-License-Identifier: MIT */
/* The table of settings, and how each takes its value. */
#include "config/setting.h"
#include "config/names.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/name.h"
#include "config/draft.h"
#include "platform/authority.h"

#include <stddef.h>
#include <stdint.h>

#define MICROSOFT_RECHECK_HOURS "24"

enum setting_type {
    SETTING_TEXT,
    SETTING_ISSUER,
    SETTING_NUMBER,
    SETTING_NAMES,
    SETTING_CHOICE,
    SETTING_LIST,
    SETTING_ALGORITHMS,
    SETTING_YES
};

static bool is_anything(const char *text)
{
    (void)text;
    return true;
}

static bool is_word(const char *text)
{
    return *text && !strpbrk(text, " \t");
}

static bool is_path(const char *text)
{
    return *text == '/' && !strchr(text, ':');
}

static bool is_path_or_nothing(const char *text)
{
    return !*text || is_path(text);
}

static bool is_https_or_nothing(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return !*text || (strncmp(text, "https://", 8) == 0 && text[8] && text[8] != '/');
}

/* As it can stand in a line of nss.conf. */
static bool is_plain_path(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~')
            return false;
    return is_path(text);
}

static bool is_home(const char *text)
{
    return is_plain_path(text) && strstr(text, "{name}");
}

/* Names with an `@` must be legal names; anything else stands for a group's object id. */
static bool is_allowed_entry(const char *text)
{
    return !strchr(text, '@') || name_is_person(text);
}

/* As libpam hands it to its modules: the name of a file, in lower case. */
static bool is_service(const char *text)
{
    for (const char *at = text; *at; at++)
        if (*at <= ' ' || *at > '~' || *at == '/' || (*at >= 'A' && *at <= 'Z'))
            return false;
    return *text;
}

/* Whoever means every service would be let in by what is remembered alone, for ever. */
static bool is_one_service(const char *text)
{
    return is_service(text) && strcmp(text, "all") != 0;
}

static bool is_method(const char *text)
{
    return strcmp(text, CONFIG_PASSWORD) == 0 || strcmp(text, CONFIG_DEVICE_CODE) == 0;
}

/* Every setting there is: latchkey.conf(5) documents this table. */
/* clang-format off */
static const struct setting {
    const char *name;
    enum setting_type type;
    size_t offset;
    unsigned long long least, most; /* of the number, or of the text's length */
    const char *preset;             /* NULL: must be given */
    bool (*fits)(const char *text); /* of the text, or of each entry of the list */
    const char *wants;              /* said when it does not fit; the words of a choice, as its enum */
} settings[] = {
#define PLACE(field) offsetof(struct config, field)
    {"issuer", SETTING_ISSUER, PLACE(issuer), 1, 255, NULL, is_anything, NULL},
    {"client_id", SETTING_TEXT, PLACE(client_id), 1, 127, NULL, is_word, "one word"},
    {"domains", SETTING_LIST, PLACE(domains), 1, 253, NULL,
     name_is_domain, "domains in lower case, such as contoso.example"},
    {"names", SETTING_NAMES, PLACE(names), 0, 0, "full", NULL, NULL},
    {"allow", SETTING_LIST, PLACE(allow), 1, 255, NULL,
     is_allowed_entry, "everyone, full names in lower case, or object ids of groups"},
    {"scope", SETTING_TEXT, PLACE(scope), 6, 255, "openid profile offline_access",
     is_anything, NULL},
    {"name_claim", SETTING_TEXT, PLACE(name_claim), 1, 63, "preferred_username",
     is_word, "one word"},
    {"groups_claim", SETTING_TEXT, PLACE(groups_claim), 1, 63, "groups", is_word, "one word"},
    {"signing_algorithms", SETTING_ALGORITHMS, PLACE(algorithms), 0, 0, "RS256", NULL, NULL},
    {"ca_file", SETTING_TEXT, PLACE(ca_file), 0, 255, "", is_path_or_nothing, "an absolute path"},
    {"home", SETTING_TEXT, PLACE(home), 2, 255, "/home/{name}",
     is_home, "an absolute path without blanks that contains {name}"},
    {"shell", SETTING_TEXT, PLACE(shell), 2, 127, "/bin/bash",
     is_plain_path, "an absolute path without blanks"},
    {"id_min", SETTING_NUMBER, PLACE(id_min), 1000, 2147483645, "1879048192", NULL, NULL},
    {"id_max", SETTING_NUMBER, PLACE(id_max), 1000, 2147483645, "2147352575", NULL, NULL},
    {"connect_seconds", SETTING_NUMBER, PLACE(connect_seconds), 1, 30, "3", NULL, NULL},
    {"login_seconds", SETTING_NUMBER, PLACE(login_seconds), 1, 30, "8", NULL, NULL},
    {"recheck_minutes", SETTING_NUMBER, PLACE(recheck_minutes), 0, 1440, "5", NULL, NULL},
    {"password_recheck_hours", SETTING_NUMBER, PLACE(password_recheck_hours), 0, 8760, "0",
     NULL, NULL},
    {"offline_days", SETTING_NUMBER, PLACE(offline_days), 0, 365, "14", NULL, NULL},
    {"offline_days_remote", SETTING_NUMBER, PLACE(offline_days_remote), 0, 365, "3", NULL, NULL},
    {"offline_allow", SETTING_LIST, PLACE(offline_allow), 1, 255, "everyone",
     is_allowed_entry, "everyone, full names in lower case, or object ids of groups"},
    {"offline_services", SETTING_LIST, PLACE(offline_services), 1, 63, "all",
     is_service, "all, or PAM services in lower case, such as login"},
    {"background_services", SETTING_LIST, PLACE(background_services), 1, 63,
     "cron crond atd systemd-user", is_one_service, "PAM services in lower case, such as cron"},
    {"password_change_url", SETTING_TEXT, PLACE(password_change_url), 0, 255, "",
     is_https_or_nothing, "an address that begins with https://"},
    {"guests", SETTING_YES, PLACE(guests), 0, 0, "no", NULL, NULL},
    {"kdf_slots", SETTING_NUMBER, PLACE(kdf_slots), 0, 64, "0", NULL, NULL},
    {"methods", SETTING_LIST, PLACE(methods), 1, 16, "password device_code",
     is_method, "password, device_code or both"},
    {"device_code", SETTING_CHOICE, PLACE(device_code), 0, 0, "local",
     NULL, "never, local or always"},
#undef PLACE
};
/* clang-format on */
#define SETTINGS (sizeof settings / sizeof settings[0])
_Static_assert(SETTINGS <= CONFIG_SETTINGS_MOST, "draft.h counts too few settings");

static void *place_of(const struct setting *setting, struct config *config)
{
    return (char *)config + setting->offset;
}

static bool store_text(const struct setting *setting, const char *value, struct config *config,
                       struct error *why)
{
    size_t length = strlen(value);

    if (length < setting->least || length > setting->most)
        return error_set(why, ERROR_CONFIG, "%s wants %llu to %llu characters", setting->name,
                         setting->least, setting->most);
    if (!setting->fits(value))
        return error_set(why, ERROR_CONFIG, "%s wants %s, not \"%.80s\"", setting->name,
                         setting->wants, value);
    memcpy(place_of(setting, config), value, length + 1);
    return true;
}

static bool store_number(const struct setting *setting, const char *value, struct config *config,
                         struct error *why)
{
    unsigned long long number;

    if (!text_number(value, setting->least, setting->most, &number))
        return error_set(why, ERROR_CONFIG, "%s wants a number from %llu to %llu, not \"%.80s\"",
                         setting->name, setting->least, setting->most, value);
    *(unsigned *)place_of(setting, config) = (unsigned)number;
    return true;
}

static bool store_yes(const struct setting *setting, const char *value, struct config *config,
                      struct error *why)
{
    bool yes = strcmp(value, "yes") == 0;

    if (!yes && strcmp(value, "no") != 0)
        return error_set(why, ERROR_CONFIG, "%s wants yes or no, not \"%.80s\"", setting->name,
                         value);
    *(bool *)place_of(setting, config) = yes;
    return true;
}

static bool store_choice(const struct setting *setting, const char *value, struct config *config,
                         struct error *why)
{
    unsigned choice = 0;

    for (const char *word = setting->wants; *word; choice++) {
        size_t length = strcspn(word, ", ");

        if (strlen(value) == length && strncmp(word, value, length) == 0) {
            *(unsigned *)place_of(setting, config) = choice;
            return true;
        }
        word += length + strspn(word + length, ", ");
        word += strncmp(word, "or ", 3) == 0 ? 3 : 0;
    }
    return error_set(why, ERROR_CONFIG, "%s wants %s, not \"%.80s\"", setting->name, setting->wants,
                     value);
}

static bool add_entry(const struct setting *setting, const char *entry, struct config *config,
                      struct error *why)
{
    struct strings *list = place_of(setting, config);
    size_t length = strlen(entry);

    if (length < setting->least || length > setting->most || !setting->fits(entry))
        return error_set(why, ERROR_CONFIG, "%s wants %s, not \"%.80s\"", setting->name,
                         setting->wants, entry);
    if (!strings_add(list, entry))
        return error_set(why, ERROR_CONFIG, "%s has more than %d entries", setting->name,
                         CONFIG_LIST_MOST);
    return true;
}

static bool add_algorithm(const struct setting *setting, const char *entry, struct config *config,
                          struct error *why)
{
    static const struct {
        const char *name;
        enum config_algorithm algorithm;
    } known[] = {{"RS256", CONFIG_RS256}, {"PS256", CONFIG_PS256}, {"ES256", CONFIG_ES256}};

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].name, entry) == 0) {
            *(unsigned *)place_of(setting, config) |= known[i].algorithm;
            return true;
        }
    return error_set(why, ERROR_CONFIG, "%s wants RS256, PS256 or ES256, not \"%.80s\"",
                     setting->name, entry);
}

/* Blanks and commas separate the entries. */
static bool store_list(const struct setting *setting, const char *value, struct config *config,
                       struct error *why)
{
    for (const char *at = value + strspn(value, " \t,"); *at; at += strspn(at, " \t,")) {
        size_t length = strcspn(at, " \t,");
        OWNED(free_memory) char *entry = strndup(at, length);

        if (!entry)
            return error_set(why, ERROR_SYSTEM, "out of memory");
        if (setting->type == SETTING_LIST ? !add_entry(setting, entry, config, why)
                                          : !add_algorithm(setting, entry, config, why))
            return false;
        at += length;
    }
    return true;
}

bool setting_store(size_t index, const char *value, struct config *config, struct error *why)
{
    const struct setting *setting = &settings[index];
    struct authority ignored;

    switch (setting->type) {
    case SETTING_ISSUER:
        return authority_read(value, &ignored, why) && store_text(setting, value, config, why);
    case SETTING_TEXT:
        return store_text(setting, value, config, why);
    case SETTING_NUMBER:
        return store_number(setting, value, config, why);
    case SETTING_NAMES:
        return names_read(value, &config->names, why);
    case SETTING_YES:
        return store_yes(setting, value, config, why);
    case SETTING_CHOICE:
        return store_choice(setting, value, config, why);
    case SETTING_LIST:
    case SETTING_ALGORITHMS:
        break;
    }
    return store_list(setting, value, config, why);
}

bool setting_find(const char *name, size_t *index)
{
    for (size_t i = 0; i < SETTINGS; i++)
        if (strcmp(settings[i].name, name) == 0) {
            *index = i;
            return true;
        }
    return false;
}

bool setting_is_list(size_t index)
{
    return settings[index].type == SETTING_LIST || settings[index].type == SETTING_ALGORITHMS;
}

void setting_begin_anew(size_t index, struct config *config)
{
    const struct setting *setting = &settings[index];

    if (setting->type == SETTING_LIST)
        strings_release(place_of(setting, config));
    if (setting->type == SETTING_ALGORITHMS)
        *(unsigned *)place_of(setting, config) = 0;
}

/*
 * At Microsoft a password that is changed ends the refresh token, and the backup of the service
 * takes refresh tokens alone: they come first there, and the password itself once a day.
 */
const char *setting_preset(size_t index, const struct config *config)
{
    const struct setting *setting = &settings[index];
    struct authority authority = {.kind = AUTHORITY_GENERIC};

    if (setting->offset == offsetof(struct config, password_recheck_hours) &&
        authority_read(config->issuer, &authority, &(struct error){0}) &&
        authority.kind != AUTHORITY_GENERIC)
        return MICROSOFT_RECHECK_HOURS;
    return setting->preset;
}

const char *config_setting_name(size_t index)
{
    return index < SETTINGS ? settings[index].name : NULL;
}
