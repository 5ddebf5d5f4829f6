/* SPDX-License-Identifier: MIT */
#include "cache/nss_conf.h"

#include <string.h>

#define FORMAT "1"

/* A decimal number without sign or needless zero; `*rest` goes behind it. */
static bool take_number(char **rest, uint32_t *number)
{
    uint64_t value = 0;
    char *at = *rest;

    for (; *at >= '0' && *at <= '9' && value <= UINT32_MAX; at++)
        value = value * 10 + (uint64_t)(*at - '0');
    if (at == *rest || value > UINT32_MAX || (**rest == '0' && at - *rest > 1))
        return false;
    *rest = at;
    *number = (uint32_t)value;
    return true;
}

static bool take_blank(char **rest)
{
    return *(*rest)++ == ' ';
}

static bool take_format(struct nss_conf *conf, char *value)
{
    (void)conf;
    return strcmp(value, FORMAT) == 0;
}

static bool take_window(struct nss_conf *conf, char *value)
{
    return take_number(&value, &conf->window.least) && take_blank(&value) &&
           take_number(&value, &conf->window.most) && !*value && id_window_is_free(conf->window);
}

static bool take_names(struct nss_conf *conf, char *value)
{
    conf->names = strcmp(value, "short") == 0 ? NAMES_SHORT : NAMES_FULL;
    return conf->names == NAMES_SHORT || strcmp(value, "full") == 0;
}

static bool take_issuer(struct nss_conf *conf, char *value)
{
    size_t length = strlen(value);

    for (size_t i = 0; i < length; i++)
        if (value[i] <= ' ' || value[i] > '~')
            return false;
    conf->issuer = value;
    return length <= NSS_CONF_ISSUER_MOST;
}

static bool take_domain(struct nss_conf *conf, char *value)
{
    conf->domains[conf->domain_count++] = value;
    return name_is_domain(value);
}

static bool is_path(const char *value)
{
    size_t length = strlen(value);

    return *value == '/' && length <= NSS_CONF_PATH_MOST && name_is_field(value, length);
}

static bool take_home(struct nss_conf *conf, char *value)
{
    conf->home = value;
    return is_path(value) && strstr(value, NSS_CONF_LABEL);
}

static bool take_shell(struct nss_conf *conf, char *value)
{
    conf->shell = value;
    return is_path(value);
}

static bool is_within(const struct id_window *window, uint32_t id)
{
    return id >= window->least && id <= window->most;
}

/* NAME GID OURGID; the number alone may be another group's by now. */
static bool take_group(struct nss_conf *conf, char *value)
{
    size_t name = strcspn(value, " ");
    uint32_t local, directory;
    char *rest = value + name;

    if (!name || name > NAME_MOST || !name_is_field(value, name) || !take_blank(&rest) ||
        !take_number(&rest, &local) || !take_blank(&rest) || !take_number(&rest, &directory) ||
        *rest)
        return false;
    value[name] = '\0';
    conf->groups[conf->group_count].name = value;
    conf->groups[conf->group_count].local = local;
    conf->groups[conf->group_count++].directory = directory;
    return local != 0 && local != UINT32_MAX && !is_within(&conf->window, local) &&
           is_within(&conf->window, directory);
}

/* The lines in their order, and how often each may stand there. */
static const struct word {
    const char *word;
    size_t least, most;
    bool (*take)(struct nss_conf *conf, char *value);
} words[] = {
    {"version", 1, 1, take_format},
    {"window", 1, 1, take_window},
    {"names", 1, 1, take_names},
    {"issuer", 0, 1, take_issuer},
    {"domain", 1, NSS_CONF_DOMAINS_MOST, take_domain},
    {"home", 1, 1, take_home},
    {"shell", 1, 1, take_shell},
    {"local_group", 0, NSS_CONF_GROUPS_MOST, take_group},
    {"end", 1, 1, take_format},
};
#define WORDS (sizeof words / sizeof words[0])

struct reading {
    struct nss_conf conf;
    size_t word, times; /* where in `words` we are, and how often it was there */
};

/* The value behind the word, or NULL when the line is about something else. */
static char *value_of(char *line, const char *word)
{
    size_t length = strlen(word);

    return strncmp(line, word, length) == 0 && line[length] == ' ' && line[length + 1]
               ? line + length + 1
               : NULL;
}

static bool take_line(struct reading *reading, char *line)
{
    for (; reading->word < WORDS; reading->word++, reading->times = 0) {
        const struct word *word = &words[reading->word];
        char *value = value_of(line, word->word);

        if (value)
            return reading->times++ < word->most && word->take(&reading->conf, value);
        if (reading->times < word->least)
            return false;
    }
    return false;
}

bool nss_conf_parse(char *text, size_t size, struct nss_conf *conf)
{
    struct reading reading = {.conf = {.issuer = ""}};

    if (size > NSS_CONF_MOST)
        return false;
    for (char *line = text, *end; line < text + size; line = end + 1) {
        end = strchr(line, '\n');
        if (!end)
            return false; /* or a NUL stands before it */
        *end = '\0';
        if (*line != '#' && !take_line(&reading, line))
            return false;
    }
    if (reading.word != WORDS - 1 || reading.times != 1)
        return false;
    /* Of two domains a short name would mean two people. */
    if (reading.conf.names == NAMES_SHORT && reading.conf.domain_count != 1)
        return false;
    *conf = reading.conf;
    return true;
}

bool nss_conf_has_domain_of(const struct nss_conf *conf, const char *name)
{
    const char *at = strchr(name, '@');

    for (size_t i = 0; at && i < conf->domain_count; i++)
        if (strcmp(conf->domains[i], at + 1) == 0)
            return true;
    return false;
}
