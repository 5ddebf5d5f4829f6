/* SPDX-License-Identifier: MIT */
#include "cache/trust.h"

#include <string.h>
#include <unistd.h>

bool only_owner_writes(const struct stat *status)
{
    return (status->st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

static bool keeps_from_others(const struct stat *folder, uid_t owner_inside)
{
    return only_owner_writes(folder) ||
           ((folder->st_mode & S_ISVTX) != 0 && (owner_inside == 0 || owner_inside == geteuid()));
}

/* From the file up to the root, so that each folder is judged by what we use in it. */
bool folders_are_closed(char *path, uid_t owner)
{
    struct stat folder;

    for (char *slash; (slash = strrchr(path, '/')); owner = folder.st_uid) {
        *slash = '\0';
        if (stat(*path ? path : "/", &folder) != 0 || !keeps_from_others(&folder, owner))
            return false;
    }
    return true;
}
