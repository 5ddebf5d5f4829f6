/* SPDX-License-Identifier: MIT */
/*
 * Twice over the file: the first time every line is read and judged, and all that stays of it is its
 * place and two hashes; the second time the lines are taken in the order of the ids that people will
 * have, which is the order of the store, so that a million of them need no million places on disk.
 */
#include "command/people_import.h"

#include "base/own.h"
#include "command/command.h"
#include "command/import_entries.h"
#include "command/interrupted.h"
#include "command/issuer.h"
#include "command/lines.h"
#include "command/people_line.h"
#include "command/progress.h"
#include "config/paths.h"

/*
 * In one transaction, for which sign-ins that record something have to wait. Large ones touch the
 * same pages less often, so they are as large as this disk does in a moment, but not smaller than
 * what syncing the disk takes anyway.
 */
#define ROWS_FIRST    1000u
#define ROWS_MOST     8000u
#define BYTES_AT_ONCE ((size_t)32 * 1024 * 1024)
#define SHORT_MS      120
#define LONG_MS       300
#define COMPLAINTS    100 /* bad lines that are named */

struct import {
    struct host *host;
    const struct import_wishes *wishes;
    struct store_import *store;
    struct line_presets presets;
    struct lines lines;
    struct entries entries;
    size_t bad, done[IMPORT_NEW + 1];
    struct people_line *batch; /* ROWS_MOST of each of these */
    struct import_row *rows;
    uint32_t *numbers; /* of their lines */
    size_t at_once;
    char *text; /* of one line */
    bool interrupted;
};

static void import_release(struct import *import)
{
    store_import_release(import->store);
    lines_release(&import->lines);
    entries_release(&import->entries);
    free(import->batch);
    free(import->rows);
    free(import->numbers);
    free(import->text);
}

/* ---- what is wrong with a line ---- */

/* False: this ends the import. */
static bool complain(struct import *import, size_t number, const struct error *why)
{
    if (import->bad++ < COMPLAINTS)
        fprintf(stderr, "latchkey people import: line %zu: %s\n", number, why->text);
    else if (import->bad == COMPLAINTS + 1)
        fprintf(stderr, "latchkey people import: more bad lines are not named\n");
    return import->wishes->keep_going;
}

/* About the line, and not about this host. */
static bool is_of_line(const struct error *why)
{
    return why->kind == ERROR_MALFORMED || why->kind == ERROR_REFUSED;
}

/* ---- the first time ---- */

static bool is_blank(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (!strchr(" \t\r", text[i]) || !text[i])
            return false;
    return true;
}

static bool look_at_line(struct import *import, const char *text, size_t length, uint64_t at,
                         struct error *why)
{
    OWNED(people_line_release) struct people_line line = {.document = NULL};
    const struct entry place = {
        .at = at, .length = (uint32_t)length, .number = (uint32_t)import->lines.number};

    return is_blank(text, length) ||
           (people_line_read(text, length, &import->presets, &line, why) &&
            store_import_check(import->store, &line.person, why) &&
            entries_add(&import->entries, &line.person, &place, why));
}

/* False with `why` still empty: a line was bad, and that was to be the end. */
static bool look_at_all(struct import *import, struct error *why)
{
    struct progress progress = progress_begin("checking ", import->lines.size / 1024);
    const char *text;
    size_t length;
    uint64_t at;
    enum line line;
    bool good = true;

    while (good && (line = lines_next(&import->lines, &text, &length, &at, why)) != LINES_END) {
        struct error wrong = {0};

        if (line == LINES_FAILED)
            return false;
        progress_show(&progress, at / 1024);
        if (line == LINES_TOO_LONG)
            error_set(&wrong, ERROR_MALFORMED, "longer than %zu bytes", LINE_MOST);
        else if (look_at_line(import, text, length, at, &wrong))
            continue;
        progress_end(&progress);
        good = is_of_line(&wrong) ? complain(import, import->lines.number, &wrong)
                                  : error_set(why, wrong.kind, "%s", wrong.text);
    }
    progress_end(&progress);
    return good;
}

static bool tell_again(void *context, const struct entry *entry, const struct error *why)
{
    return complain(context, entry->number, why);
}

/* ---- the second time ---- */

static bool load(struct import *import, const struct entry *entry, size_t row, struct error *why)
{
    struct people_line *line = &import->batch[row];

    *line = (struct people_line){.document = NULL};
    if (pread(import->lines.fd, import->text, entry->length, (off_t)entry->at) !=
        (ssize_t)entry->length)
        return error_set(why, ERROR_MALFORMED, "the file has changed meanwhile");
    if (!people_line_read(import->text, entry->length, &import->presets, line, why)) {
        people_line_release(line);
        return false;
    }
    import->rows[row] = (struct import_row){.person = line->person};
    import->numbers[row] = entry->number;
    return true;
}

/* As many as go into one transaction, from `*next` on. */
static bool load_some(struct import *import, size_t *next, size_t *rows, struct error *why)
{
    size_t bytes = 0;

    *rows = 0;
    for (; *next < import->entries.count && *rows < import->at_once && bytes < BYTES_AT_ONCE;
         ++*next) {
        const struct entry *entry = &import->entries.items[*next];
        struct error wrong = {0};

        if (entry->again)
            continue;
        bytes += entry->length;
        if (load(import, entry, *rows, &wrong))
            ++*rows;
        else if (!is_of_line(&wrong))
            return error_set(why, wrong.kind, "%s", wrong.text);
        else if (!complain(import, entry->number, &wrong))
            return false;
    }
    return true;
}

static bool count_rows(struct import *import, size_t rows)
{
    bool go_on = true;

    for (size_t i = 0; i < rows; i++) {
        import->done[import->rows[i].effect]++;
        if (import->rows[i].effect == IMPORT_REFUSED)
            go_on &= complain(import, import->numbers[i], &import->rows[i].why);
    }
    return go_on;
}

static bool record_some(struct import *import, size_t rows, struct error *why)
{
    int64_t begun = clock_ms(), took;

    if (!store_import_rows(import->store, import->rows, rows, time(NULL), why))
        return false;
    took = clock_ms() - begun;
    if (took < SHORT_MS && import->at_once < ROWS_MOST)
        import->at_once *= 2;
    else if (took > LONG_MS && import->at_once > ROWS_FIRST)
        import->at_once /= 2;
    return count_rows(import, rows);
}

static bool record_all(struct import *import, struct error *why)
{
    struct progress progress = progress_begin("recording", import->entries.count);
    size_t next = 0, rows;
    bool good = true;

    while (good && next < import->entries.count) {
        good = load_some(import, &next, &rows, why);
        if (good)
            good = record_some(import, rows, why);
        for (size_t i = 0; i < rows; i++)
            people_line_release(&import->batch[i]);
        progress_show(&progress, next);
        import->interrupted = interrupted_is();
        good &= !import->interrupted;
    }
    progress_end(&progress);
    return good;
}

/* Also what an earlier import recorded and did not live to publish. */
static bool publish(struct import *import, bool *published, struct error *why)
{
    struct progress progress = progress_begin("publishing", 1);
    bool good;

    if (!store_import_waits(import->store, published, why))
        return false;
    progress_show(&progress, 0);
    good = !*published || store_publish(import->host->store, PUBLIC_DIR, why);
    progress_end(&progress);
    return good;
}

static void tell(const struct import *import, bool published)
{
    static const char text[] = "%zu new, %zu changed, %zu as before, %zu bad lines%s\n";
    static const char json[] = "{\"new\": %zu, \"changed\": %zu, \"same\": %zu, \"bad\": %zu, "
                               "\"published\": %s}\n";
    const size_t *done = import->done;

    if (import->wishes->json)
        printf(json, done[IMPORT_NEW], done[IMPORT_CHANGED], done[IMPORT_SAME], import->bad,
               published ? "true" : "false");
    else
        printf(text, done[IMPORT_NEW], done[IMPORT_CHANGED], done[IMPORT_SAME], import->bad,
               published ? "; published" : "; nothing to publish");
}

static bool begin(struct import *import, int fd, struct error *why)
{
    const char *setting = import->host->config->issuer;
    char issuer[IDENTITY_TEXT_MOST + 1] = "";

    import->presets.config = import->host->config;
    import->at_once = ROWS_FIRST;
    if (platform_issuer(import->host->link.platform, issuer) == LOOKUP_UNAVAILABLE)
        return error_set(why, ERROR_SYSTEM, "what is known of the issuer cannot be read");
    if (*issuer && !issuer_account(setting, issuer, &import->presets.of, why))
        return false;
    import->batch = calloc(ROWS_MOST, sizeof *import->batch);
    import->rows = calloc(ROWS_MOST, sizeof *import->rows);
    import->numbers = calloc(ROWS_MOST, sizeof *import->numbers);
    import->text = malloc(LINE_MOST);
    if (!import->batch || !import->rows || !import->numbers || !import->text)
        return error_set(why, ERROR_SYSTEM, "no memory");
    return entries_begin(&import->entries, why) && lines_open(fd, &import->lines, why) &&
           store_import_begin(import->host->store, &import->store, why);
}

static int fail(const struct error *why)
{
    fprintf(stderr, "latchkey people import: %s\n", why->text);
    return EXIT_HOST;
}

static int stopped(const char *what)
{
    fprintf(stderr, "latchkey people import: stopped; %s\n", what);
    return EXIT_NOT_SO;
}

/* What stands in the store is shown, also when the rest was not to be had. */
static int finish(struct import *import, bool recorded, const struct error *why)
{
    struct error unpublished = {0};
    bool published = false, shown = publish(import, &published, &unpublished);

    if (!shown)
        error_context(&unpublished,
                      "recorded, but nobody sees it before a latchkey snapshot rebuild");
    tell(import, shown && published);
    if (!shown)
        fail(&unpublished);
    if (import->interrupted)
        stopped("interrupted, the people counted above are recorded: run it again to go on");
    else if (!recorded && !why->kind)
        stopped("the people counted above are recorded. Mend the line and run it again, or leave "
                "bad lines out by --keep-going");
    if (!recorded && why->kind)
        return fail(why);
    return !shown ? EXIT_HOST : !recorded || import->bad ? EXIT_NOT_SO : EXIT_GOOD;
}

int people_import(struct host *host, int fd, const struct import_wishes *wishes)
{
    static const char unchanged[] = "nothing was changed. Mend the line and run it again, or "
                                    "leave bad lines out by --keep-going";
    OWNED(import_release) struct import import = {.host = host, .wishes = wishes};
    struct error why = {0};
    bool recorded;
    int status;

    if (!begin(&import, fd, &why))
        return fail(&why);
    if (!look_at_all(&import, &why))
        return why.kind ? fail(&why) : stopped(unchanged);
    if (!entries_sort_out(&import.entries, tell_again, &import))
        return stopped(unchanged);
    interrupted_later(true); /* what is under way is finished, shown and told first */
    recorded = record_all(&import, &why);
    status = finish(&import, recorded, &why);
    fflush(NULL);
    interrupted_later(false); /* here it ends, as whoever interrupted it expects */
    return status;
}
