/* SPDX-License-Identifier: MIT */
/*
 * The people and groups of this machine's own files, /etc/passwd and /etc/group:
 * their names and ids are not for us to give.
 */
#pragma once

#include "base/error.h"
#include "base/lookup.h"

#include <stdint.h>

struct local;

/* Both files, once. A file that does not exist is empty; one that cannot be read is an error. */
bool local_read(const char *passwd, const char *group, struct local **read, struct error *why);
void local_release(struct local *local); /* accepts NULL */

/* Of a person or of a group: a person of ours would bring a group of the same name and id. */
bool local_has_name(const struct local *local, const char *name);
bool local_has_id(const struct local *local, uint32_t id);

/* The gid of the group `name` in `group`, a group(5) file; of the first such line, as glibc has it. */
enum lookup local_group_gid(const char *group, const char *name, uint32_t *gid, struct error *why);
