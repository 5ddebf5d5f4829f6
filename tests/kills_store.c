/* SPDX-License-Identifier: MIT */
/*
 * kills_store EVERY: an enrolment with its publication, and the bringing up to date of an old
 * store, ended or given an error at one of their system calls after the other; one of EVERY is tried.
 * Whoever was told to be enrolled is there afterwards with that uid, who was known before still
 * is, and both can be done once more.
 */
#include "tests/kill_judge.h"
#include "tests/old_store.h"

#include "cache/snapshot_file.h"

#include <pwd.h>

#define ADAS "ada@contoso.example"
#define BOBS "bob@contoso.example"

static struct place place;
static uint32_t ada_uid;

static bool enrol(struct store *store, const char *name, uint32_t *uid, struct error *why)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(3);
    struct account account = account_of(name);
    struct acceptance acceptance = ACCEPTANCE(&account);
    struct person person;
    bool changed;

    acceptance.name = name;
    acceptance.refresh_token = "token";
    acceptance.group_ids = &groups;
    if (!strings_add(&groups, "engineers") || !strings_add(&groups, *name == 'a' ? "one" : "two"))
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!store_accept(store, &acceptance, &person, &changed, NULL, why))
        return false;
    *uid = person.uid;
    return true;
}

static void new_place(void)
{
    place_remove(&place);
    place_make(&place);
}

static void store_with_ada(void)
{
    struct store *store;
    struct error why = {0};

    new_place();
    store = place_store(&place);
    if (!enrol(store, ADAS, &ada_uid, &why) || !store_publish(store, place.public, &why))
        must(false, "%s", why.text);
    store_close(store);
}

static bool enrol_bob(const void *unused)
{
    struct store *store = NULL;
    struct error why = {0};

    (void)unused;
    if (!store_open(place.private, &store, &why) || !enrol(store, BOBS, &board->told[0], &why))
        return note(&why);
    board->acked = 1;
    if (!store_publish(store, place.public, &why))
        return note(&why);
    board->acked = 2;
    store_close(store);
    return true;
}

/* ---- what is there afterwards ---- */

static bool says_ok(sqlite3 *db, const char *question)
{
    sqlite3_stmt *query = NULL;
    bool good = sqlite3_prepare_v2(db, question, -1, &query, NULL) == SQLITE_OK &&
                sqlite3_step(query) == SQLITE_ROW &&
                strcmp((const char *)sqlite3_column_text(query, 0), "ok") == 0;

    sqlite3_finalize(query);
    return good;
}

static bool store_is_sound(void)
{
    char path[64];
    sqlite3 *db;
    bool good;

    place_path(&place, "store.db", path);
    if (sqlite3_open(path, &db) != SQLITE_OK)
        return false;
    good = says_ok(db, "PRAGMA integrity_check") &&
           says_ok(db, "SELECT CASE count(*) WHEN 0 THEN 'ok' END FROM pragma_foreign_key_check") &&
           says_ok(db, "SELECT CASE count(*) WHEN 0 THEN 'ok' END FROM person WHERE uid NOT IN"
                       " (SELECT id FROM id WHERE kind = 1)");
    sqlite3_close(db);
    return good;
}

static bool is_published(const char *name, uint32_t uid)
{
    struct person person = {.uid = uid};

    snprintf(person.name, sizeof person.name, "%s", name);
    return store_is_published(place.public, &person);
}

static bool snapshot_is_whole(void)
{
    OWNED(close_fd) int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};

    return snapshot_file_map(folder, "snapshot", &snapshot) && snapshot_file_is_whole(&snapshot);
}

static void judge_store(struct store *store)
{
    OWNED(free_secret) char *token = NULL;
    struct error why = {0};
    struct person person;
    uint32_t uid = 0;
    enum lookup lookup = store_person_by_name(store, ADAS, &person, &why);

    must(lookup == LOOKUP_FOUND && person.uid == ada_uid, "ada: %d %s", lookup, why.text);
    must(lookup == LOOKUP_FOUND && store_token(store, &person, &token, &why) == LOOKUP_FOUND,
         "ada's token: %s", why.text);
    lookup = store_person_by_name(store, BOBS, &person, &why);
    must(lookup == LOOKUP_FOUND ? person.uid != ada_uid : lookup == LOOKUP_ABSENT, "bob: %d %s",
         lookup, why.text);
    if (board->acked)
        must(lookup == LOOKUP_FOUND && person.uid == board->told[0], "bob was told %u: %d",
             board->told[0], lookup);
    must(enrol(store, BOBS, &uid, &why) && (lookup != LOOKUP_FOUND || uid == person.uid),
         "bob once more: %s", why.text);
    must(store_publish(store, place.public, &why) && is_published(BOBS, uid), "published: %s",
         why.text);
}

static void judge_enrolment(bool ended)
{
    struct store *store = NULL;
    struct error why = {0};

    if (ended && !board->good)
        must(*board->text, "it failed without a word");
    must(snapshot_is_whole() && is_published(ADAS, ada_uid), "ada is not in the snapshot");
    must(board->acked < 2 || is_published(BOBS, board->told[0]), "bob is not in the snapshot");
    if (!store_open(place.private, &store, &why)) {
        must(false, "cannot be opened: %s", why.text);
        return;
    }
    must(store_is_sound(), "its tables do not fit together");
    judge_store(store);
    store_close(store);
}

/* ---- an old store ---- */

static int old_version;

static void store_of_old(void)
{
    new_place();
    old_store(&place, old_version);
}

static bool bring_up(const void *unused)
{
    struct store *store = NULL;
    struct error why = {0};

    (void)unused;
    if (!store_open(place.private, &store, &why))
        return note(&why);
    store_close(store);
    return true;
}

static void judge_upgrade(bool ended)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(10);
    OWNED(free_secret) char *token = NULL;
    struct store *store = NULL;
    struct error why = {0};
    struct person ada;

    if (ended && !board->good)
        must(*board->text, "it failed without a word");
    if (!store_open(place.private, &store, &why)) {
        must(false, "cannot be opened: %s", why.text);
        return;
    }
    must(store_is_sound(), "its tables do not fit together");
    if (store_person_by_name(store, ADAS, &ada, &why) == LOOKUP_FOUND)
        must(ada.uid == 1879048200 && strcmp(ada.verifier, "$y$verifier") == 0 &&
                 ada.refused == REFUSED_DISABLED && ada.last_online == 1000 &&
                 store_token(store, &ada, &token, &why) == LOOKUP_FOUND &&
                 strcmp(token, "token of ada") == 0 &&
                 store_groups_of(store, ada.uid, &groups, &why) && groups.count == 1 &&
                 strcmp(groups.items[0], "engineers") == 0,
             "ada is not as she was: %s", why.text);
    else
        must(false, "ada is not there: %s", why.text);
    store_close(store);
}

int main(int argc, char **argv)
{
    static const struct deed enrolment = {"enrolment", store_with_ada, enrol_bob, judge_enrolment},
                             upgrade = {"upgrade", store_of_old, bring_up, judge_upgrade};
    unsigned every = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;

    assert_true(board_make());
    place_make(&place);
    (void)getpwuid(ID_MOST); /* loads what the name service needs, once for all children */
    interrupt_everywhere(&enrolment, every);
    for (old_version = 1; old_version <= OLD_VERSION_MOST; old_version++)
        interrupt_everywhere(&upgrade, every);
    place_remove(&place);
    return kill_verdict();
}
