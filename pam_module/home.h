/* SPDX-License-Identifier: MIT */
/* Whose the home folder of somebody is: what others left behind is no place to start a session. */
#pragma once

#include "base/error.h"

/*
 * False, ERROR_REFUSED: there is something at the home of `name`, and it belongs neither to her nor
 * to root, who may well own it (sshd_config(5), ChrootDirectory; a folder that is being made). Links
 * are followed, as a session would. What is not there, cannot be looked at, or has an owner whom its
 * file system cannot name (user_namespaces(7); NFS without idmapd) is not somebody else's.
 */
bool home_check(const char *name, struct error *why) __attribute__((nonnull));
