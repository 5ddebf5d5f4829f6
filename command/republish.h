/* SPDX-License-Identifier: MIT */
/* The snapshot, made anew when people are called otherwise from now on. */
#pragma once

#include "base/error.h"

#include <stdbool.h>

/*
 * Publishes the store by what nss.conf says now, in a child that gives root up first, and names on
 * standard output those who have no name on this host any more; `json`: as members of an object that is
 * begun, left_out (the first of them) and left_out_count. Where a damaged store keeps it from listing them
 * all, standard error says so.
 */
bool republish(bool json, struct error *why);
