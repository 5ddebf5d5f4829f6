/* SPDX-License-Identifier: MIT */
#include "cache/import_check.h"

#include "cache/store_rules.h"

static bool groups_check(const struct local *local, const struct imported_person *person,
                         struct error *why)
{
    if (person->group_count > GROUPS_MOST)
        return error_set(why, ERROR_MALFORMED, "a person in %zu groups; %d are possible",
                         person->group_count, GROUPS_MOST);
    for (size_t i = 0; i < person->group_count; i++) {
        const char *name = person->groups[i].name;

        if (name && (!name_is_group(name) || name_is_dangerous(name)))
            return error_set(why, ERROR_REFUSED, "group %zu has a name that none may have here",
                             i + 1);
        if (name && local_has_name(local, name))
            return error_set(why, ERROR_REFUSED, "%s exists in the local files of this host", name);
    }
    return true;
}

bool import_check(const struct naming *naming, const struct local *local,
                  const struct imported_person *person, struct error *why)
{
    const struct acceptance acceptance = {.account = &person->account,
                                          .gecos = person->gecos ? person->gecos : "",
                                          .home = person->home,
                                          .shell = person->shell};

    return acceptance_check(&acceptance, why) && name_check(naming, local, person->name, why) &&
           groups_check(local, person, why);
}
