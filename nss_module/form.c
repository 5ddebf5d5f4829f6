/* SPDX-License-Identifier: MIT */
#include "nss_module/form.h"

#include "nss_module/settings.h"

enum names names_here(void)
{
    const struct nss_conf *conf = settings_of_this_process();

    return conf ? conf->names : NAMES_FULL;
}

/* Root's word is asked last: most names that are looked up here are not ours by their spelling. */
bool may_be_a_person(const char *name)
{
    bool full = name_is_person(name);

    return (full || name_is_short(name)) && full == (names_here() == NAMES_FULL);
}
