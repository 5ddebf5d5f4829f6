/* SPDX-License-Identifier: MIT */
#include "login/pause.h"

#include "cache/rest.h"

#include <string.h>

static const char of_a_password[] = "rest of password", of_a_token[] = "rest of token",
                  of_a_caller_accepted[] = "rest of caller accepted",
                  of_a_caller_denied[] = "rest of caller denied";

/* Which kind of request rests, and whose; 0 where no number can be made. */
static uint64_t number_of(const struct attempt *a, const char *kind)
{
    uint8_t keyed[KEYED_SIZE] = {0};
    uint64_t number;

    secret_keyed(store_host_key(a->store), kind, a->name, strlen(a->name), keyed,
                 &(struct error){0});
    memcpy(&number, keyed, sizeof number);
    return number;
}

static bool holds(const struct attempt *a, const char *kind)
{
    return rest_holds(a->runtime, number_of(a, kind));
}

static void begin(const struct attempt *a, const char *kind)
{
    rest_begin(a->runtime, number_of(a, kind));
}

/* She asks about herself, and has shown nothing for it. */
static bool is_of_caller(const struct attempt *a, bool of_password)
{
    return !of_password && !a->may_enrol && a->request->action == ACTION_ACCOUNT;
}

/* A password that locks somebody out leaves the token alone: guesses must not cost more than that. */
void pause_begin(const struct attempt *a, bool of_password)
{
    if (a->result == RESULT_LOCKED) {
        begin(a, of_a_password);
        if (!of_password)
            begin(a, of_a_token);
    } else if (a->outcome.answer != ANSWER_UNREACHABLE && is_of_caller(a, of_password)) {
        begin(a, a->result == RESULT_ACCEPTED_TOKEN ? of_a_caller_accepted : of_a_caller_denied);
    }
}

/* Of either kind: everybody hears the same then, also who was locked out a moment ago. */
bool pause_is_cut_off(struct attempt *a)
{
    static const enum dependency kinds[] = {DEPENDENCY_PASSWORD, DEPENDENCY_REFRESH};

    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        struct breaker breaker = {.failures = 0};

        breakers_read(&a->link.memory, dependency_name(kinds[i]), &breaker);
        if (breaker_state(&breaker, time(NULL)) != BREAKER_CLOSED && !breaker.answering)
            return true;
    }
    return false;
}

static bool holds_for_caller(struct attempt *a)
{
    bool denied = holds(a, of_a_caller_denied);

    a->by_others = !denied && a->person.refused == REFUSED_NOT && holds(a, of_a_caller_accepted);
    if (denied || a->by_others)
        a->result = denied && a->person.refused == REFUSED_NOT ? RESULT_DENIED : RESULT_SKIPPED;
    return denied || a->by_others;
}

static bool holds_for_all(struct attempt *a, bool of_password)
{
    if (!holds(a, of_password ? of_a_password : of_a_token) || pause_is_cut_off(a))
        return false;
    a->result = of_password ? RESULT_LOCK_RESTING : RESULT_LOCKED;
    return true;
}

bool pause_holds(struct attempt *a, bool of_password)
{
    bool of_caller = is_of_caller(a, of_password) && holds_for_caller(a);

    if (!of_caller && !holds_for_all(a, of_password))
        return false;
    outcome_release(&a->outcome);
    a->advice = WORDS_NONE;
    error_set(&a->why, ERROR_REFUSED, "%s: not asked again for %d s",
              of_caller ? "just asked for the same caller" : "too many attempts there",
              REST_SECONDS);
    return true;
}
