/* SPDX-License-Identifier: MIT */
#include "login/background.h"

#include <string.h>

bool background_is(const struct strings *services, const struct request *request)
{
    static const char *const for_root[] = {"su", "su-l", "runuser", "runuser-l"};

    if (strings_have(services, request->service))
        return true;
    if (strcmp(request->remote_user, "root") != 0)
        return false;
    for (size_t i = 0; i < sizeof for_root / sizeof for_root[0]; i++)
        if (strcmp(request->service, for_root[i]) == 0)
            return true;
    return false;
}

struct decision background_decide(const struct person *person)
{
    if (person->refused == REFUSED_NOT || person->refused == REFUSED_PASSWORD)
        return (struct decision){.step = STEP_ADMIT};
    return (struct decision){.verdict = person->refused == REFUSED_POLICY ||
                                                person->refused == REFUSED_UNASSIGNED
                                            ? VERDICT_FORBIDDEN
                                            : VERDICT_EXPIRED,
                             .words = WORDS_REVOKED};
}
