/* SPDX-License-Identifier: MIT */
#include "cache/ids.h"

#include "cache/elsewhere.h"
#include "cache/first_id.h"
#include "cache/newcomer.h"
#include "cache/store_internal.h"
#include "cache/window_in_force.h"

static enum lookup id_of(sqlite3 *db, enum id_kind kind, const struct account *account,
                         uint32_t *id, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query =
        store_prepare(db,
                      "SELECT id FROM id WHERE kind = ?1 AND issuer = ?2 AND tenant = ?3"
                      " AND object_id = ?4",
                      why);
    enum step step;

    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_number(query, 1, kind) || !bind_account(query, 2, account)) {
        store_failed(db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step == STEP_DONE)
        return LOOKUP_ABSENT;
    if (step == STEP_ROW && column_id(query, 0, id))
        return LOOKUP_FOUND;
    if (step == STEP_ROW)
        store_damaged(why);
    return LOOKUP_UNAVAILABLE;
}

/* Whether the store has ever given it. A prepared question, asked again for each id. */
static enum lookup id_given(sqlite3_stmt *query, uint32_t id, struct error *why)
{
    enum step step;

    sqlite3_reset(query);
    if (!bind_number(query, 1, id)) {
        store_failed(sqlite3_db_handle(query), "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step == STEP_FAILED)
        return LOOKUP_UNAVAILABLE;
    return step == STEP_ROW ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

/* Also by those who have it: one damaged row of `id` must not set somebody's id free. */
static sqlite3_stmt *id_question(sqlite3 *db, struct error *why)
{
    return store_prepare(db,
                         "SELECT 1 FROM id WHERE id = ?1 UNION ALL"
                         " SELECT 1 FROM person WHERE uid = ?1 UNION ALL"
                         " SELECT 1 FROM directory_group WHERE gid = ?1",
                         why);
}

static bool is_among(const uint32_t *ids, size_t count, uint32_t id)
{
    for (size_t i = 0; i < count; i++)
        if (ids[i] == id)
            return true;
    return false;
}

bool ids_choose(struct store *store, const struct local *local, enum id_kind kind,
                const struct account *account, const char *label, const uint32_t *avoid,
                size_t avoid_count, struct id_choice *choice, struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *question = NULL;
    uint32_t first, id;
    enum lookup given = id_of(store->db, kind, account, &id, why);

    if (given == LOOKUP_FOUND)
        *choice = (struct id_choice){.id = id, .bound = true};
    if (given != LOOKUP_ABSENT)
        return given == LOOKUP_FOUND;
    if (kind == ID_PERSON && !newcomer_may_come(store->elsewhere, label, why))
        return false;
    question = id_question(store->db, why);
    if (!question)
        return false;
    first = id = first_id(kind == ID_PERSON ? "person" : "group", account->issuer, label);
    do {
        given = id_given(question, id, why);
        if (given == LOOKUP_UNAVAILABLE)
            return false;
        if (given == LOOKUP_ABSENT && !is_among(avoid, avoid_count, id) &&
            !local_has_id(local, id) && !elsewhere_has(store->elsewhere, id)) {
            *choice = (struct id_choice){.id = id};
            return true;
        }
        id = next_id(id);
    } while (id != first);
    return error_set(why, ERROR_SYSTEM, "every id of the window is taken");
}

enum lookup ids_recovered(struct store *store, enum id_kind kind, const struct account *account,
                          const char *name, struct id_choice *choice, struct error *why)
{
    static const char person[] = "SELECT i.id FROM person p JOIN id i ON i.id = p.uid"
                                 " WHERE p.name = ?1 AND i.kind = 1"
                                 " AND i.issuer = '" ISSUER_RECOVERED "'";
    static const char group[] = "SELECT i.id FROM directory_group g JOIN id i ON i.id = g.gid"
                                " WHERE g.name = ?1 AND i.kind = 2"
                                " AND i.issuer = '" ISSUER_RECOVERED "'";
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    uint32_t id;
    enum lookup bound = id_of(store->db, kind, account, &id, why);
    enum step step;

    if (bound != LOOKUP_ABSENT)
        return bound == LOOKUP_FOUND ? LOOKUP_ABSENT : bound;
    query = store_prepare(store->db, kind == ID_PERSON ? person : group, why);
    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_text(query, 1, name)) {
        store_failed(store->db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step == STEP_DONE)
        return LOOKUP_ABSENT;
    if (step == STEP_ROW && column_id(query, 0, &id)) {
        *choice = (struct id_choice){.id = id, .recovered = true};
        return LOOKUP_FOUND;
    }
    if (step == STEP_ROW)
        store_damaged(why);
    return LOOKUP_UNAVAILABLE;
}

/* Of two accounts of one name the first has it. */
static bool claim(sqlite3 *db, enum id_kind kind, const struct account *account, uint32_t id,
                  bool *lost, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *write =
        store_prepare(db,
                      "UPDATE id SET issuer = ?3, tenant = ?4, object_id = ?5"
                      " WHERE id = ?1 AND kind = ?2 AND issuer = '" ISSUER_RECOVERED "'",
                      why);

    if (!write)
        return false;
    if (!bind_number(write, 1, id) || !bind_number(write, 2, kind) ||
        !bind_account(write, 3, account))
        return store_failed(db, "binding", why);
    if (!store_run(write, why))
        return false;
    *lost = sqlite3_changes(db) != 1;
    return true;
}

/*
 * Another window may have been put in force since this process began. Whoever does that keeps all
 * writers out until it is done (store_window_hold), so what is read here holds until the commit.
 */
static bool window_stands(struct store *store, struct error *why)
{
    struct id_window here = id_window(), now = here;

    if (store->window_settles || store->window_stands)
        return true;
    if (window_in_force(&now))
        store->window_stands = now.least == here.least && now.most == here.most;
    else if (!window_read(&now))
        return error_set(why, ERROR_SYSTEM, "nss.conf cannot be read now, or is damaged");
    else
        store->window_stands = true; /* root has told none */
    return store->window_stands ||
           error_set(why, ERROR_SYSTEM, "id_min and id_max have changed meanwhile: try again");
}

bool ids_bind(struct store *store, enum id_kind kind, const struct account *account, time_t now,
              const struct id_choice *choice, bool *lost, struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *write = NULL, *question = NULL;
    uint32_t id;
    enum lookup bound = id_of(store->db, kind, account, &id, why), given = LOOKUP_ABSENT;

    if (bound == LOOKUP_UNAVAILABLE)
        return false;
    if (bound == LOOKUP_FOUND) {
        *lost = id != choice->id;
        return true;
    }
    if (choice->recovered)
        return claim(store->db, kind, account, choice->id, lost, why);
    question = id_question(store->db, why);
    if (!question || (given = id_given(question, choice->id, why)) == LOOKUP_UNAVAILABLE)
        return false;
    *lost = given == LOOKUP_FOUND || !id_is_ours(choice->id);
    if (*lost)
        return true;
    if (!window_stands(store, why))
        return false;
    write = store_prepare(store->db, "INSERT INTO id VALUES (?1, ?2, ?3, ?4, ?5, ?6)", why);
    if (!write)
        return false;
    if (!bind_number(write, 1, choice->id) || !bind_number(write, 2, kind) ||
        !bind_account(write, 3, account) || !bind_number(write, 6, now))
        return store_failed(store->db, "binding", why);
    return store_run(write, why);
}
