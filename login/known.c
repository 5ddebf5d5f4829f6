/* SPDX-License-Identifier: MIT */
#include "login/known.h"

#include "base/own.h"
#include "cache/refusal_note.h"
#include "config/paths.h"
#include "login/online.h"
#include "login/policy_offline.h"

/*
 * Another issuer's people are strangers, whatever they are called; and so is everybody as long as
 * nobody has told what our issuer is.
 */
static enum lookup is_of_our_issuer(struct attempt *a, const struct person *person,
                                    struct error *why)
{
    if (!a->ours)
        return LOOKUP_ABSENT;
    if (!*a->issuer) {
        enum lookup lookup = platform_issuer(a->link.platform, a->issuer);

        if (lookup == LOOKUP_UNAVAILABLE)
            error_set(why, ERROR_SYSTEM, "what is known of the issuer cannot be read");
        if (lookup != LOOKUP_FOUND)
            return lookup;
    }
    return strcmp(person->account.issuer, a->issuer) == 0 ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

/*
 * A refusal that the store could not take closes what it would have closed. What the store
 * has against the person, other than an old password, is worse than any note.
 */
static void heed_note(enum refused noted, struct person *person)
{
    if (noted == REFUSED_NOT)
        return;
    person->refused = refused_worse(noted, person->refused);
    explicit_bzero(person->verifier, sizeof person->verifier);
}

static enum lookup read_person(struct attempt *a, struct person *row, struct person *person,
                               enum refused *noted, struct error *why)
{
    struct person found;
    enum lookup lookup = store_person_by_name(a->store, a->name, &found, why);

    a->passphrase = lookup == LOOKUP_FOUND ? found.passphrase : a->passphrase;
    if (lookup == LOOKUP_FOUND)
        lookup = is_of_our_issuer(a, &found, why);
    if (lookup != LOOKUP_FOUND)
        return lookup;
    *row = *person = found;
    *noted = refusal_note_read(a->runtime, found.uid);
    heed_note(*noted, person);
    return LOOKUP_FOUND;
}

/* Whether this list of latchkey.conf(5) has the person. */
static enum lookup has_person(struct attempt *a, const struct strings *list)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(GROUPS_MOST);

    if (policy_allows(list, a->name, &groups))
        return LOOKUP_FOUND; /* whatever the groups are */
    if (!store_groups_of(a->store, a->person.uid, &groups, &a->why))
        return LOOKUP_UNAVAILABLE;
    return policy_allows(list, a->name, &groups) ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

bool known_refresh(struct attempt *a, struct error *why)
{
    struct person now = a->person;
    enum lookup lookup = read_person(a, &a->row, &now, &a->noted, why);

    if (lookup == LOOKUP_UNAVAILABLE)
        return false;
    /* The typed secret was compared with a verifier that is not the last word any more. */
    if (a->local == LOCAL_RIGHT && strcmp(now.verifier, a->person.verifier) != 0)
        a->local = LOCAL_WRONG;
    a->person = now;
    a->known = lookup == LOOKUP_FOUND;
    a->offline_person = a->known && has_person(a, &a->config->offline_allow) == LOOKUP_FOUND;
    return true;
}

bool known_read(struct attempt *a, struct error *why)
{
    a->now = time(NULL);
    if (!store_times(a->store, &a->times, why) || !known_refresh(a, why))
        return false;
    a->last_password = a->known ? a->person.last_password : 0;
    return true;
}

enum lookup known_stands(struct attempt *a)
{
    struct person row, now;
    enum refused noted;
    enum lookup lookup = read_person(a, &row, &now, &noted, &a->why);

    if (lookup != LOOKUP_FOUND)
        return lookup;
    return now.uid == a->person.uid && now.refused == a->person.refused &&
                   strcmp(now.verifier, a->person.verifier) == 0
               ? LOOKUP_FOUND
               : LOOKUP_ABSENT;
}

struct remembered known_facts(const struct attempt *a)
{
    const struct config *config = a->config;

    return (struct remembered){
        .person = a->known ? &a->person : NULL,
        .now = a->now,
        .highest_time = a->times.highest,
        .earliest_time = a->times.earliest,
        .recheck_minutes = config->recheck_minutes,
        .password_recheck_hours = config->password_recheck_hours,
        .offline_days =
            *a->request->remote_host ? config->offline_days_remote : config->offline_days,
        .offline_person = a->offline_person,
        .offline_service = policy_offline_serves(&config->offline_services, a->request->service),
        .may_ask_password = strings_have(&config->methods, CONFIG_PASSWORD) && !a->passphrase,
        .may_ask_token = online_may_ask_token(a) && !known_token_rests(a),
    };
}

/*
 * As of this moment: who waited for a turn finds what others have learned since the secret was
 * typed here, and that must not look like a note from the future.
 */
static struct remembered known_by_now(const struct attempt *a)
{
    return (struct remembered){.person = a->known ? &a->person : NULL, .now = time(NULL)};
}

bool known_token_rests(const struct attempt *a)
{
    const struct remembered remembered = known_by_now(a);

    return policy_token_rests(&remembered);
}

bool known_wants_more(const struct attempt *a)
{
    const struct remembered remembered = known_by_now(a);

    return policy_wants_more(&remembered);
}

/* What the refused request was about; all else is about the account. */
static bool is_about_token(enum result result)
{
    return result == RESULT_TOKEN || result == RESULT_DOUBT || result == RESULT_REVOKED ||
           result == RESULT_FREQUENCY || result == RESULT_MORE_TOKEN;
}

/* Whatever could be written: for this sign-in it holds. */
static void refuse_here(struct attempt *a, const struct decision *decision, time_t now)
{
    enum refused refused = refused_worse(a->person.refused, decision->remember);

    if (refused != a->person.refused) {
        a->person.refused = refused;
        a->person.refused_at = now;
    }
    if (decision->erase_verifier)
        explicit_bzero(a->person.verifier, sizeof a->person.verifier);
    if (decision->erase_token)
        a->person.has_token = false;
    if (decision->doubt_token)
        a->person.token_doubted_at = now;
}

void known_refuse(struct attempt *a, const struct decision *decision)
{
    const struct refusal_record record = {
        .refused = decision->remember,
        .erase_verifier = decision->erase_verifier,
        .erase_token = decision->erase_token,
        .doubt_token = decision->doubt_token,
        .rest_token = decision->rest_token,
        .verifier = a->result == RESULT_SECRET ? a->person.verifier : NULL,
        .token = is_about_token(a->result) ? a->token : NULL,
        .now = time(NULL),
    };
    /* A token that was not sent now is in no new doubt. */
    bool news = (record.doubt_token || record.rest_token) && record.token, mass_event = false;

    if (!a->known || (decision->remember == REFUSED_NOT && !news &&
                      !(decision->erase_token && a->person.has_token)))
        return;
    if (store_refuse(a->store, a->person.uid, &record, &mass_event, &a->why)) {
        store_person_by_name(a->store, a->name, &a->row, &a->why);
    } else if (decision->remember != REFUSED_NOT &&
               refusal_note_keep(a->runtime, a->person.uid, decision->remember, &a->why)) {
        a->noted = refusal_note_read(a->runtime, a->person.uid);
    }
    a->mass_event = a->mass_event || mass_event;
    refuse_here(a, decision, record.now);
}

enum lookup known_is_allowed(struct attempt *a)
{
    return has_person(a, &a->config->allow);
}

bool known_publish(struct attempt *a)
{
    if (store_is_published(PUBLIC_DIR, &a->person))
        return true;
    return store_publish(a->store, PUBLIC_DIR, &a->why) &&
           (store_is_published(PUBLIC_DIR, &a->person) ||
            error_set(&a->why, ERROR_SYSTEM, "the new snapshot does not show %s", a->name));
}
