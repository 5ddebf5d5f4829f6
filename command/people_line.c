/* SPDX-License-Identifier: MIT */
#include "command/people_line.h"

#include "base/own.h"
#include "base/text.h"
#include "command/lines.h"
#include "login/gecos.h"
#include "platform/json.h"

static const char *const members[] = {"name",  "object_id", "tenant", "issuer",
                                      "gecos", "home",      "shell",  "groups"};

/* A word that is misspelt must not be taken for one that is not there. */
static bool is_known(const char *name)
{
    for (size_t i = 0; i < sizeof members / sizeof *members; i++)
        if (strcmp(members[i], name) == 0)
            return true;
    return false;
}

static bool members_check(const json_t *object, struct error *why)
{
    const char *name;
    json_t *value;

    json_object_foreach((json_t *)(uintptr_t)object, name, value)
    {
        char shown[41];

        if (is_known(name))
            continue;
        snprintf(shown, sizeof shown, "%.40s", name);
        text_printable(shown);
        return error_set(why, ERROR_MALFORMED,
                         "there is no member \"%s\"; there are name, object_id, tenant, issuer, "
                         "gecos, home, shell and groups",
                         shown);
    }
    return true;
}

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || (unsigned char)*text > 0x7e)
            return false;
    return true;
}

static bool id_text(const json_t *object, const char *name, size_t most, const char **text,
                    struct error *why)
{
    return json_text(object, name, most, text, why) &&
           (is_printable(*text) ||
            error_set(why, ERROR_MALFORMED, "%s has bytes that are not printable ASCII", name));
}

static bool account_read(const json_t *object, const struct line_presets *presets,
                         struct account *account, struct error *why)
{
    const char *issuer = presets->of.issuer, *tenant = presets->of.tenant, *object_id;

    if (!id_text(object, "object_id", OBJECT_ID_MOST, &object_id, why) ||
        !json_text_if_any(object, "issuer", ISSUER_MOST, &issuer, why) ||
        !json_text_if_any(object, "tenant", TENANT_MOST, &tenant, why))
        return false;
    if (!*issuer)
        return error_set(why, ERROR_MALFORMED,
                         "issuer is missing: this host has not learned it yet; name it in each "
                         "line, or let somebody sign in first");
    if (*presets->of.issuer && strcmp(issuer, presets->of.issuer) != 0)
        return error_set(why, ERROR_REFUSED, "issuer is not that of this host: leave it out");
    if (!is_printable(issuer) || !is_printable(tenant))
        return error_set(why, ERROR_MALFORMED, "issuer or tenant is not printable ASCII");
    *account = (struct account){.issuer = ""};
    return (text_copy(account->issuer, sizeof account->issuer, issuer) &&
            text_copy(account->tenant, sizeof account->tenant, tenant) &&
            text_copy(account->object_id, sizeof account->object_id, object_id)) ||
           error_set(why, ERROR_MALFORMED, "the account is too long");
}

static bool name_read(const json_t *object, const struct config *config, const char **name,
                      struct error *why)
{
    const char *at;

    if (!json_text(object, "name", NAME_MOST, name, why))
        return false;
    if (!name_is_person(*name))
        return error_set(why, ERROR_REFUSED,
                         "name is not one that a person may have: lower case "
                         "[a-z_][a-z0-9._-]*@domain");
    at = strchr(*name, '@');
    return strings_have(&config->domains, at + 1) ||
           error_set(why, ERROR_REFUSED, "the domain %.100s is not in the setting domains", at + 1);
}

/* As a sign-in fills it in (login/record.c). */
static bool home_make(const char *template, const char *name, char *out, size_t size)
{
    const char *at = strstr(template, "{name}");
    int length;

    if (!at)
        return text_copy(out, size, template);
    length = snprintf(out, size, "%.*s%s%s", (int)(at - template), template, name, at + 6);
    return length >= 0 && (size_t)length < size;
}

static bool fields_read(const json_t *object, const struct config *config, struct people_line *line,
                        struct error *why)
{
    struct imported_person *person = &line->person;
    const json_t *gecos = json_object_get(object, "gecos");

    if (gecos && !json_is_string(gecos))
        return error_set(why, ERROR_MALFORMED, "gecos is not a text");
    if (gecos) {
        gecos_clean(json_string_value(gecos), line->gecos, sizeof line->gecos);
        person->gecos = line->gecos;
    }
    if (!home_make(config->home, person->name, line->home, sizeof line->home))
        return error_set(why, ERROR_MALFORMED, "the home folder is too long");
    person->home = line->home;
    person->shell = config->shell;
    person->moves = json_object_get(object, "home") != NULL;
    return json_text_if_any(object, "home", PATH_TEXT_MOST, &person->home, why) &&
           json_text_if_any(object, "shell", PATH_TEXT_MOST, &person->shell, why);
}

static bool groups_read(const json_t *object, struct people_line *line, struct error *why)
{
    const json_t *groups = json_object_get(object, "groups");
    size_t count = json_array_size(groups);

    if (!groups)
        return true;
    if (!json_is_array(groups) || count > GROUPS_MOST)
        return error_set(why, ERROR_MALFORMED, "groups is not a list of at most %d", GROUPS_MOST);
    line->groups = calloc(count + 1, sizeof *line->groups);
    if (!line->groups)
        return error_set(why, ERROR_SYSTEM, "no memory for groups");
    for (size_t i = 0; i < count; i++) {
        const json_t *group = json_array_get(groups, i);
        struct imported_group *read = &line->groups[i];

        if (!json_is_object(group) ||
            !id_text(group, "object_id", OBJECT_ID_MOST, &read->object_id, why) ||
            !json_text_if_any(group, "name", NAME_MOST, &read->name, why))
            return error_set(why, ERROR_MALFORMED,
                             "group %zu is not {\"object_id\": ..., \"name\": ...}", i + 1);
    }
    line->person.groups = line->groups;
    line->person.group_count = count;
    line->person.has_groups = true;
    return true;
}

bool people_line_read(const char *text, size_t length, const struct line_presets *presets,
                      struct people_line *line, struct error *why)
{
    json_t *object = NULL;

    if (!json_read(text, length, LINE_MOST, &object, why))
        return false;
    line->document = object;
    return members_check(object, why) &&
           name_read(object, presets->config, &line->person.name, why) &&
           account_read(object, presets, &line->person.account, why) &&
           fields_read(object, presets->config, line, why) && groups_read(object, line, why);
}

void people_line_release(struct people_line *line)
{
    json_decref(line->document);
    free(line->groups);
    line->document = NULL;
    line->groups = NULL;
}

static bool put(json_t *object, const char *name, const char *text)
{
    return !*text || json_object_set_new(object, name, json_string(text)) == 0;
}

bool people_line_print(const struct exported_person *person)
{
    json_auto_t *object = json_object();
    json_t *groups = json_array();

    if (!object || json_object_set_new(object, "groups", groups) != 0)
        return false;
    for (size_t i = 0; i < person->group_count; i++) {
        json_t *group = json_object();

        if (json_array_append_new(groups, group) != 0 ||
            !put(group, "object_id", person->groups[i].object_id) ||
            !put(group, "name", person->groups[i].name))
            return false;
    }
    if (!put(object, "name", person->name) ||
        !put(object, "object_id", person->account.object_id) ||
        !put(object, "tenant", person->account.tenant) ||
        !put(object, "issuer", person->account.issuer) || !put(object, "gecos", person->gecos) ||
        !put(object, "home", person->home) || !put(object, "shell", person->shell))
        return false;
    return json_dumpf(object, stdout, JSON_COMPACT) == 0 && putchar('\n') != EOF;
}
