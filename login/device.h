/* SPDX-License-Identifier: MIT */
/* Signing in with a browser elsewhere, by a code that is shown here (RFC 8628): the conversation. */
#pragma once

#include "login/attempt.h"

/*
 * Shows a code, and asks whether it was entered until the platform has said what came of it, the
 * person gives up, or nobody is there any more. Sets attempt->result, outcome and advice:
 * RESULT_ACCEPTED_CODE or RESULT_CODE. Where no code could be had, the result before stays; or, if
 * nothing was asked before, it is RESULT_UNREACHABLE or RESULT_CODE. Gives up all turns: a person
 * takes minutes. Somebody not known here is not accepted when nobody is there any more.
 */
void device_sign_in(struct attempt *attempt);
