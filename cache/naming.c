/* SPDX-License-Identifier: MIT */
#include "cache/naming.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/nss_conf_file.h"
#include "cache/snapshot_format.h"

bool naming_read(struct naming *naming, struct error *why)
{
    OWNED(free_memory) char *text = malloc(NSS_CONF_MOST + 1);
    struct naming found = {.names = NAMES_FULL};
    struct nss_conf conf;

    switch (text ? nss_conf_read(text, &conf) : NSS_CONF_UNREAD) {
    case NSS_CONF_UNREAD:
        return error_set(why, ERROR_SYSTEM, "nss.conf cannot be read now");
    case NSS_CONF_ABSENT:
        break;
    case NSS_CONF_FIT:
        found.names = conf.names;
        if (conf.names == NAMES_SHORT)
            text_copy(found.domain, sizeof found.domain, conf.domains[0]);
        break;
    default:
        return error_set(why, ERROR_CONFIG,
                         "nss.conf is damaged, or it or its folder is not root's alone to write: "
                         "run latchkey config apply, or mend it by hand if the store is lost too");
    }
    *naming = found;
    return true;
}

uint32_t naming_mark(const struct naming *naming)
{
    uint64_t hash = snapshot_hash_name(0, naming->domain, strlen(naming->domain));

    return naming->names == NAMES_SHORT ? (uint32_t)hash | 1 : 0;
}

bool naming_shown(const struct naming *naming, const char *full, char shown[NAME_MOST + 1])
{
    const char *at = strchr(full, '@');
    char name[NAME_MOST + 1];

    if (!name_is_person(full) || !text_copy(name, sizeof name, full))
        return false;
    if (naming->names == NAMES_SHORT) {
        if (strcmp(at + 1, naming->domain) != 0)
            return false;
        name[at - full] = '\0';
    }
    return name_fits(name, naming->names) && text_copy(shown, NAME_MOST + 1, name);
}

bool naming_full(const struct naming *naming, const char *shown, char full[NAME_MOST + 1])
{
    char name[NAME_MOST + 1];
    int length;

    if (!name_fits(shown, naming->names))
        return false;
    length = snprintf(name, sizeof name, "%s%s%s", shown, naming->names == NAMES_SHORT ? "@" : "",
                      naming->domain);
    return length > 0 && (size_t)length < sizeof name && name_is_person(name) &&
           text_copy(full, NAME_MOST + 1, name);
}
