/* SPDX-License-Identifier: MIT */
#include "login/policy_offline.h"

#define CLOCK_SLACK_SECONDS 300 /* a smaller step back is an adjustment, not a trick */
#define DAY_SECONDS         86400

time_t policy_by_now(const struct remembered *remembered)
{
    return remembered->now > remembered->earliest_time ? remembered->now
                                                       : remembered->earliest_time;
}

bool policy_is_set_back(const struct remembered *remembered)
{
    return remembered->now < remembered->highest_time - CLOCK_SLACK_SECONDS ||
           remembered->now < remembered->person->last_online - CLOCK_SLACK_SECONDS;
}

static time_t window_end(const struct remembered *remembered)
{
    return remembered->person->last_online + (time_t)remembered->offline_days * DAY_SECONDS;
}

time_t policy_offline_until(const struct remembered *remembered)
{
    return window_end(remembered) - (policy_by_now(remembered) - remembered->now);
}

enum offline policy_offline(const struct remembered *remembered)
{
    const struct person *person = remembered->person;

    if (!person || person->last_online <= 0)
        return OFFLINE_NEVER;
    if (person->refused != REFUSED_NOT)
        return OFFLINE_CLOSED;
    if (!remembered->offline_person)
        return OFFLINE_PERSON;
    if (!remembered->offline_service)
        return OFFLINE_SERVICE;
    if (policy_is_set_back(remembered))
        return OFFLINE_CLOCK;
    return remembered->offline_days && policy_by_now(remembered) <= window_end(remembered)
               ? OFFLINE_OPEN
               : OFFLINE_ENDED;
}

enum offline policy_offline_without_secret(const struct remembered *remembered)
{
    enum offline offline = policy_offline(remembered);

    return offline == OFFLINE_OPEN && remembered->person->token_doubted_at > 0 ? OFFLINE_CLOSED
                                                                               : offline;
}

bool policy_offline_serves(const struct strings *services, const char *service)
{
    return strings_have(services, "all") || strings_have(services, service);
}
