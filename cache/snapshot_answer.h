/* SPDX-License-Identifier: MIT */
/*
 * From a record to an answer: copied out once, then checked in the copy. For the files
 * cache/snapshot_*.c only; libc only.
 */
#pragma once

#include "cache/snapshot_record.h"

/* `asked`: the legal name that was asked for and that the record has; NULL: it was something else. */
enum lookup person_answer(const struct snapshot *s, const struct person_record *record,
                          const char *asked, struct answer_space *space,
                          struct snapshot_person *found);
enum lookup group_answer(const struct snapshot *s, const struct group_record *record,
                         struct answer_space *space, struct snapshot_group *found);
/* The name alone. What is in `name` counts only with LOOKUP_FOUND. */
enum lookup group_name_answer(const struct snapshot *s, const struct group_record *record,
                              char name[NAME_MOST + 1]);
