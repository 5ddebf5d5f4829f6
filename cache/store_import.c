/* SPDX-License-Identifier: MIT */
#include "cache/store_import.h"

#include "base/text.h"
#include "cache/elsewhere.h"
#include "cache/import_check.h"
#include "cache/import_groups.h"
#include "cache/import_members.h"
#include "cache/statement_pool.h"
#include "cache/store_claims.h"
#include "cache/store_rules.h"
#include "config/paths.h"

#define ROUNDS_MOST 16     /* how often ids may be lost to others before we say so */
#define CACHE_KIB   262144 /* of the store's pages: names and object ids come in no order */
#define QUOTE(text) #text
#define TEXT(macro) QUOTE(macro)

struct store_import {
    struct store *store;
    struct statement_pool pool;
    struct local *local;
    struct elsewhere elsewhere;
    struct import_groups groups;
    struct import_members members;
    sqlite3_stmt *person;
    bool recovered; /* some ids wait for their accounts */
};
OWN_DEFINE(release_import, struct store_import, store_import_release);

static const char write_person[] =
    "INSERT INTO person (uid, name, gecos, home, shell, verifier, token, last_online,"
    " last_password, refused, refused_at)"
    " VALUES (?1, ?2, coalesce(?3, ''), ?4, ?5, '', NULL, 0, 0, 0, 0)"
    " ON CONFLICT (uid) DO UPDATE SET name = ?2, gecos = coalesce(?3, gecos),"
    " home = CASE ?6 WHEN 0 THEN home ELSE ?4 END, shell = ?5";

/* Asking for each id takes longer than all else where that is possible at all. */
static bool list_elsewhere(struct store_import *import, struct error *why)
{
    if (!elsewhere_can_list(NSSWITCH_FILE))
        return true;
    import->store->elsewhere = &import->elsewhere;
    return elsewhere_list(&import->elsewhere, why);
}

bool store_import_begin(struct store *store, struct store_import **begun, struct error *why)
{
    OWNED(release_import) struct store_import *import = calloc(1, sizeof *import);

    if (!import)
        return error_set(why, ERROR_SYSTEM, "no memory");
    import->store = store;
    pool_begin(&import->pool, store->db);
    if (sqlite3_exec(store->db, "PRAGMA cache_size = -" TEXT(CACHE_KIB), NULL, NULL, NULL) !=
        SQLITE_OK)
        return store_failed(store->db, "making room", why);
    if (!local_read(LOCAL_PASSWD, LOCAL_GROUP, &import->local, why) || !list_elsewhere(import, why))
        return false;
    import->person = store_prepare(store->db, write_person, why);
    if (!import->person || !import_members_begin(&import->members, store->db, why))
        return false;
    *begun = OWN_TAKE(import);
    return true;
}

void store_import_release(struct store_import *import)
{
    if (!import)
        return;
    store_finish(import->person);
    import_members_release(&import->members);
    pool_end(&import->pool, import->store->db);
    import_groups_release(&import->groups);
    import->store->elsewhere = NULL;
    elsewhere_release(&import->elsewhere);
    local_release(import->local);
    free(import);
}

/* ---- checking ---- */

static bool account_equal(const struct account *one, const struct account *other)
{
    return strcmp(one->issuer, other->issuer) == 0 && strcmp(one->tenant, other->tenant) == 0 &&
           strcmp(one->object_id, other->object_id) == 0;
}

bool store_import_check(struct store_import *import, const struct imported_person *person,
                        struct error *why)
{
    struct person owner;

    if (!import_check(&import->store->naming, import->local, person, why))
        return false;
    switch (person_by_name(import->store->db, person->name, &owner, why)) {
    case LOOKUP_ABSENT:
        return true;
    case LOOKUP_FOUND:
        return account_equal(&owner.account, &person->account) ||
               error_set(why, ERROR_REFUSED,
                         "%s was bound to another account here: root must decide", person->name);
    default:
        return false;
    }
}

/* ---- what is to be recorded, ready before the lock is taken ---- */

struct plan {
    struct id_choice choice;
    uint32_t *groups; /* numbers in import->groups */
    size_t group_count;
};

struct batch {
    struct plan *plans;
    size_t count;
    struct chosen chosen;
};

static void batch_release(struct batch *batch)
{
    for (size_t i = 0; i < batch->count && batch->plans; i++)
        free(batch->plans[i].groups);
    free(batch->plans);
    free(batch->chosen.ids);
}

static bool id_plan(struct store_import *import, const struct imported_person *person,
                    struct chosen *chosen, struct id_choice *choice, struct error *why)
{
    enum lookup waits = LOOKUP_ABSENT;

    if (import->recovered)
        waits =
            ids_recovered(import->store, ID_PERSON, &person->account, person->name, choice, why);
    switch (waits) {
    case LOOKUP_FOUND:
        return true;
    case LOOKUP_ABSENT:
        return ids_choose(import->store, import->local, ID_PERSON, &person->account, person->name,
                          chosen->ids, chosen->count, choice, why);
    default:
        return false;
    }
}

static bool groups_plan_row(struct store_import *import, const struct imported_person *person,
                            struct plan *plan, struct chosen *chosen, struct error *why)
{
    plan->groups = calloc(person->group_count + 1, sizeof *plan->groups);
    if (!plan->groups)
        return error_set(why, ERROR_SYSTEM, "no memory");
    for (size_t i = 0; i < person->group_count; i++)
        if (!import_group_find(&import->groups, import->store, import->local, &person->account,
                               &person->groups[i], chosen, &plan->groups[plan->group_count++], why))
            return false;
    return true;
}

static bool plan_rows(struct store_import *import, struct import_row *rows, struct batch *batch,
                      struct error *why)
{
    for (size_t i = 0; i < batch->count; i++) {
        struct imported_person *person = &rows[i].person;
        struct plan *plan = &batch->plans[i];

        rows[i].effect = IMPORT_REFUSED;
        if (!import_check(&import->store->naming, import->local, person, &rows[i].why))
            continue;
        rows[i].why = (struct error){0};
        if (!id_plan(import, person, &batch->chosen, &plan->choice, &rows[i].why)) {
            if (rows[i].why.kind == ERROR_REFUSED)
                continue;
            return error_set(why, rows[i].why.kind, "%s", rows[i].why.text);
        }
        if (!chosen_add(&batch->chosen, plan->choice.id, why) ||
            !groups_plan_row(import, person, plan, &batch->chosen, why))
            return false;
    }
    return true;
}

static bool look_for_recovered(struct store_import *import, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(
        import->store->db,
        "SELECT 1 FROM id WHERE kind = 1 AND issuer = '" ISSUER_RECOVERED "' LIMIT 1", why);
    enum step step = query ? store_step(query, why) : STEP_FAILED;

    import->recovered = step == STEP_ROW;
    return step != STEP_FAILED;
}

/* One look at the store is cheaper than ten for each person; but none while others are asked. */
static bool plan_all(struct store_import *import, struct import_row *rows, struct batch *batch,
                     struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};

    return (!import->store->elsewhere || transaction_read(&transaction, import->store, why)) &&
           look_for_recovered(import, why) && plan_rows(import, rows, batch, why);
}

/* ---- within the transaction ---- */

/* The gids of a plan; groups that cannot be shown are left out. */
static bool memberships_record(struct store_import *import, const struct plan *plan, bool *changed,
                               struct error *why)
{
    uint32_t gids[GROUPS_MOST];
    size_t count = 0;

    for (size_t i = 0; i < plan->group_count; i++) {
        uint32_t gid = import_group_gid(&import->groups, plan->groups[i]);

        if (gid)
            gids[count++] = gid;
    }
    return import_members_record(&import->members, plan->choice.id, gids, count, changed, why);
}

static bool claims_of(struct store_import *import, uint32_t uid,
                      const struct imported_person *person, struct error *why)
{
    OWNED(free_memory) char **items = calloc(person->group_count + 1, sizeof *items);
    struct strings object_ids = {.items = items, .limit = person->group_count};

    if (!items)
        return error_set(why, ERROR_SYSTEM, "no memory");
    for (size_t i = 0; i < person->group_count; i++)
        items[object_ids.count++] = (char *)(uintptr_t)person->groups[i].object_id;
    return claims_record(import->store, uid, &object_ids, why);
}

static bool looks_alike(const struct person *before, const struct imported_person *person)
{
    return before->uid && strcmp(before->name, person->name) == 0 &&
           (!person->gecos || strcmp(before->gecos, person->gecos) == 0) &&
           (!person->moves || strcmp(before->home, person->home) == 0) &&
           strcmp(before->shell, person->shell) == 0;
}

static bool person_record(struct store_import *import, uint32_t uid,
                          const struct imported_person *person, struct error *why)
{
    sqlite3_stmt *write = import->person;
    bool done;

    if (!bind_number(write, 1, uid) || !bind_text(write, 2, person->name) ||
        !bind_text(write, 3, person->gecos) || !bind_text(write, 4, person->home) ||
        !bind_text(write, 5, person->shell) || !bind_number(write, 6, person->moves))
        return store_failed(import->store->db, "binding", why);
    done = store_run(write, why);
    sqlite3_reset(write);
    return done;
}

static bool row_record(struct store_import *import, struct import_row *row, const struct plan *plan,
                       time_t now, bool *lost, struct error *why)
{
    const struct imported_person *person = &row->person;
    struct person before = {0};
    bool changed;

    if (person_by_account(import->store->db, &person->account, &before, why) == LOOKUP_UNAVAILABLE)
        return false;
    if (!name_is_free(import->store, person->name, before.uid, plan->choice.id, &row->why))
        return row->why.kind == ERROR_REFUSED || error_set(why, row->why.kind, "%s", row->why.text);
    if (!ids_bind(import->store, ID_PERSON, &person->account, now, &plan->choice, lost, why))
        return false;
    if (*lost)
        return true;
    changed = !looks_alike(&before, person);
    if ((changed && !person_record(import, plan->choice.id, person, why)) ||
        (person->has_groups && (!memberships_record(import, plan, &changed, why) ||
                                !claims_of(import, plan->choice.id, person, why))))
        return false;
    row->effect = !before.uid ? IMPORT_NEW : changed ? IMPORT_CHANGED : IMPORT_SAME;
    return true;
}

static bool change_count(sqlite3 *db, bool changed, struct error *why)
{
    int64_t changes;

    return !changed || (fact_read(db, FACT_CHANGES, &changes, why) &&
                        fact_write(db, FACT_CHANGES, changes + 1, why));
}

static bool record(struct store_import *import, struct import_row *rows, const struct batch *batch,
                   time_t now, bool *lost, struct error *why)
{
    OWNED(transaction_end) struct transaction transaction = {0};
    bool changed = false;

    *lost = false;
    if (!transaction_write(&transaction, import->store, why) ||
        !import_groups_bind(&import->groups, import->store, import->local, now, lost, why))
        return false;
    for (size_t i = 0; i < batch->count && !*lost; i++) {
        if (rows[i].why.kind != ERROR_NONE)
            continue;
        if (!row_record(import, &rows[i], &batch->plans[i], now, lost, why))
            return false;
        changed |= rows[i].effect > IMPORT_SAME;
    }
    if (*lost)
        return true;
    if (!change_count(import->store->db, changed, why) || !transaction_commit(&transaction, why))
        return false;
    import_groups_keep(&import->groups);
    return true;
}

bool store_import_rows(struct store_import *import, struct import_row *rows, size_t count,
                       time_t now, struct error *why)
{
    for (int round = 0; round < ROUNDS_MOST; round++) {
        OWNED(batch_release)
        struct batch batch = {.plans = calloc(count + 1, sizeof *batch.plans), .count = count};
        bool lost;

        import_groups_forget(&import->groups);
        if (!batch.plans)
            return error_set(why, ERROR_SYSTEM, "no memory");
        if (!plan_all(import, rows, &batch, why) || !record(import, rows, &batch, now, &lost, why))
            return false;
        if (!lost)
            return true;
    }
    return error_set(why, ERROR_SYSTEM, "others took every id that was chosen");
}

bool store_import_waits(struct store_import *import, bool *waits, struct error *why)
{
    int64_t changes, published;

    if (!fact_read(import->store->db, FACT_CHANGES, &changes, why) ||
        !fact_read(import->store->db, FACT_PUBLISHED, &published, why))
        return false;
    *waits = changes != published;
    return true;
}
