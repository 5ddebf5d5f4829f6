/* SPDX-License-Identifier: MIT */
/* Recording what the platform holds against a person. Ids and names are never touched here. */
#include "cache/store_internal.h"

/* Whether the refused token is still the person's. One that does not open is nobody's. */
static bool token_stands(struct store *store, const struct person *person, const char *token,
                         bool *stands, struct error *why)
{
    OWNED(free_secret) char *kept = NULL;
    struct error sealed = {0};

    switch (store_token(store, person, &kept, &sealed)) {
    case LOOKUP_FOUND:
        *stands = strcmp(kept, token) == 0;
        return true;
    case LOOKUP_ABSENT:
        *stands = false;
        return true;
    case LOOKUP_UNAVAILABLE:
        break;
    }
    if (sealed.kind != ERROR_UNTRUSTED)
        return error_set(why, sealed.kind, "%s", sealed.text);
    *stands = true;
    return true;
}

/* `before` was read in this transaction. REFUSED_NOT takes nothing back: only an acceptance does. */
static bool refusal_write(sqlite3 *db, const struct person *before,
                          const struct refusal_record *record, bool *written, struct error *why)
{
    static const char sql[] =
        "UPDATE person SET"
        " refused_at = CASE WHEN ?2 = refused THEN refused_at ELSE ?3 END,"
        " refused = ?2,"
        " refusals = refusals + ?8,"
        " verifier = CASE ?4 WHEN 0 THEN verifier ELSE '' END,"
        " token = CASE WHEN ?5 OR (?7 AND token_doubted_at <> 0) THEN NULL ELSE token END,"
        " access_token = CASE WHEN ?4 OR ?5 OR (?7 AND token_doubted_at <> 0) THEN NULL"
        "  ELSE access_token END,"
        " token_doubted_at = CASE WHEN ?5 OR token IS NULL OR (?7 AND token_doubted_at <> 0)"
        "  THEN 0 WHEN ?7 THEN ?3 ELSE token_doubted_at END,"
        " more_wanted_at = CASE WHEN ?5 OR token IS NULL OR (?7 AND token_doubted_at <> 0)"
        "  THEN 0 WHEN ?9 THEN ?3 ELSE more_wanted_at END"
        " WHERE uid = ?1 AND (?6 IS NULL OR verifier = ?6)";
    OWNED(statement_release) sqlite3_stmt *write = store_prepare(db, sql, why);
    enum refused refused = refused_worse(before->refused, record->refused);

    if (!write)
        return false;
    if (!bind_number(write, 1, before->uid) || !bind_number(write, 2, refused) ||
        !bind_number(write, 3, record->now) || !bind_number(write, 4, record->erase_verifier) ||
        !bind_number(write, 5, record->erase_token) || !bind_text(write, 6, record->verifier) ||
        !bind_number(write, 7, record->doubt_token) ||
        !bind_number(write, 8, record->refused != REFUSED_NOT) ||
        !bind_number(write, 9, record->rest_token))
        return store_failed(db, "binding", why);
    if (!store_run(write, why))
        return false;
    *written = sqlite3_changes(db) == 1;
    return true;
}

static bool is_about_the_person(enum refused refused)
{
    return refused == REFUSED_ACCOUNT || refused == REFUSED_DISABLED;
}

/* Either way in time: others may have read their clocks a little later and come first. */
static bool others_refused(sqlite3 *db, uint32_t uid, time_t now, int64_t *count, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db,
                                        "SELECT count(*) FROM person WHERE uid <> ?1"
                                        " AND refused IN (?2, ?3) AND refused_at BETWEEN ?4 AND ?5",
                                        why);

    if (!query)
        return false;
    if (!bind_number(query, 1, uid) || !bind_number(query, 2, REFUSED_ACCOUNT) ||
        !bind_number(query, 3, REFUSED_DISABLED) ||
        !bind_number(query, 4, now - MASS_EVENT_SECONDS) ||
        !bind_number(query, 5, now + MASS_EVENT_SECONDS))
        return store_failed(db, "binding", why);
    if (store_step(query, why) != STEP_ROW)
        return false;
    *count = sqlite3_column_int64(query, 0);
    return true;
}

/* platform.md 3.1, rule 7: so many at once are rather an accident. Nothing is lost by it. */
static bool heed_mass_event(sqlite3 *db, uint32_t uid, struct refusal_record *record, bool *mass,
                            struct error *why)
{
    int64_t others = 0;

    *mass = false;
    if (!is_about_the_person(record->refused))
        return true;
    if (!others_refused(db, uid, record->now, &others, why))
        return false;
    *mass = others + 1 > MASS_EVENT_PEOPLE;
    if (*mass)
        record->erase_verifier = record->erase_token = record->doubt_token = false;
    return true;
}

static bool person_read(sqlite3 *db, uint32_t uid, struct person *person, struct error *why)
{
    enum lookup lookup = person_by_uid(db, uid, person, why);

    if (lookup == LOOKUP_ABSENT)
        return error_set(why, ERROR_SYSTEM, "nobody has uid %u", uid);
    return lookup == LOOKUP_FOUND;
}

bool store_refuse(struct store *store, uint32_t uid, const struct refusal_record *record,
                  bool *mass_event, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    struct refusal_record heeded = *record;
    struct person person;
    bool stands = true, mass = false, written = false;

    if (!transaction_write(&transaction, store, why) ||
        !person_read(store->db, uid, &person, why) ||
        (record->token && !token_stands(store, &person, record->token, &stands, why)))
        return false;
    if (stands && (!heed_mass_event(store->db, uid, &heeded, &mass, why) ||
                   !refusal_write(store->db, &person, &heeded, &written, why) ||
                   !transaction_commit(&transaction, why)))
        return false;
    *mass_event = mass && written;
    return true;
}
