/* SPDX-License-Identifier: MIT */
#include "command/issuer.h"

#include "platform/authority.h"

#include <stdio.h>
#include <string.h>

/* Tokens of Microsoft's platforms say their tenant, which their issuer names by its GUID. */
bool issuer_account(const char *setting, const char *issuer, struct account *of, struct error *why)
{
    struct authority authority;

    if (!authority_read(setting, &authority, why))
        return false;
    snprintf(of->issuer, sizeof of->issuer, "%s", issuer);
    if (authority.kind == AUTHORITY_GENERIC)
        return true;
    for (const char *slash = strchr(issuer, '/'); slash; slash = strchr(slash + 1, '/'))
        if (authority_is_guid(slash + 1)) {
            snprintf(of->tenant, sizeof of->tenant, "%.36s", slash + 1);
            return true;
        }
    return error_set(why, ERROR_SYSTEM, "the issuer %.120s names no tenant", issuer);
}
