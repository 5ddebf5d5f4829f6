/* SPDX-License-Identifier: MIT */
/*
 * What the log says of a sign-in: one line of key=value. No secrets, and no text from elsewhere
 * can end the line or pass for a field of it. A field that is not known is left out.
 *
 *     verdict      failed, admit, deny, forbidden, expired, unavailable, attempts-used-up
 *     action       authenticate, account, password or reset
 *     person       the name, when known here; people type passwords where names go
 *     service from who asks for it: PAM's service and remote host
 *     mode         who decided: online (the platform), offline (it could not), remembered
 *                  (it did not have to), none
 *     platform     its last answer
 *     secret       what this host thinks of it: right, wrong, none
 *     age          seconds since the platform last said yes about the person
 *     decided_by   the settings that decided, with their values
 *     number correlation_id trace_id  of the platform's error answer, for its support
 *     alarm        what somebody has to mend: setup, clock, tls, page
 *     reason       the last thing that went wrong, with ' for "
 */
#pragma once

#include "base/log.h"
#include "login/attempt.h"

#define REPORT_MOST 510u /* bytes; base/log.h cuts what is longer */

void report_line(const struct attempt *attempt, enum verdict verdict,
                 char out[static REPORT_MOST + 1]);
enum log_level report_level(const struct attempt *attempt, enum verdict verdict);
/* Writes it to the log, and an alarm where one is due. */
void report_sign_in(const struct attempt *attempt, enum verdict verdict);
