/* SPDX-License-Identifier: MIT */
/*
 * sshd looks a name up before it asks PAM, and lets nobody in whom it has not found. So it is
 * told about somebody who is not known yet what enrolment will make of her, if nothing comes
 * between: her first id (cache/first_id.h), home and shell. Nobody else is told anything.
 *
 * What sshd was told it keeps for the whole session, and others may take that id before she is
 * enrolled, or a person go and another come. So a process that was told one id is never told another
 * for the same name: she is then not found there, PAM lets nobody in under a number that is somebody
 * else's, and the next connection finds her as she was enrolled.
 */
#pragma once

#include "cache/snapshot_read.h"

/*
 * ABSENT unless this process is sshd or sshd-session, runs as root, and the name is a full one of
 * a domain of ours: whatever else it is, it is told so at no cost. As snapshot_person_by_name.
 */
enum lookup first_sign_in_answer(const struct snapshot *snapshot, const char *name,
                                 struct answer_space *space, struct snapshot_person *found);

/*
 * Whether what the snapshot says agrees with what this process, if it is such a one, was told before;
 * it has been told this then.
 */
bool first_sign_in_agrees(const struct snapshot_person *person);
