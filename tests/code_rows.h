/* SPDX-License-Identifier: MIT */
/*
 * Every row of platform.md 3.3 and 3.5, copied by hand in the order that it has there: the
 * verdict letter, the message, and what they and the column "Cache" come to for the two grants.
 * On purpose not made from the file of codes, which is compared with it.
 */
#pragma once

#include "platform/classify.h"
#include "tests/check.h"

#include <stdlib.h>
#include <string.h>

struct code_row {
    const char *numbers; /* "50126 50064", "130004-130008", "B2C90225" */
    const char *letter, *message;
    enum refusal password, refresh;
};

/* Beside what is refused: */
#define OUTAGE   ((enum refusal) - 1) /* unreachable, U */
#define BROKEN   ((enum refusal) - 2) /* unreachable, but well-formed, C1 */
#define BY_WORDS ((enum refusal) - 3) /* the number says nothing */

#define BOTH(refusal) REFUSAL_##refusal, REFUSAL_##refusal
#define BAD_PASSWORD  REFUSAL_SECRET, REFUSAL_TOKEN
#define DEAD_TOKEN    REFUSAL_DENIED, REFUSAL_TOKEN
#define DEAD_DEVICE   REFUSAL_POLICY, REFUSAL_TOKEN
#define UNREACHABLE   OUTAGE, OUTAGE
#define SET_UP_WRONG  BROKEN, BROKEN
#define NOTHING       BY_WORDS, BY_WORDS

/* clang-format off */
static const struct code_row code_rows[] = {
    /* Credential and account state. */
    {"50126", "D", "M-BAD", BAD_PASSWORD},
    {"50064", "D", "M-BAD", BAD_PASSWORD},
    {"50056", "D", "M-BAD", BOTH(DENIED)},
    {"80004", "D", "M-BAD", BOTH(DENIED)},
    {"90013", "D", "M-BAD", BOTH(DENIED)},
    {"50034", "L", "M-BAD", BOTH(ACCOUNT)},
    {"51004", "L", "M-BAD", BOTH(ACCOUNT)},
    {"50014", "L", "M-GUEST", BOTH(ACCOUNT)},
    {"50020", "L", "M-GUEST", BOTH(ACCOUNT)},
    {"50197", "L", "M-BAD", BOTH(ACCOUNT)},
    {"90072", "L", "M-GUEST", BOTH(POLICY)},
    {"16000 16003", "L", "M-GUEST", BOTH(ACCOUNT)},
    {"50128", "D", "M-BAD", BOTH(DENIED)},
    {"90125 90126", "D", "M-BAD", BOTH(DENIED)},
    {"500208", "L", "M-GUEST", BOTH(POLICY)},
    {"50053", "D", "M-LOCK", BOTH(LOCKED)},
    {"50055", "L", "M-EXP", BOTH(EXPIRED)},
    {"50144", "L", "M-EXP", BOTH(EXPIRED)},
    {"50135", "L", "M-RISK", BOTH(RISK)},
    {"50057", "L", "M-DIS", BOTH(DISABLED)},
    {"500571", "L", "M-DIS", BOTH(DISABLED)},
    {"80012", "L", "M-HOURS", BOTH(POLICY)},
    {"54000", "L", "M-POL", BOTH(POLICY)},
    {"50017", "N to D", "M-BAD", BOTH(DENIED)},

    /* Step-up and interaction. */
    {"50072", "I", "M-MFAREG", BOTH(MORE)},
    {"50074", "I", "M-MFA", BOTH(MORE)},
    {"50076", "I", "M-MFA", BOTH(MORE)},
    {"50078", "I", "M-MFA", BOTH(MORE)},
    {"50079", "I", "M-MFAREG", BOTH(MORE)},
    {"50158", "I", "M-MFA", BOTH(MORE)},
    {"50161", "I", "M-MFA", BOTH(MORE)},
    {"500121", "D", "M-DECL", BOTH(DENIED)},
    {"50086", "D", "M-MFA", BOTH(DENIED)},
    {"50088", "U*", "M-OUT", BOTH(MORE)},
    {"50087", "U", "M-OUT", UNREACHABLE},
    {"50125", "I", "M-EXP", BOTH(MORE)},
    {"50140", "I", "M-REAUTH", BOTH(MORE)},
    {"50199", "I", "M-REAUTH", BOTH(MORE)},
    {"50143", "I", "M-REAUTH", BOTH(MORE)},
    {"50058", "N to I", "-", BOTH(MORE)},
    {"50127", "L", "M-DEV", BOTH(POLICY)},
    {"50192", "I", "M-MFA", BOTH(MORE)},
    {"700020", "I", "M-MFA", BOTH(MORE)},
    {"9002341", "I", "M-REAUTH", BOTH(MORE)},
    {"1003033", "D", "M-DECL", BOTH(DENIED)},
    {"70037 701013", "D", "M-DECL", BOTH(DENIED)},
    {"50177 50178", "L", "M-GUEST", BOTH(POLICY)},
    {"130004-130008", "N to I", "-", BOTH(MORE)},

    /* Conditional access, device, assignment, risk. */
    {"50105", "L", "M-ASSIGN", BOTH(UNASSIGNED)},
    {"53000", "L", "M-DEV", BOTH(POLICY)},
    {"53001", "L", "M-DEV", BOTH(POLICY)},
    {"53002", "L", "M-POL", BOTH(POLICY)},
    {"53003", "L", "M-POL", BOTH(POLICY)},
    {"53004", "L", "M-RISK", BOTH(POLICY)},
    {"53010", "L", "M-MFAREG", BOTH(POLICY)},
    {"53011", "L", "M-RISK", BOTH(RISK)},
    {"530002 530003", "L", "M-DEV", BOTH(POLICY)},
    {"530032", "L", "M-POL", BOTH(POLICY)},
    {"530034", "L", "M-RISK", BOTH(RISK)},
    {"530035", "L", "M-POL", BOTH(POLICY)},
    {"50131", "L", "M-POL", BOTH(POLICY)},
    {"50005", "L", "M-DEV", BOTH(POLICY)},
    {"50097", "L", "M-DEV", BOTH(POLICY)},
    {"50129", "L", "M-DEV", BOTH(POLICY)},
    {"50155 50187", "L", "M-DEV", BOTH(POLICY)},
    {"135011", "R/L", "M-DEV", DEAD_DEVICE},
    {"700003", "R/L", "M-DEV", DEAD_DEVICE},
    {"50002 500021 500022", "L", "M-POL", BOTH(POLICY)},
    {"500212 500213", "L", "M-GUEST", BOTH(POLICY)},
    {"90123", "D", "M-POL", BOTH(DENIED)},

    /* Refresh token and session. */
    {"50173", "R+", "M-REAUTH", BOTH(REVOKED)},
    {"50133", "R+", "M-REAUTH", BOTH(REVOKED)},
    {"50132", "R+", "M-REAUTH", BOTH(REVOKED)},
    {"70000", "R", "M-REAUTH", DEAD_TOKEN},
    {"70008", "R", "M-REAUTH", DEAD_TOKEN},
    {"700082", "R", "M-REAUTH", DEAD_TOKEN},
    {"700084", "R", "M-REAUTH", DEAD_TOKEN},
    {"70043", "R+", "M-REAUTH", BOTH(FREQUENCY)},
    {"70044", "R+", "M-REAUTH", BOTH(FREQUENCY)},
    {"50089", "R", "M-REAUTH", DEAD_TOKEN},
    {"50085", "R", "M-REAUTH", DEAD_TOKEN},
    {"54005", "C1", "M-CFG", SET_UP_WRONG},
    {"700005", "R", "M-CFG", DEAD_TOKEN},
    {"50013", "C1", "M-CFG", SET_UP_WRONG},
    {"500133", "C1", "M-TIME", SET_UP_WRONG},

    /* Device code. */
    {"70016", "P", "-", NOTHING},
    {"70018", "D", "M-CODE", BOTH(DENIED)},
    {"70019", "D", "M-CODEEXP", BOTH(DENIED)},
    {"70020", "D", "M-CODEEXP", BOTH(DENIED)},
    {"50134", "D", "M-CODE", BOTH(DENIED)},
    {"90119 90120 90121", "N to D", "M-CODE", BOTH(DENIED)},
    {"65004", "D", "M-DECL", BOTH(DENIED)},

    /* Application and tenant. */
    {"65001", "C2", "M-CFG", BOTH(SETUP)},
    {"65002", "C1", "M-CFG", SET_UP_WRONG},
    {"90094 90095", "C2", "M-CFG", BOTH(SETUP)},
    {"90099", "C2", "M-CFG", BOTH(SETUP)},
    {"65005 650052 650054 650056 650057", "C1", "M-CFG", SET_UP_WRONG},
    {"70001 700011 700016", "C2", "M-CFG", BOTH(SETUP)},
    {"7000112 1000031", "C2", "M-CFG", BOTH(SETUP)},
    {"700038", "C1", "M-CFG", SET_UP_WRONG},
    {"7000218", "C1", "M-CFG", SET_UP_WRONG},
    {"700025", "C1", "M-CFG", SET_UP_WRONG},
    {"7000215", "C1", "M-CFG", SET_UP_WRONG},
    {"70002", "C1 with invalid_client", "M-CFG", NOTHING},
    {"7000222", "C1", "M-CFG", SET_UP_WRONG},
    {"700027 50012 700030", "C1", "M-CFG", SET_UP_WRONG},
    {"700024", "C1", "M-TIME", SET_UP_WRONG},
    {"70003", "C1", "M-CFG", SET_UP_WRONG},
    {"90010", "C1", "M-CFG", SET_UP_WRONG},
    {"9001023", "C1", "M-CFG", SET_UP_WRONG},
    {"90002", "C1", "M-CFG", SET_UP_WRONG},
    {"50059 90019", "C1", "M-CFG", SET_UP_WRONG},
    {"50194", "C1", "M-CFG", SET_UP_WRONG},
    {"50049 50050", "C1", "M-CFG", SET_UP_WRONG},
    {"90038 900439 90043 90051", "C1", "M-CFG", SET_UP_WRONG},
    {"70011 28002 28003 700022 700023", "C1", "M-CFG", SET_UP_WRONG},
    {"50001 500011", "C1", "M-CFG", SET_UP_WRONG},
    {"500014", "C2", "M-CFG", BOTH(SETUP)},
    {"90014 900144 90016 90023 9002313 90056 900561 90100", "C1", "M-CFG", SET_UP_WRONG},
    {"50003 50146", "C1", "M-CFG", SET_UP_WRONG},
    {"50107", "C1", "M-CFG", SET_UP_WRONG},
    {"51000", "C1", "M-CFG", SET_UP_WRONG},
    {"100007", "C1", "M-CFG", SET_UP_WRONG},

    /* Outage, throttling, dependency failure. */
    {"50000", "U", "M-OUT", UNREACHABLE},
    {"50033", "U", "M-OUT", UNREACHABLE},
    {"90033", "U", "M-OUT", UNREACHABLE},
    {"90036", "U", "M-OUT", UNREACHABLE},
    {"90006", "U", "M-OUT", UNREACHABLE},
    {"90012", "U", "M-OUT", UNREACHABLE},
    {"90024", "U", "M-OUT", UNREACHABLE},
    {"90025", "U throttle", "M-OUT", UNREACHABLE},
    {"90055", "U throttle", "M-OUT", UNREACHABLE},
    {"50196", "U throttle", "M-OUT", UNREACHABLE},
    {"90090 90091 90092", "U", "M-OUT", UNREACHABLE},
    {"70012", "U", "M-OUT", UNREACHABLE},
    {"40010", "U", "M-OUT", UNREACHABLE},
    {"40008 20001 20012 20033", "U", "M-OUT", UNREACHABLE},
    {"40009 40015", "D", "M-REAUTH", DEAD_TOKEN},
    {"50166", "U", "M-OUT", UNREACHABLE},
    {"80001", "U", "M-OUT", UNREACHABLE},
    {"80002", "U", "M-OUT", UNREACHABLE},
    {"80003", "U", "M-OUT", UNREACHABLE},
    {"80005", "U", "M-OUT", UNREACHABLE},
    {"80007", "U", "M-OUT", UNREACHABLE},
    {"80010 80011", "U", "M-OUT", UNREACHABLE},
    {"80013", "U", "M-OUT", UNREACHABLE},
    {"80014", "U", "M-OUT", UNREACHABLE},
    {"230109", "U", "M-OUT", UNREACHABLE},
    {"81004-81012", "N", "-", NOTHING},
    {"120000-120021", "N", "M-EXP", NOTHING},
    {"140000 140001", "N", "-", NOTHING},
    /* The notes below the table: any other of the on-premises agent's. */
    {"80000 80006 80008 80009 80015-80099", "U", "M-OUT", UNREACHABLE},

    /* 3.5: B2C, which has no messages of its own. */
    {"B2C90225 B2C90052 B2C90054", "D", "-", BAD_PASSWORD},
    {"B2C90053", "L", "-", BOTH(ACCOUNT)},
    {"B2C90111 B2C90114", "D", "-", BOTH(LOCKED)},
    {"B2C90118", "I", "-", BOTH(MORE)},
    {"B2C90128", "L", "-", BOTH(ACCOUNT)},
    {"B2C90129", "R+", "-", BOTH(REVOKED)},
    {"B2C90080", "R", "-", DEAD_TOKEN},
    {"B2C90224", "C1", "-", SET_UP_WRONG},
    {"B2C90058 B2C90057 B2C90018 B2C90081 B2C90086", "C1", "-", SET_UP_WRONG},
    {"B2C90092", "C2", "-", BOTH(SETUP)},
    {"B2C90035", "U", "-", UNREACHABLE},
    {"B2C90085 B2C90048 B2C90037", "U", "-", UNREACHABLE},
    {"B2C90152 B2C90206", "U", "-", UNREACHABLE},
};
/* clang-format on */
#define CODE_ROWS (sizeof code_rows / sizeof code_rows[0])

/* A number as in platform/codes.h; `end` gets where it ended. */
static inline unsigned code_row_number(const char *text, char **end)
{
    bool is_b2c = strncmp(text, "B2C", 3) == 0;

    return (unsigned)strtoul(text + (is_b2c ? 3 : 0), end, 10) + (is_b2c ? CODE_B2C : 0);
}

static inline unsigned code_row_first(const struct code_row *row)
{
    char *end;

    return code_row_number(row->numbers, &end);
}

/* Fails unless the answer is what is wanted, and counts for a breaker only where it should. */
static inline void expect(struct judgement got, enum refusal wanted, const char *what,
                          unsigned number)
{
    bool unreachable = wanted == OUTAGE || wanted == BROKEN;
    bool right = unreachable ? got.answer == ANSWER_UNREACHABLE
                             : got.answer == ANSWER_REFUSED && got.refusal == wanted;

    if (!right || got.outage != (wanted == OUTAGE) || (!unreachable && got.wait_seconds > 0))
        fail_msg("%s %u: answer %d, refusal %d instead of %d, outage %d, wait %u", what, number,
                 (int)got.answer, (int)got.refusal, (int)wanted, got.outage, got.wait_seconds);
}
