/* SPDX-License-Identifier: MIT */
/* The reader of one text. Files and folders: config/files.c; what may be set: config/setting.c. */
#include "config/config.h"

#include "base/own.h"
#include "config/draft.h"
#include "config/local_groups.h"
#include "config/names.h"
#include "config/setting.h"
#include "config/window.h"

#include <ini.h>

/* One text on its way through inih, which asks for lines and hands back settings. */
struct reading {
    const char *rest, *origin;
    unsigned line;
    bool too_long;
    struct draft *draft;
    bool here[CONFIG_SETTINGS_MOST]; /* given in this text */
    struct error *why;
};

static char *next_line(char *line, int size, void *stream)
{
    struct reading *reading = stream;
    size_t length = strcspn(reading->rest, "\n");

    if (!*reading->rest || reading->too_long || reading->why->kind)
        return NULL;
    reading->line++;
    if (length + 2 > (size_t)size) {
        reading->too_long = true;
        return NULL;
    }
    memcpy(line, reading->rest, length);
    line[length] = '\0';
    reading->rest += length + (reading->rest[length] == '\n');
    return line;
}

static int take(void *context, const char *section, const char *name, const char *value)
{
    struct reading *reading = context;
    struct config *config = reading->draft->config;
    size_t index = 0;
    bool known = setting_find(name, &index);

    if (strcmp(section, LOCAL_GROUPS_SECTION) == 0)
        return known ? error_set(reading->why, ERROR_CONFIG, LOCAL_GROUPS_SETTING, name)
                     : local_groups_add(config, name, value, reading->why);
    if (*section)
        return error_set(reading->why, ERROR_CONFIG, "no section is called [%.60s]", section);
    if (!known)
        return error_set(reading->why, ERROR_CONFIG,
                         "no setting is called \"%.60s\"; see latchkey.conf(5)", name);
    /* A list named again in a later file starts anew; within one file it goes on. */
    if (!reading->here[index])
        setting_begin_anew(index, config);
    else if (!setting_is_list(index))
        return error_set(reading->why, ERROR_CONFIG, "%s is given twice; remove one", name);
    reading->here[index] = reading->draft->given[index] = true;
    window_note(config, name, reading->origin, reading->line);
    names_note(config, name, reading->origin, reading->line);
    return setting_store(index, value, config, reading->why);
}

bool draft_read(struct draft *draft, const char *text, const char *origin, struct error *why)
{
    struct reading reading = {.rest = text, .origin = origin, .draft = draft, .why = why};
    int bad_line;

    *why = (struct error){0};
    bad_line = ini_parse_stream(next_line, &reading, take, &reading);
    if (why->kind)
        return error_context(why, "%s:%u", origin, reading.line);
    if (reading.too_long)
        return error_set(
            why, ERROR_CONFIG,
            "%s:%u: the line is too long; go on in a new line that begins with a blank", origin,
            reading.line);
    if (bad_line)
        return error_set(why, ERROR_CONFIG, "%s:%d: wants name = value", origin, bad_line);
    return true;
}

bool draft_finish(struct draft *draft, const char *origin, struct error *why)
{
    struct config *config = draft->config;

    for (size_t i = 0; config_setting_name(i); i++) {
        const char *name = config_setting_name(i), *preset = setting_preset(i, config);

        if (draft->given[i])
            continue;
        if (!preset)
            return error_set(why, ERROR_CONFIG, "%s: %s is missing; add a line \"%s = ...\"",
                             origin, name, name);
        if (!setting_store(i, preset, config, why))
            return false;
    }
    if (!config->domains.count || !config->allow.count || !config->algorithms ||
        !config->methods.count)
        return error_set(why, ERROR_CONFIG,
                         "%s: domains, allow, signing_algorithms and methods want at "
                         "least one entry",
                         origin);
    if (config->device_code == CONFIG_CODE_NEVER &&
        !strings_have(&config->methods, CONFIG_PASSWORD))
        return error_set(why, ERROR_CONFIG,
                         "%s: device_code = never leaves nothing of methods = device_code; let one "
                         "of them be something else",
                         origin);
    if (!config->offline_allow.count || !config->offline_services.count)
        return error_set(why, ERROR_CONFIG,
                         "%s: offline_allow and offline_services want at least one entry; with "
                         "offline_days = 0 nobody signs in offline",
                         origin);
    return window_check(config, why) && names_check(config, why);
}

struct config *config_new(void)
{
    struct config *config = calloc(1, sizeof *config);

    if (!config)
        return NULL;
    config->domains = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->allow = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->offline_allow = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->offline_services = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->methods = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->background_services = STRINGS_WITH_LIMIT(CONFIG_LIST_MOST);
    config->local_groups = STRINGS_WITH_LIMIT(CONFIG_LOCAL_GROUPS_MOST);
    config->local_group_ids = STRINGS_WITH_LIMIT(CONFIG_LOCAL_GROUPS_MOST);
    return config;
}

void config_release(struct config *config)
{
    if (!config)
        return;
    strings_release(&config->domains);
    strings_release(&config->allow);
    strings_release(&config->offline_allow);
    strings_release(&config->offline_services);
    strings_release(&config->methods);
    strings_release(&config->background_services);
    strings_release(&config->local_groups);
    strings_release(&config->local_group_ids);
    free(config);
}

bool config_parse(const char *text, const char *origin, struct config **config, struct error *why)
{
    OWNED(draft_release) struct draft draft = {.config = config_new()};

    if (!draft.config)
        return error_set(why, ERROR_SYSTEM, "out of memory");
    if (!draft_read(&draft, text, origin, why) || !draft_finish(&draft, origin, why))
        return false;
    *config = OWN_TAKE(draft.config);
    return true;
}
