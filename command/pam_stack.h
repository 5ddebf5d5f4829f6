/* SPDX-License-Identifier: MIT */
/* Whether PAM asks us about accounts: without that, nobody may be told of before the first sign-in. */
#pragma once

#include <stdbool.h>

/*
 * Whether the account phase of the service `name` reaches pam_latchkey.so, in the files of
 * `folder` or, where one is missing there, of the vendor's `other_folder` (pam.d(5)).
 */
bool pam_stack_has_us(const char *folder, const char *other_folder, const char *name);
