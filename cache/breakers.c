/* SPDX-License-Identifier: MIT */
#include "cache/breakers.h"

#include "cache/breaker_note.h"
#include "cache/store_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

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

static bool store_left_alone(struct error *why)
{
    return error_set(why, ERROR_SYSTEM, "store.db: is not asked any more");
}

/* `row` is zero unless there is one. */
static enum lookup row_read(const struct breakers *breakers, const char *name, struct breaker *row,
                            struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    enum step step = STEP_FAILED;

    *row = (struct breaker){0};
    if (breakers->without_store) {
        store_left_alone(why);
        return LOOKUP_UNAVAILABLE;
    }
    query =
        store_prepare(breakers->store->db, "SELECT " COLUMNS " FROM breaker WHERE name = ?1", why);
    if (query && bind_text(query, 1, name))
        step = store_step(query, why);
    if (step == STEP_ROW)
        *row = row_copy(query, 0);
    if (step == STEP_FAILED)
        return LOOKUP_UNAVAILABLE;
    return step == STEP_ROW ? LOOKUP_FOUND : LOOKUP_ABSENT;
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

/* Until hurry_end there is no more to wait for than this. */
static void hurry(const struct breakers *breakers, int64_t *left_ms)
{
    *left_ms = BREAKERS_WAIT_MS - breakers->waited_ms;
    if (!breakers->without_store)
        breakers->store->hurry_ms = left_ms;
}

/* Yields how long has been waited in all. */
static int64_t hurry_end(const struct breakers *breakers, int64_t left_ms)
{
    if (!breakers->without_store)
        breakers->store->hurry_ms = NULL;
    return BREAKERS_WAIT_MS - left_ms;
}

/* What is kept of one breaker: in the store, in a note, or in both. */
struct kept {
    bool row_known, has_note;
    struct breaker row;
    struct breaker_note note;
};

static struct breaker kept_together(const struct kept *kept)
{
    if (!kept->has_note)
        return kept->row;
    return kept->row_known ? breaker_note_over(&kept->note, &kept->row) : kept->note.breaker;
}

/* The note first: whoever takes one into the store drops it when the row is there. */
static struct kept kept_read(const struct breakers *breakers, const char *name)
{
    struct kept kept = {0};
    struct error unheard = {0};

    kept.has_note = breaker_note_read(breakers->runtime, name, &kept.note);
    kept.row_known = row_read(breakers, name, &kept.row, &unheard) != LOOKUP_UNAVAILABLE;
    return kept;
}

void breakers_read(struct breakers *breakers, const char *name, struct breaker *breaker)
{
    struct kept kept;
    int64_t left_ms;

    hurry(breakers, &left_ms);
    kept = kept_read(breakers, name);
    breakers->waited_ms = hurry_end(breakers, left_ms);
    *breaker = kept_together(&kept);
}

/* What a note says is taken into the store, and the note goes. */
static bool change_in_store(const struct breakers *breakers, const char *name,
                            const struct breaker_event *event, struct breaker *changed,
                            struct error *why)
{
    struct deadline deadline = deadline_in_ms(NOTE_WAIT_MS);
    OWNED(transaction_end) struct transaction transaction = {0};
    OWNED(close_fd) int note = -1;
    struct kept kept = {.row_known = true};
    struct breaker breaker;

    if (breakers->without_store)
        return store_left_alone(why);
    if (!transaction_write(&transaction, breakers->store, why))
        return false;
    if (breakers->runtime >= 0) {
        note = breaker_note_lock(breakers->runtime, name, false, &deadline, why);
        if (note < 0 && errno == EAGAIN)
            return false;
    }
    if (row_read(breakers, name, &kept.row, why) == LOOKUP_UNAVAILABLE)
        return false;
    kept.has_note = note >= 0 && breaker_note_load(note, &kept.note);
    breaker = kept_together(&kept);
    breaker_change(&breaker, event);
    if (!row_write(breakers->store->db, name, &breaker, why) ||
        !transaction_commit(&transaction, why))
        return false;
    if (note >= 0)
        breaker_note_drop(breakers->runtime, name);
    *changed = breaker;
    return true;
}

/*
 * A row that cannot be read any more counts as it was `before`, or what happens now would be added
 * to nothing; one that could never be read leaves the note with the row it had.
 */
static bool change_in_note(const struct breakers *breakers, const char *name,
                           const struct kept *before, const struct breaker_event *event,
                           struct breaker *changed, struct error *why)
{
    struct deadline deadline = deadline_in_ms(NOTE_WAIT_MS);
    OWNED(close_fd)
    int fd = breaker_note_lock(breakers->runtime, name, true, &deadline, why);
    struct kept kept;

    if (fd < 0)
        return false;
    kept = kept_read(breakers, name);
    if (!kept.row_known && before->row_known) {
        kept.row_known = true;
        kept.row = before->row;
    }
    kept.note.breaker = kept_together(&kept);
    if (kept.row_known) {
        kept.note.row_known = true;
        kept.note.row = kept.row;
    }
    breaker_change(&kept.note.breaker, event);
    if (!breaker_note_save(fd, &kept.note, why))
        return false;
    *changed = kept.note.breaker;
    return true;
}

static bool would_change(const struct breaker *breaker, const struct breaker_event *event)
{
    struct breaker changed = *breaker;

    breaker_change(&changed, event);
    return !breaker_equal(&changed, breaker);
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

static bool row_is_outage(const struct breakers *breakers, sqlite3_stmt *row, time_t now)
{
    struct kept kept = {.row_known = true, .row = row_copy(row, 1)};
    char name[NAME_SIZE];
    struct breaker breaker;

    kept.has_note = column_copy(row, 0, name, sizeof name) &&
                    breaker_note_read(breakers->runtime, name, &kept.note);
    breaker = kept_together(&kept);
    return breaker_is_outage(&breaker, now);
}

/* LOOKUP_FOUND: there is one. */
static enum lookup rows_outage(const struct breakers *breakers, time_t now)
{
    struct error unheard = {0};
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    enum step step = STEP_FAILED;

    if (!breakers->without_store)
        query =
            store_prepare(breakers->store->db, "SELECT name, " COLUMNS " FROM breaker", &unheard);
    while (query && (step = store_step(query, &unheard)) == STEP_ROW)
        if (row_is_outage(breakers, query, now))
            return LOOKUP_FOUND;
    return step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
}

static enum lookup any_outage(const struct breakers *breakers, time_t now)
{
    return breaker_notes_tell_outage(breakers->runtime, now) ? LOOKUP_FOUND
                                                             : rows_outage(breakers, now);
}

/*
 * Looks again after each step: whoever changed a breaker meanwhile may have looked before it. When
 * that cannot be done, there is rather a file too many: it goes with the next look.
 */
static void show_outage(const struct breakers *breakers, time_t now)
{
    int runtime = breakers->runtime;
    bool taken_away = false;

    for (int round = 0; runtime >= 0 && round < ROUNDS_MOST; round++) {
        enum lookup outage = any_outage(breakers, now);

        if (outage == LOOKUP_UNAVAILABLE && taken_away)
            outage_make(runtime);
        if (outage == LOOKUP_UNAVAILABLE || (outage == LOOKUP_FOUND) == outage_is_shown(runtime))
            return;
        if (outage == LOOKUP_FOUND)
            outage_make(runtime);
        else
            taken_away = unlinkat(runtime, BREAKERS_OUTAGE_FILE, 0) == 0;
    }
    if (taken_away) /* others came and went all the time: one look too many does no harm */
        outage_make(runtime);
}

void breakers_show_outage(const struct breakers *breakers, time_t now)
{
    int64_t left_ms;

    hurry(breakers, &left_ms);
    show_outage(breakers, now);
    (void)hurry_end(breakers, left_ms);
}

static bool change(const struct breakers *breakers, const char *name,
                   const struct breaker_event *event, struct error *why)
{
    struct kept kept = kept_read(breakers, name);
    struct breaker known = kept_together(&kept), changed = known;
    bool changes = would_change(&known, event);
    bool may_store = !breakers->without_store && breakers->store->writable;

    /* The usual end of a sign-in: nothing was wrong and nothing is. A note goes when it can. */
    if (!changes && !(may_store && (kept.has_note || !kept.row_known))) {
        if (breakers->runtime >= 0 && outage_is_shown(breakers->runtime))
            show_outage(breakers, event->now);
        return true;
    }
    /* That all is well with a row that nobody can read is not for a note to say. */
    if (!change_in_store(breakers, name, event, &changed, why)) {
        if (!changes && !kept.has_note)
            return false;
        if (changes &&
            (breakers->runtime < 0 || !change_in_note(breakers, name, &kept, event, &changed, why)))
            return false;
    }
    /* Of its own it knows, even if it cannot look at the others. */
    if (breakers->runtime >= 0 && breaker_is_outage(&changed, event->now))
        outage_make(breakers->runtime);
    show_outage(breakers, event->now);
    return true;
}

bool breakers_change(struct breakers *breakers, const char *name, const struct breaker_event *event,
                     struct error *why)
{
    int64_t left_ms;
    bool changed;

    hurry(breakers, &left_ms);
    changed = change(breakers, name, event, why);
    breakers->waited_ms = hurry_end(breakers, left_ms);
    return changed;
}
