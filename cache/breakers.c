/* SPDX-License-Identifier: MIT */
#include "cache/breakers.h"

#include "cache/breaker_note.h"
#include "cache/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* All waits of one change for the store: a sign-in waits for it, and it is not worth more. */
#define WAIT_MS      3000
#define NOTE_WAIT_MS 500
#define NAME_SIZE    64
#define ROUNDS_MOST  8

#define COLUMNS "failures, silent, answering, since, wait_until, told_until, tried_at, opened_at"

static struct breaker row_copy(sqlite3_stmt *row, int column)
{
    int64_t fields[BREAKER_FIELDS];
    struct breaker breaker;

    for (int i = 0; i < BREAKER_FIELDS; i++)
        fields[i] = sqlite3_column_int64(row, column + i);
    breaker_from_fields(fields, &breaker);
    return breaker;
}

static struct breaker row_read(sqlite3 *db, const char *name)
{
    struct error unheard = {0};
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(db, "SELECT " COLUMNS " FROM breaker WHERE name = ?1", &unheard);

    if (!query || !bind_text(query, 1, name) || store_step(query, &unheard) != STEP_ROW)
        return (struct breaker){0};
    return row_copy(query, 0);
}

static bool row_write(sqlite3 *db, const char *name, const struct breaker *breaker,
                      struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write = store_prepare(db,
                                        "INSERT OR REPLACE INTO breaker (name, " COLUMNS ")"
                                        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                                        why);
    int64_t fields[BREAKER_FIELDS];

    if (!write)
        return false;
    if (!bind_text(write, 1, name))
        return store_failed(db, "binding", why);
    breaker_to_fields(breaker, fields);
    for (int i = 0; i < BREAKER_FIELDS; i++)
        if (!bind_number(write, 2 + i, fields[i]))
            return store_failed(db, "binding", why);
    return store_run(write, why);
}

void breakers_read(const struct breakers *breakers, const char *name, struct breaker *breaker)
{
    if (!breaker_note_read(breakers->runtime, name, breaker))
        *breaker = row_read(breakers->store->db, name);
}

/* What a note says is taken into the store, and the note goes. */
static bool change_in_store(const struct breakers *breakers, const char *name,
                            const struct breaker_event *event, struct error *why)
{
    sqlite3 *db = breakers->store->db;
    struct deadline deadline = deadline_in_ms(NOTE_WAIT_MS);
    OWNED(transaction_end) struct transaction transaction = {0};
    OWNED(close_fd) int note = -1;
    struct breaker breaker;

    if (!transaction_write(&transaction, breakers->store, why))
        return false;
    if (breakers->runtime >= 0) {
        note = breaker_note_lock(breakers->runtime, name, false, &deadline, why);
        if (note < 0 && errno == EAGAIN)
            return false;
    }
    if (note < 0 || !breaker_note_load(note, &breaker))
        breaker = row_read(db, name);
    breaker_change(&breaker, event);
    if (!row_write(db, name, &breaker, why) || !transaction_commit(&transaction, why))
        return false;
    if (note >= 0)
        breaker_note_drop(breakers->runtime, name);
    return true;
}

/* `base` is what the store says. */
static bool change_in_note(const struct breakers *breakers, const char *name,
                           const struct breaker *base, const struct breaker_event *event,
                           struct error *why)
{
    struct deadline deadline = deadline_in_ms(NOTE_WAIT_MS);
    OWNED(close_fd)
    int note = breaker_note_lock(breakers->runtime, name, true, &deadline, why);
    struct breaker breaker;

    if (note < 0)
        return false;
    if (!breaker_note_load(note, &breaker))
        breaker = *base;
    breaker_change(&breaker, event);
    return breaker_note_save(note, &breaker, why);
}

static bool would_change(const struct breaker *breaker, const struct breaker_event *event)
{
    struct breaker changed = *breaker;
    int64_t before[BREAKER_FIELDS], after[BREAKER_FIELDS];

    breaker_change(&changed, event);
    breaker_to_fields(breaker, before);
    breaker_to_fields(&changed, after);
    return memcmp(before, after, sizeof before) != 0;
}

static bool outage_is_shown(int runtime)
{
    struct stat status;

    return fstatat(runtime, BREAKERS_OUTAGE_FILE, &status, AT_SYMLINK_NOFOLLOW) == 0;
}

static void outage_make(int runtime)
{
    int fd = openat(runtime, BREAKERS_OUTAGE_FILE,
                    O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);

    close_fd(&fd);
}

/* LOOKUP_FOUND: there is one. A row that has a note does not count. */
static enum lookup rows_outage(const struct breakers *breakers, time_t now)
{
    struct error unheard = {0};
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(breakers->store->db, "SELECT name, " COLUMNS " FROM breaker", &unheard);
    char name[NAME_SIZE];
    struct breaker breaker, noted;
    enum step step = STEP_FAILED;

    while (query && (step = store_step(query, &unheard)) == STEP_ROW) {
        breaker = row_copy(query, 1);
        if (breaker_is_outage(&breaker, now) && column_copy(query, 0, name, sizeof name) &&
            !breaker_note_read(breakers->runtime, name, &noted))
            return LOOKUP_FOUND;
    }
    return step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
}

static enum lookup any_outage(const struct breakers *breakers, time_t now)
{
    return breaker_notes_tell_outage(breakers->runtime, now) ? LOOKUP_FOUND
                                                             : rows_outage(breakers, now);
}

/* Looks again after each step: whoever changed a breaker meanwhile may have looked before it. */
void breakers_show_outage(const struct breakers *breakers, time_t now)
{
    int runtime = breakers->runtime;

    for (int round = 0; runtime >= 0 && round < ROUNDS_MOST; round++) {
        enum lookup outage = any_outage(breakers, now);

        if (outage == LOOKUP_UNAVAILABLE || (outage == LOOKUP_FOUND) == outage_is_shown(runtime))
            return;
        if (outage == LOOKUP_FOUND)
            outage_make(runtime);
        else
            unlinkat(runtime, BREAKERS_OUTAGE_FILE, 0);
    }
}

static bool change(const struct breakers *breakers, const char *name,
                   const struct breaker_event *event, struct error *why)
{
    struct breaker row = row_read(breakers->store->db, name), noted;
    bool has_note = breaker_note_read(breakers->runtime, name, &noted);

    /* The usual end of a sign-in: nothing was wrong and nothing is. A note goes when it can. */
    if (!would_change(has_note ? &noted : &row, event) &&
        !(has_note && breakers->store->writable)) {
        if (breakers->runtime >= 0 && outage_is_shown(breakers->runtime))
            breakers_show_outage(breakers, event->now);
        return true;
    }
    if (!change_in_store(breakers, name, event, why) &&
        (breakers->runtime < 0 || !change_in_note(breakers, name, &row, event, why)))
        return false;
    breakers_show_outage(breakers, event->now);
    return true;
}

bool breakers_change(const struct breakers *breakers, const char *name,
                     const struct breaker_event *event, struct error *why)
{
    struct deadline deadline = deadline_in_ms(WAIT_MS);
    bool changed;

    breakers->store->hurry = &deadline;
    changed = change(breakers, name, event, why);
    breakers->store->hurry = NULL;
    return changed;
}
