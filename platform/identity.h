/* SPDX-License-Identifier: MIT */
/* Who the platform says somebody is: the claims of a verified ID token that we use. */
#pragma once

#include "base/strings.h"

#include <stdbool.h>

#define IDENTITY_TEXT_MOST   255
#define IDENTITY_GROUPS_MOST 2000

struct identity {
    char issuer[IDENTITY_TEXT_MOST + 1];
    char tenant[64];                        /* `tid`, empty where there is none */
    char object_id[IDENTITY_TEXT_MOST + 1]; /* `oid`, else `sub` */
    char name[IDENTITY_TEXT_MOST + 1];      /* the name claim, folded to lower case */
    char full_name[IDENTITY_TEXT_MOST + 1]; /* `name`; may be empty; not cleaned */
    bool guest;                             /* at home in another tenant */
    bool has_groups;                        /* the claim was there (an empty list counts) */
    struct strings groups;                  /* object ids as the claim has them */
};

void identity_release(struct identity *identity);
