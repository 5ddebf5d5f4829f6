/* SPDX-License-Identifier: MIT */
#include "login/question.h"

bool result_is_unreachable(enum result result)
{
    return result == RESULT_UNREACHABLE || result == RESULT_UNSERVED;
}

bool result_is_only_about_token(enum result result)
{
    return result == RESULT_TOKEN || result == RESULT_DOUBT || result == RESULT_RESTING;
}

bool question_is_cut_off(const struct facts *facts, enum step step)
{
    if (result_is_unreachable(facts->result) || facts->result == RESULT_LOCK_RESTING)
        return true;
    /* It might have said yes to the token. */
    if (step == STEP_ASK_TOKEN && facts->token_stuck && facts->offline == OFFLINE_OPEN)
        return true;
    /* A dead token says nothing worse, and nobody could be asked about the password. */
    return result_is_only_about_token(facts->result) && facts->password_unserved &&
           facts->local == LOCAL_RIGHT;
}

/* Only who has proven a secret is given a code unasked, and only where somebody answers. */
static bool may_follow_code(const struct facts *facts)
{
    bool proven = facts->local == LOCAL_RIGHT || facts->result == RESULT_MORE_PASSWORD;

    return facts->may_ask_code && proven && !result_is_unreachable(facts->result) &&
           facts->result != RESULT_LOCK_RESTING;
}

enum step question_of(const struct facts *facts, enum step wanted)
{
    bool code = may_follow_code(facts);

    if (wanted == STEP_ASK_TOKEN && facts->may_ask_token)
        return STEP_ASK_TOKEN;
    if (wanted == STEP_ASK_PASSWORD && facts->may_ask_password && !(code && facts->code_first))
        return STEP_ASK_PASSWORD;
    if (!code || (question_is_cut_off(facts, wanted) && facts->offline == OFFLINE_OPEN))
        return STEP_DENY;
    return STEP_ASK_CODE;
}
