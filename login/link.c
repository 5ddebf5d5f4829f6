/* SPDX-License-Identifier: MIT */
#include "login/link.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "cache/turn.h"
#include "config/paths.h"
#include "platform/codes.h"

#define STUCK_MS 2000

OWN_DEFINE(codes_owned, struct codes, codes_release);

/* --- The table of codes. --- */

/* Puts the rows of a file before `codes`. True when there is such a file and it is fit. */
static bool add_file(const char *path, struct codes **codes)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(CODES_TEXT_MOST);
    struct error why = {0};

    switch (config_text(path, &text, &why)) {
    case LOOKUP_FOUND:
        if (codes_read(text.bytes, text.length, path, *codes, codes, &why))
            return true;
        break;
    case LOOKUP_ABSENT:
        return false;
    case LOOKUP_UNAVAILABLE:
        break;
    }
    log_line(LOG_LEVEL_WARNING, "going on without a table of codes: %s", why.text);
    return false;
}

struct sources {
    bool own, installed; /* else what this program was built with stands behind them */
};

static struct codes *read_codes(struct sources *sources)
{
    OWNED(codes_owned) struct codes *codes = NULL;
    struct error why = {0};

    sources->installed = add_file(CODES_FILE, &codes);
    if (!sources->installed && !codes_built_in(&codes, &why)) {
        log_line(LOG_LEVEL_WARNING, "no table of codes: %s", why.text);
        return NULL;
    }
    sources->own = add_file(CODES_OWN, &codes);
    return OWN_TAKE(codes);
}

struct codes *link_codes(void)
{
    return read_codes(&(struct sources){false, false});
}

void link_describe_codes(char *out, size_t size)
{
    struct sources sources = {false, false};
    OWNED(codes_owned) struct codes *codes = read_codes(&sources);

    snprintf(out, size, "%s (%s%s)", codes ? codes_version(codes) : "none",
             sources.own ? CODES_OWN " before " : "",
             sources.installed ? CODES_FILE : "as built in");
}

/* --- What the platform remembers. --- */

/* Another process that holds the store must not hold up a sign-in once for each thing it has. */
static void note_wait(struct link *link, int64_t begun_ms)
{
    link->stuck = link->stuck || clock_ms() - begun_ms > STUCK_MS;
}

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 struct document_facts *facts)
{
    struct link *link = context;
    int64_t begun = clock_ms();
    enum lookup lookup = LOOKUP_UNAVAILABLE;

    if (!link->stuck)
        lookup = store_document(link->memory.store, url, body, facts, &(struct error){0});
    note_wait(link, begun);
    return lookup;
}

static void keep_document(void *context, const char *url, const char *body, size_t length,
                          const struct document_facts *facts)
{
    struct link *link = context;
    int64_t begun = clock_ms();

    if (!link->stuck)
        store_keep_document(link->memory.store, url, body, length, facts, &(struct error){0});
    note_wait(link, begun);
}

static void read_breaker(void *context, enum dependency dependency, struct breaker *breaker)
{
    struct link *link = context;
    int64_t begun = clock_ms();

    *breaker = (struct breaker){0};
    if (!link->stuck)
        breakers_read(&link->memory, dependency_name(dependency), breaker);
    note_wait(link, begun);
}

/* Does not wait for long, and has another place to go to. */
static void change_breaker(void *context, enum dependency dependency,
                           const struct breaker_event *event)
{
    const struct link *link = context;

    breakers_change(&link->memory, dependency_name(dependency), event, &(struct error){0});
}

bool link_take_turn(const struct link *link, uint32_t number, const struct deadline *deadline,
                    int *turn, struct error *why)
{
    int folder = link->memory.runtime >= 0 ? link->memory.runtime : link->shared;

    return turn_take(folder, number, deadline, turn, why);
}

static int take_turn(void *context, unsigned number, const struct deadline *deadline)
{
    int turn = -1;

    link_take_turn(context, number, deadline, &turn, &(struct error){0});
    return turn;
}

bool link_open(struct link *link, const struct config *config, struct error *why)
{
    OWNED(codes_owned) struct codes *codes = link_codes();
    const struct platform_settings settings = {
        .issuer = config->issuer,
        .client_id = config->client_id,
        .scope = config->scope,
        .name_claim = config->name_claim,
        .groups_claim = config->groups_claim,
        .algorithms = config->algorithms,
        .ca_file = config->ca_file,
        .connect_seconds = config->connect_seconds,
        .codes = codes,
    };
    const struct memory memory = {link,         load_document,  keep_document,
                                  read_breaker, change_breaker, take_turn};

    if (!codes)
        return error_set(why, ERROR_SYSTEM, "no table of codes");
    if (!platform_open(&settings, &memory, &link->platform, why))
        return false;
    link->codes = OWN_TAKE(codes);
    return true;
}

void link_release(struct link *link)
{
    platform_close(link->platform);
    codes_release(link->codes);
    link->platform = NULL;
    link->codes = NULL;
}
