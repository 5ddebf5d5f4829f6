/* SPDX-License-Identifier: MIT */
/* Reading people and what is remembered of them. */
#include "cache/store_internal.h"

#include "cache/store_token.h"

#define PERSON_COLUMNS                                                                  \
    "SELECT p.uid, p.name, p.gecos, p.home, p.shell, i.issuer, i.tenant, i.object_id, " \
    "p.verifier, p.token IS NOT NULL, p.last_online, p.last_password, p.refused, "      \
    "p.refused_at, p.refusals, p.token_doubted_at, p.more_wanted_at, p.passphrase "     \
    "FROM person p JOIN id i "                                                          \
    "ON i.id = p.uid AND i.kind = 1 AND i.issuer <> '" ISSUER_RECOVERED "' "

static bool copy_texts(sqlite3_stmt *row, struct person *person)
{
    const struct {
        char *out;
        size_t size;
    } texts[] = {
        {person->name, sizeof person->name},
        {person->gecos, sizeof person->gecos},
        {person->home, sizeof person->home},
        {person->shell, sizeof person->shell},
        {person->account.issuer, sizeof person->account.issuer},
        {person->account.tenant, sizeof person->account.tenant},
        {person->account.object_id, sizeof person->account.object_id},
        {person->verifier, sizeof person->verifier},
    };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (!column_copy(row, 1 + (int)i, texts[i].out, texts[i].size))
            return false;
    return true;
}

static bool person_copy(sqlite3_stmt *row, struct person *found, struct error *why)
{
    struct person person = {0};
    int refused = sqlite3_column_int(row, 12);

    if (!column_id(row, 0, &person.uid) || !copy_texts(row, &person) || refused < 0 ||
        refused >= REFUSED_KINDS)
        return store_damaged(why);
    person.has_token = sqlite3_column_int(row, 9);
    person.last_online = sqlite3_column_int64(row, 10);
    person.last_password = sqlite3_column_int64(row, 11);
    person.refused = (enum refused)refused;
    person.refused_at = sqlite3_column_int64(row, 13);
    person.refusals = (uint32_t)sqlite3_column_int64(row, 14);
    person.token_doubted_at = sqlite3_column_int64(row, 15);
    person.more_wanted_at = sqlite3_column_int64(row, 16);
    person.passphrase = sqlite3_column_int(row, 17);
    *found = person;
    return true;
}

static bool account_equal(const struct account *one, const struct account *other)
{
    return strcmp(one->issuer, other->issuer) == 0 && strcmp(one->tenant, other->tenant) == 0 &&
           strcmp(one->object_id, other->object_id) == 0;
}

static enum lookup person_fetch(sqlite3_stmt *query, struct person *found, struct error *why)
{
    enum step step = store_step(query, why);

    if (step != STEP_ROW)
        return step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
    return person_copy(query, found, why) ? LOOKUP_FOUND : LOOKUP_UNAVAILABLE;
}

/* A damaged index must not answer for somebody else. */
static enum lookup person_confirm(enum lookup lookup, bool right, const struct person *person,
                                  struct person *found, struct error *why)
{
    if (lookup != LOOKUP_FOUND)
        return lookup;
    if (!right) {
        store_damaged(why);
        return LOOKUP_UNAVAILABLE;
    }
    *found = *person;
    return LOOKUP_FOUND;
}

/*
 * Nobody is found by an index that has lost its entries or their order, so that neither the first nor
 * the last person is found by it, nor who has lost the row of her id; that must not look as if there was
 * nobody.
 */
static enum lookup absence_confirm(sqlite3 *db, const char *name, struct error *why)
{
    static const char sql[] =
        "SELECT (EXISTS (SELECT 1 FROM person NOT INDEXED)"
        "   AND NOT EXISTS (SELECT 1 FROM person p INDEXED BY sqlite_autoindex_person_1"
        "     WHERE p.name IN ((SELECT name FROM person NOT INDEXED ORDER BY uid LIMIT 1),"
        "       (SELECT name FROM person NOT INDEXED ORDER BY uid DESC LIMIT 1))))"
        " OR EXISTS (SELECT 1 FROM person p WHERE p.name = ?1"
        "   AND NOT EXISTS (SELECT 1 FROM id i WHERE i.id = p.uid AND i.kind = 1))";
    OWNED(statement_release) sqlite3_stmt *query = store_prepare(db, sql, why);

    if (query && !bind_text(query, 1, name))
        store_failed(db, "binding", why);
    else if (query && store_step(query, why) == STEP_ROW) {
        if (!sqlite3_column_int(query, 0))
            return LOOKUP_ABSENT;
        store_damaged(why);
    }
    return LOOKUP_UNAVAILABLE;
}

enum lookup person_by_name(sqlite3 *db, const char *name, struct person *found, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db, PERSON_COLUMNS "WHERE p.name = ?1", why);
    struct person person = {0};
    enum lookup lookup;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_text(query, 1, name)) {
        store_failed(db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    lookup = person_fetch(query, &person, why);
    if (lookup == LOOKUP_ABSENT)
        return absence_confirm(db, name, why);
    return person_confirm(lookup, strcmp(person.name, name) == 0, &person, found, why);
}

enum lookup person_by_account(sqlite3 *db, const struct account *account, struct person *found,
                              struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        db, PERSON_COLUMNS "WHERE i.issuer = ?1 AND i.tenant = ?2 AND i.object_id = ?3", why);
    struct person person = {0};
    enum lookup lookup;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_account(query, 1, account)) {
        store_failed(db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    lookup = person_fetch(query, &person, why);
    return person_confirm(lookup, account_equal(&person.account, account), &person, found, why);
}

enum lookup person_by_uid(sqlite3 *db, uint32_t uid, struct person *found, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db, PERSON_COLUMNS "WHERE p.uid = ?1", why);
    struct person person = {0};
    enum lookup lookup;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_number(query, 1, uid)) {
        store_failed(db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    lookup = person_fetch(query, &person, why);
    return person_confirm(lookup, person.uid == uid, &person, found, why);
}

enum lookup store_person_by_name(struct store *store, const char *name, struct person *found,
                                 struct error *why)
{
    return person_by_name(store->db, name, found, why);
}

enum lookup store_person_by_account(struct store *store, const struct account *account,
                                    struct person *found, struct error *why)
{
    return person_by_account(store->db, account, found, why);
}

enum lookup store_token(struct store *store, const struct person *person, char **token,
                        struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(store->db, "SELECT token FROM person WHERE uid = ?1", why);
    const uint8_t *sealed;
    enum step step;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_number(query, 1, person->uid)) {
        store_failed(store->db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step == STEP_FAILED)
        return LOOKUP_UNAVAILABLE;
    sealed = step == STEP_ROW ? sqlite3_column_blob(query, 0) : NULL;
    if (!sealed)
        return LOOKUP_ABSENT;
    return token_open(&store->key, &person->account, TOKEN_REFRESH, sealed,
                      (size_t)sqlite3_column_bytes(query, 0), token, why)
               ? LOOKUP_FOUND
               : LOOKUP_UNAVAILABLE;
}
