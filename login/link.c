/* SPDX-License-Identifier: MIT */
#include "login/link.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/own.h"
#include "cache/forced_note.h"
#include "cache/turn.h"
#include "config/paths.h"
#include "login/talk.h"
#include "platform/codes.h"

#define STUCK_MS      2000
#define MOMENT_MS     1000 /* a few calls of what is below, which wait for 300 ms together */
#define KEEP_MOST_MS  1500 /* for others, to keep what all of them would have to fetch */
#define KEEP_LEAST_MS 200

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

/* What is remembered may take a moment more than the network had left. */
static int64_t begin(const struct link *link)
{
    if (link->talk)
        talk_wait_longer(link->talk, MOMENT_MS);
    return clock_ms();
}

/* A disk takes its time for each write, and who is ended in the middle leaves nothing to others. */
static int64_t begin_write(const struct link *link, struct deadline *owed)
{
    if (link->talk) {
        *owed = link->talk->owed;
        talk_wait_longer(link->talk, TALK_STORE_MS);
    }
    return clock_ms();
}

/* What was said before counts again. */
static void end_write(const struct link *link, const struct deadline *owed)
{
    int left_ms = deadline_left_ms(owed);

    if (link->talk && link->talk->owed.at_ms != owed->at_ms)
        talk_wait(link->talk, left_ms > MOMENT_MS ? left_ms : MOMENT_MS);
}

/* Another process that holds the store must not hold up a sign-in once for each thing it has. */
static void note_wait(struct link *link, int64_t begun_ms)
{
    if (clock_ms() - begun_ms > STUCK_MS || link->memory.waited_ms >= BREAKERS_WAIT_MS)
        link->stuck = link->memory.without_store = true;
}

static enum lookup load_document(void *context, const char *url, struct buffer *body,
                                 struct document_facts *facts)
{
    struct link *link = context;
    int64_t begun = begin(link);
    enum lookup lookup = LOOKUP_UNAVAILABLE;
    int64_t left_ms = MOMENT_MS / 2;
    time_t forced_at;

    if (link->hurried)
        store_hurry(link->memory.store, &left_ms);
    if (!link->stuck)
        lookup = store_document(link->memory.store, url, body, facts, &(struct error){0});
    store_hurry(link->memory.store, NULL);
    note_wait(link, begun);
    forced_at = forced_note_read(link->memory.runtime, url);
    /* A time to come is none: the clock was set back since. */
    if (lookup != LOOKUP_FOUND || forced_at > facts->forced_at ||
        (forced_at > 0 && facts->forced_at > time(NULL)))
        facts->forced_at = forced_at;
    return lookup;
}

/* Others are not waited for so long that nothing is left for what the document is needed for. */
static int64_t time_to_keep(const struct deadline *owed)
{
    int64_t half_ms = deadline_left_ms(owed) / 2;

    if (half_ms < KEEP_LEAST_MS)
        return KEEP_LEAST_MS;
    return half_ms < KEEP_MOST_MS ? half_ms : KEEP_MOST_MS;
}

static bool keep_document(void *context, const char *url, const char *body, size_t length,
                          const struct document_facts *facts)
{
    struct link *link = context;
    struct deadline owed = {0};
    int64_t begun = begin_write(link, &owed), left_ms = time_to_keep(&owed);
    struct error why = {0};
    bool kept = false;

    if (link->hurried)
        store_hurry(link->memory.store, &left_ms);
    if (!link->stuck)
        kept = store_keep_document(link->memory.store, url, body, length, facts, &why);
    store_hurry(link->memory.store, NULL);
    note_wait(link, begun);
    if (!kept && facts->forced_at > 0)
        kept = forced_note_keep(link->memory.runtime, url, facts->forced_at, &why);
    end_write(link, &owed);
    return kept;
}

static void read_breaker(void *context, enum dependency dependency, struct breaker *breaker)
{
    struct link *link = context;
    int64_t begun = begin(link);

    breakers_read(&link->memory, dependency_name(dependency), breaker);
    note_wait(link, begun);
}

static void tell_outage(enum dependency dependency, const struct breaker *breaker)
{
    const char *how = breaker->failures < BREAKER_OUTAGE ? "told-to-wait"
                      : breaker->silent                  ? "silent"
                                                         : "failing";

    log_line(LOG_LEVEL_WARNING, "outage=begun dependency=\"%s\" how=%s",
             dependency_name(dependency), how);
}

/* The one whose event makes an outage of it says so; two at the very same time may both do. */
static void change_breaker(void *context, enum dependency dependency,
                           const struct breaker_event *event)
{
    struct link *link = context;
    const char *name = dependency_name(dependency);
    struct breaker before, after;
    struct deadline owed = {0};
    int64_t begun = begin_write(link, &owed);

    if (!link->kept_at_ms)
        link->kept_at_ms = begun;
    breakers_read(&link->memory, name, &before);
    breakers_change(&link->memory, name, event, &(struct error){0});
    breakers_read(&link->memory, name, &after);
    note_wait(link, begun);
    end_write(link, &owed);
    if (!breaker_is_outage(&before, event->now) && breaker_is_outage(&after, event->now))
        tell_outage(dependency, &after);
}

bool link_take_turn(const struct link *link, uint32_t number, const struct deadline *deadline,
                    int *turn, struct error *why)
{
    enum turn_taking taking = TURN_UNUSABLE;

    if (link->memory.runtime >= 0)
        taking = turn_take(link->memory.runtime, number, deadline, turn, why);
    /* That another process has it is no reason to look elsewhere. */
    if (taking == TURN_UNUSABLE && link->shared >= 0)
        taking = turn_take(link->shared, number, deadline, turn, why);
    return taking == TURN_TAKEN;
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
        .guests = config->guests,
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
