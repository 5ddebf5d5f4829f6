/* SPDX-License-Identifier: MIT */
/* Recording what a sign-in that the platform accepted leaves behind. */
#include "cache/ids.h"
#include "cache/store_claims.h"
#include "cache/store_groups.h"
#include "cache/store_internal.h"
#include "cache/store_rules.h"
#include "cache/store_token.h"
#include "config/paths.h"

#define ROUNDS_MOST 16 /* how often ids may be lost to others before we say so */

OWN_DEFINE(release_local, struct local, local_release);

struct sealed {
    uint8_t *bytes; /* owned; NULL: there is nothing */
    size_t length;
};

/* What is to be recorded, ready before the lock is taken. */
struct acceptance_plan {
    const struct acceptance *acceptance;
    const char *verifier; /* NULL: the old one stays */
    struct sealed token;  /* nothing: the old one stays */
    struct sealed access; /* nothing: the old one goes */
    struct id_choice choice;
    struct groups_plan groups;
};

static void plan_release(struct acceptance_plan *plan)
{
    free(plan->token.bytes);
    free(plan->access.bytes);
    groups_plan_release(&plan->groups);
}

enum outcome { OUTCOME_FAILED, OUTCOME_LOST, OUTCOME_RECORDED };

static bool bind_sealed(sqlite3_stmt *statement, int at, const struct sealed *sealed)
{
    return sqlite3_bind_blob(statement, at, sealed->bytes, (int)sealed->length, SQLITE_STATIC) ==
           SQLITE_OK;
}

static bool person_write(sqlite3 *db, const struct acceptance_plan *plan, struct error *why)
{
    /* The home of somebody known stays: another one might be somebody else's folder. */
    static const char sql[] =
        "INSERT INTO person (uid, name, gecos, home, shell, verifier, token, last_online,"
        " last_password, refused, refused_at, access_token, access_kept_at, access_renew_at,"
        " access_until)"
        " VALUES (?1, ?2, ?3, ?4, ?5, coalesce(?6, ''), ?7, ?8, ?8 * ?9, 0, 0, ?10, ?8, ?11, ?12)"
        " ON CONFLICT (uid) DO UPDATE SET name = ?2, gecos = ?3, shell = ?5,"
        " verifier = coalesce(?6, verifier), token = coalesce(?7, token), last_online = ?8,"
        " last_password = CASE ?9 WHEN 0 THEN last_password ELSE ?8 END,"
        " token_doubted_at = CASE WHEN ?7 IS NULL AND ?9 THEN token_doubted_at ELSE 0 END,"
        " passphrase = CASE WHEN ?9 AND ?6 IS NOT NULL THEN 0 ELSE passphrase END,"
        " more_wanted_at = 0, refused = 0, refused_at = 0,"
        " access_token = ?10, access_kept_at = ?8, access_renew_at = ?11, access_until = ?12";
    const struct acceptance *acceptance = plan->acceptance;
    OWNED(statement_release) sqlite3_stmt *write = store_prepare(db, sql, why);

    if (!write)
        return false;
    if (!bind_number(write, 1, plan->choice.id) || !bind_text(write, 2, acceptance->name) ||
        !bind_text(write, 3, acceptance->gecos) || !bind_text(write, 4, acceptance->home) ||
        !bind_text(write, 5, acceptance->shell) || !bind_text(write, 6, plan->verifier) ||
        !bind_sealed(write, 7, &plan->token) || !bind_number(write, 8, acceptance->now) ||
        !bind_number(write, 9, acceptance->password_proven) ||
        !bind_sealed(write, 10, &plan->access) ||
        !bind_number(write, 11, acceptance->access_renew_at) ||
        !bind_number(write, 12, acceptance->access_until))
        return store_failed(db, "binding", why);
    return store_run(write, why);
}

static bool person_looks_alike(const struct person *one, const struct person *other)
{
    return strcmp(one->name, other->name) == 0 && strcmp(one->gecos, other->gecos) == 0 &&
           strcmp(one->home, other->home) == 0 && strcmp(one->shell, other->shell) == 0;
}

/* A refusal that was recorded while the platform was being asked is the younger answer. */
static bool is_overtaken(const struct person *before, const struct person *seen, struct error *why)
{
    if (!seen || before->refused == REFUSED_NOT || before->refusals == seen->refusals)
        return false;
    error_set(why, ERROR_UNTRUSTED, "the platform refused this person meanwhile");
    return true;
}

/* Counts a change that the snapshot would show, and says whether any is waiting to be shown. */
static bool changes_count(sqlite3 *db, bool changed, bool *waiting, struct error *why)
{
    int64_t changes, published;

    if (!fact_read(db, FACT_CHANGES, &changes, why) ||
        !fact_read(db, FACT_PUBLISHED, &published, why))
        return false;
    changes += changed;
    /* Also what an earlier sign-in recorded and did not live to publish. */
    *waiting = changes != published;
    return !changed || fact_write(db, FACT_CHANGES, changes, why);
}

static enum outcome record(struct store *store, struct acceptance_plan *plan,
                           struct person *recorded, bool *public_changed, struct error *why)
{
    const struct acceptance *acceptance = plan->acceptance;
    OWNED(transaction_end) struct transaction transaction = {0};
    struct person before = {0}, after;
    bool lost, moved, waiting;

    if (!transaction_write(&transaction, store, why) ||
        person_by_account(store->db, acceptance->account, &before, why) == LOOKUP_UNAVAILABLE ||
        is_overtaken(&before, acceptance->seen, why) ||
        !name_is_free(store, acceptance->name, before.uid, plan->choice.id, why) ||
        !ids_bind(store, ID_PERSON, acceptance->account, acceptance->now, &plan->choice, &lost,
                  why))
        return OUTCOME_FAILED;
    if (lost)
        return OUTCOME_LOST;
    /* One that came meanwhile is for a younger secret than ours. */
    plan->verifier = acceptance->seen && strcmp(before.verifier, acceptance->seen->verifier) != 0
                         ? NULL
                         : acceptance->verifier;
    if (!person_write(store->db, plan, why) ||
        !groups_record(store, &plan->groups, plan->choice.id, acceptance->now, &lost, &moved, why))
        return OUTCOME_FAILED;
    if (lost)
        return OUTCOME_LOST;
    if (person_by_account(store->db, acceptance->account, &after, why) != LOOKUP_FOUND ||
        !time_record(store->db, acceptance->now, why) ||
        (acceptance->group_ids &&
         !claims_record(store, plan->choice.id, acceptance->group_ids, why)) ||
        !changes_count(store->db, moved || !person_looks_alike(&before, &after), &waiting, why) ||
        !transaction_commit(&transaction, why))
        return OUTCOME_FAILED;
    *recorded = after;
    *public_changed = waiting;
    return OUTCOME_RECORDED;
}

static bool plan_ids(struct store *store, const struct local *local, struct acceptance_plan *plan,
                     struct error *why)
{
    const struct acceptance *acceptance = plan->acceptance;

    groups_plan_release(&plan->groups);
    if (!groups_plan(store, local, acceptance->account, acceptance->group_ids, &plan->groups, why))
        return false;
    switch (ids_recovered(store, ID_PERSON, acceptance->account, acceptance->name, &plan->choice,
                          why)) {
    case LOOKUP_FOUND:
        return true;
    case LOOKUP_ABSENT:
        return ids_choose(store, local, ID_PERSON, acceptance->account, acceptance->name, NULL, 0,
                          &plan->choice, why);
    default:
        return false;
    }
}

/* NULL seals nothing. */
static bool seal(const struct store *store, const struct acceptance *acceptance,
                 enum token_kind kind, const char *token, struct sealed *sealed, struct error *why)
{
    return !token || token_seal(&store->key, acceptance->account, kind, token, &sealed->bytes,
                                &sealed->length, why);
}

/* Before any lock. */
static bool plan_begin(struct store *store, const struct local *local,
                       const struct acceptance *acceptance, struct acceptance_plan *plan,
                       struct error *why)
{
    plan->acceptance = acceptance;
    return acceptance_check(acceptance, why) &&
           name_check(&store->naming, local, acceptance->name, why) &&
           seal(store, acceptance, TOKEN_REFRESH, acceptance->refresh_token, &plan->token, why) &&
           seal(store, acceptance, TOKEN_ACCESS, acceptance->access_token, &plan->access, why);
}

static void tell_left_out(const struct groups_plan *groups, struct strings *left_out)
{
    for (size_t i = 0; left_out && i < groups->left_out.count; i++)
        if (!strings_add(left_out, groups->left_out.items[i]))
            return;
}

bool store_accept(struct store *store, const struct acceptance *acceptance, struct person *recorded,
                  bool *public_changed, struct strings *left_out, struct error *why)
{
    OWNED(release_local) struct local *local = NULL;
    OWNED(plan_release) struct acceptance_plan plan = {0};

    if (!local_read(LOCAL_PASSWD, LOCAL_GROUP, &local, why) ||
        !plan_begin(store, local, acceptance, &plan, why))
        return false;
    for (int round = 0; round < ROUNDS_MOST; round++) {
        if (!plan_ids(store, local, &plan, why))
            return false;
        switch (record(store, &plan, recorded, public_changed, why)) {
        case OUTCOME_RECORDED:
            tell_left_out(&plan.groups, left_out);
            return true;
        case OUTCOME_LOST:
            continue;
        default:
            return false;
        }
    }
    return error_set(why, ERROR_SYSTEM, "others took every id that was chosen");
}
