/* SPDX-License-Identifier: MIT */
/* What a sign-in asks next. A part of login/policy.c, and as pure. */
#pragma once

#include "login/policy.h"

bool result_is_unreachable(enum result result);
/* Nothing worse is known than that the token is of no use. */
bool result_is_only_about_token(enum result result);

/* What is asked when the table wants `wanted`, of all that may be; STEP_DENY: nothing. */
enum step question_of(const struct facts *facts, enum step wanted);
/* Where nothing is asked: whether it is as if nobody could be, as nothing worse is known. */
bool question_is_cut_off(const struct facts *facts, enum step wanted);
