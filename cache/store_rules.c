/* SPDX-License-Identifier: MIT */
#include "cache/store_rules.h"

#define NAME_SAID 128 /* bytes of a name that a complaint has room for */

/* One field of passwd(5). */
static bool is_field(const char *text, size_t most)
{
    size_t length = strnlen(text, most + 1);

    return length <= most && name_is_field(text, length);
}

bool acceptance_check(const struct acceptance *acceptance, struct error *why)
{
    if (!*acceptance->account->issuer || !*acceptance->account->object_id)
        return error_set(why, ERROR_MALFORMED, "an account without issuer or object id");
    if (strcmp(acceptance->account->issuer, ISSUER_RECOVERED) == 0)
        return error_set(why, ERROR_MALFORMED, "an issuer that none can have");
    if (*acceptance->home != '/' || !is_field(acceptance->home, PATH_TEXT_MOST) ||
        *acceptance->shell != '/' || !is_field(acceptance->shell, PATH_TEXT_MOST))
        return error_set(why, ERROR_MALFORMED, "home and shell must be whole paths without `:`");
    if (!is_field(acceptance->gecos, GECOS_MOST))
        return error_set(why, ERROR_MALFORMED, "a full name that passwd(5) cannot hold");
    if (acceptance->verifier && !is_field(acceptance->verifier, VERIFIER_MOST))
        return error_set(why, ERROR_MALFORMED, "a verifier that is not one");
    return true;
}

bool name_check(const struct naming *naming, const struct local *local, const char *name,
                struct error *why)
{
    char shown[NAME_MOST + 1];

    if (!name_is_person(name))
        return error_set(why, ERROR_REFUSED, "the name breaks the rules for names of people");
    if (!naming_shown(naming, name, shown))
        return error_set(why, ERROR_REFUSED,
                         "%.*s is not of our domain, or its short name means power on this system",
                         NAME_SAID, name);
    if (local_has_name(local, shown))
        return error_set(why, ERROR_REFUSED, "%s exists in the local files of this host", shown);
    return true;
}

enum lookup name_is_a_groups(struct store *store, const char *name, struct error *why)
{
    OWNED(statement_release) sqlite3_stmt *query = NULL;
    char shown[NAME_MOST + 1];
    enum step step;

    if (store->naming.names != NAMES_SHORT || !naming_shown(&store->naming, name, shown))
        return LOOKUP_ABSENT;
    query = store_prepare(store->db, "SELECT 1 FROM directory_group WHERE name = ?1", why);
    if (!query)
        return LOOKUP_UNAVAILABLE;
    if (!bind_text(query, 1, shown)) {
        store_failed(store->db, "binding", why);
        return LOOKUP_UNAVAILABLE;
    }
    step = store_step(query, why);
    if (step == STEP_ROW)
        error_set(why, ERROR_REFUSED, "a group of the identity platform has the name %s here",
                  shown);
    return step == STEP_ROW ? LOOKUP_FOUND : step == STEP_DONE ? LOOKUP_ABSENT : LOOKUP_UNAVAILABLE;
}

static bool is_taken(const char *name, struct error *why)
{
    return error_set(why, ERROR_REFUSED, "%s was bound to another account here: root must decide",
                     name);
}

/* A name that was recovered belongs to the id that was recovered with it. */
static bool is_for_whom_it_waits(sqlite3 *db, const char *name, uint32_t chosen, struct error *why)
{
    OWNED(statement_release)
    sqlite3_stmt *query = store_prepare(db, "SELECT uid FROM person WHERE name = ?1", why);
    enum step step;

    if (!query)
        return false;
    if (!bind_text(query, 1, name))
        return store_failed(db, "binding", why);
    step = store_step(query, why);
    if (step == STEP_ROW && sqlite3_column_int64(query, 0) != chosen)
        return is_taken(name, why);
    return step != STEP_FAILED;
}

bool name_is_free(struct store *store, const char *name, uint32_t uid, uint32_t chosen,
                  struct error *why)
{
    struct person owner;

    if (name_is_a_groups(store, name, why) != LOOKUP_ABSENT)
        return false;
    switch (person_by_name(store->db, name, &owner, why)) {
    case LOOKUP_ABSENT:
        return is_for_whom_it_waits(store->db, name, chosen, why);
    case LOOKUP_FOUND:
        return owner.uid == uid || is_taken(name, why);
    default:
        return false;
    }
}
