/* SPDX-License-Identifier: MIT */
#include "platform/codes.h"

#include <stddef.h>

/* clang-format off */
#define ONE(number, class, says) {number, number, CODE_##class, says}

static const struct code {
    unsigned first, last; /* the numbers it is about, both included */
    enum code_class class;
    const char *says;
} codes[] = {
    /* Credential and account state. */
    ONE(50126, SECRET, "wrong name or password"),
    ONE(50064, SECRET, "credential validation failed"),
    ONE(50056, DENIED, "the directory holds no password for this person"),
    ONE(80004, DENIED, "wrong name given to the on-premises agent"),
    ONE(90013, DENIED, "the name is not valid input"),
    ONE(50034, ACCOUNT, "not in this directory"),
    ONE(51004, ACCOUNT, "not in this directory"),
    ONE(50014, ACCOUNT, "guest invitation not redeemed"),
    ONE(50020, ACCOUNT, "foreign person not in this tenant"),
    ONE(50197, ACCOUNT, "conflicting identities, person not found"),
    ONE(90072, POLICY, "external person not in this tenant"),
    ONE(16000, ACCOUNT, "person of another tenant"),
    ONE(16003, ACCOUNT, "person of another tenant"),
    ONE(50128, DENIED, "domain not known to the service"),
    ONE(90125, DENIED, "person not known to the service"),
    ONE(90126, DENIED, "kind of person not known to the service"),
    ONE(500208, POLICY, "domain not valid for this kind of account"),
    ONE(50053, LOCKED, "locked after too many attempts, or address blocked"),
    ONE(50055, EXPIRED, "password expired"),
    ONE(50144, EXPIRED, "on-premises password expired"),
    ONE(50135, POLICY, "password must be changed, account at risk"),
    ONE(50057, DISABLED, "account disabled"),
    ONE(500571, DISABLED, "guest account disabled"),
    ONE(80012, POLICY, "outside permitted hours"),
    ONE(54000, POLICY, "blocked by age rule"),
    ONE(50017, DENIED, "certificate validation failed"),

    /* Step-up and interaction. */
    ONE(50072, MORE, "second factor must be registered"),
    ONE(50074, MORE, "second factor required"),
    ONE(50076, MORE, "second factor required"),
    ONE(50078, MORE, "second factor too old"),
    ONE(50079, MORE, "second factor must be registered"),
    ONE(50158, MORE, "external challenge required"),
    ONE(50161, MORE, "claims of external provider insufficient"),
    ONE(500121, DENIED, "second factor not completed"),
    ONE(50086, DENIED, "second factor service failed"),
    ONE(50088, MORE, "second factor limit reached"),
    ONE(50087, OUTAGE, "second factor service failed for now"),
    ONE(50125, MORE, "password reset or registration required"),
    ONE(50140, MORE, "interrupted by a question"),
    ONE(50199, MORE, "interrupted by a confirmation"),
    ONE(50143, MORE, "session mismatch"),
    ONE(50058, MORE, "no session"),
    ONE(50127, POLICY, "broker app required"),
    ONE(50192, MORE, "no credential in the request"),
    ONE(700020, MORE, "interaction required"),
    ONE(9002341, MORE, "permission for single sign-on required"),
    ONE(1003033, DENIED, "remote session denied"),
    ONE(70037, DENIED, "remote session denied"),
    ONE(701013, DENIED, "remote session denied"),
    ONE(50177, POLICY, "control not supported for guests"),
    ONE(50178, POLICY, "control not supported for guests"),
    {130004, 130008, CODE_MORE, "device-bound key problem"},

    /* Conditional access, device, assignment, risk. */
    ONE(50105, ACCOUNT, "not assigned to this application"),
    ONE(53000, POLICY, "device not compliant"),
    ONE(53001, POLICY, "device not joined"),
    ONE(53002, POLICY, "application not approved"),
    ONE(53003, POLICY, "blocked by conditional access"),
    ONE(53004, POLICY, "registration blocked, risk"),
    ONE(53010, POLICY, "registration not allowed from here"),
    ONE(53011, POLICY, "blocked, risk in home tenant"),
    ONE(530002, POLICY, "device not compliant"),
    ONE(530003, POLICY, "device not managed"),
    ONE(530032, POLICY, "blocked by security policy"),
    ONE(530034, POLICY, "blocked, suspicious activity"),
    ONE(530035, POLICY, "blocked by security defaults"),
    ONE(50131, POLICY, "blocked by conditional access"),
    ONE(50005, POLICY, "platform not permitted"),
    ONE(50097, POLICY, "device authentication required"),
    ONE(50129, POLICY, "device not joined"),
    ONE(50155, POLICY, "device authentication failed"),
    ONE(50187, POLICY, "device authentication failed"),
    ONE(135011, DEVICE, "device disabled"),
    ONE(700003, DEVICE, "device removed"),
    ONE(50002, POLICY, "tenant restrictions of the network"),
    ONE(500021, POLICY, "tenant restrictions of the network"),
    ONE(500022, POLICY, "tenant restrictions of the network"),
    ONE(500212, POLICY, "cross-tenant policy"),
    ONE(500213, POLICY, "cross-tenant policy"),
    ONE(90123, DENIED, "the provider refused to issue a token"),

    /* Refresh token and session validity. */
    ONE(50173, REVOKED, "grant revoked"),
    ONE(50133, REVOKED, "session revoked"),
    ONE(50132, REVOKED, "session revoked"),
    ONE(70000, TOKEN, "grant invalid"),
    ONE(70008, TOKEN, "token expired"),
    ONE(700082, TOKEN, "token unused for too long"),
    ONE(700084, TOKEN, "token of a single-page app: wrong registration"),
    ONE(70043, REVOKED, "sign-in frequency policy"),
    ONE(70044, REVOKED, "sign-in frequency policy"),
    ONE(50089, TOKEN, "flow token expired"),
    ONE(50085, TOKEN, "token needs another provider's sign-in"),
    ONE(54005, BROKEN, "code already redeemed"),
    ONE(700005, TOKEN, "token of another tenant"),
    ONE(50013, BROKEN, "assertion invalid"),
    ONE(500133, BROKEN, "assertion outside its time range: check the clock"),

    /* Device-code polling; pending (70016) is not a verdict. */
    ONE(70016, UNKNOWN, "authorization pending"),
    ONE(70018, DENIED, "wrong verification code"),
    ONE(70019, DENIED, "verification code expired"),
    ONE(70020, DENIED, "device code expired"),
    ONE(50134, DENIED, "device code approved elsewhere"),
    {90119, 90121, CODE_DENIED, "user code empty, used or declined"},
    ONE(65004, DENIED, "consent declined"),

    /* Application and tenant configuration. */
    ONE(65001, SETUP, "no consent for this client"),
    ONE(65002, BROKEN, "client not pre-authorized"),
    ONE(90094, SETUP, "administrator's consent required"),
    ONE(90095, SETUP, "administrator's consent required"),
    ONE(90099, SETUP, "client not authorized in this tenant"),
    ONE(65005, BROKEN, "permissions misconfigured"),
    ONE(650052, BROKEN, "permissions misconfigured"),
    ONE(650054, BROKEN, "permissions misconfigured"),
    ONE(650056, BROKEN, "permissions misconfigured"),
    ONE(650057, BROKEN, "permissions misconfigured"),
    ONE(70001, SETUP, "client not found in this tenant"),
    ONE(700011, SETUP, "client not found in this tenant"),
    ONE(700016, SETUP, "client not found in this tenant"),
    ONE(7000112, SETUP, "client disabled"),
    ONE(1000031, SETUP, "client not accessible"),
    ONE(700038, BROKEN, "client_id not valid"),
    ONE(7000218, BROKEN, "'allow public client flows' is off"),
    ONE(700025, BROKEN, "public client sent a secret"),
    ONE(7000215, BROKEN, "wrong client secret"),
    /* Also the old general "error validating credentials" beside 50126 or 70008: `error` decides. */
    ONE(70002, UNKNOWN, "credentials not valid"),
    ONE(7000222, BROKEN, "client secret expired"),
    ONE(700027, BROKEN, "client certificate rejected"),
    ONE(50012, BROKEN, "client certificate rejected"),
    ONE(700030, BROKEN, "client certificate rejected"),
    ONE(700024, BROKEN, "client assertion outside its time range: check the clock"),
    ONE(70003, BROKEN, "grant type not supported"),
    ONE(90010, BROKEN, "flow not supported by this authority"),
    ONE(9001023, BROKEN, "grant not allowed on this authority"),
    ONE(90002, BROKEN, "tenant not found"),
    ONE(50059, BROKEN, "no tenant in the request"),
    ONE(90019, BROKEN, "no tenant in the request"),
    ONE(50194, BROKEN, "single-tenant client on a shared authority"),
    ONE(50049, BROKEN, "unknown instance"),
    ONE(50050, BROKEN, "malformed discovery"),
    ONE(90038, BROKEN, "tenant of another cloud"),
    ONE(900439, BROKEN, "tenant of another cloud"),
    ONE(90043, BROKEN, "tenant of another cloud"),
    ONE(90051, BROKEN, "tenant of another cloud"),
    ONE(70011, BROKEN, "scope invalid"),
    ONE(28002, BROKEN, "scope invalid"),
    ONE(28003, BROKEN, "scope invalid"),
    ONE(700022, BROKEN, "scope invalid"),
    ONE(700023, BROKEN, "scope invalid"),
    ONE(50001, BROKEN, "resource unknown in this tenant"),
    ONE(500011, BROKEN, "resource unknown in this tenant"),
    ONE(500014, SETUP, "resource disabled"),
    ONE(90014, BROKEN, "malformed request"),
    ONE(900144, BROKEN, "malformed request"),
    ONE(90016, BROKEN, "malformed request"),
    ONE(90023, BROKEN, "malformed request"),
    ONE(9002313, BROKEN, "malformed request"),
    ONE(90056, BROKEN, "malformed request"),
    ONE(900561, BROKEN, "malformed request"),
    ONE(90100, BROKEN, "malformed request"),
    ONE(50003, BROKEN, "signing key missing"),
    ONE(50146, BROKEN, "signing key missing"),
    ONE(50107, BROKEN, "federation realm missing"),
    ONE(51000, BROKEN, "feature disabled"),
    ONE(100007, BROKEN, "regional endpoint not available"),

    /* Outage, throttling, failure of something the platform needs. */
    ONE(50000, OUTAGE, "token issuance failed"),
    ONE(50033, OUTAGE, "transient failure"),
    ONE(90033, OUTAGE, "directory unavailable"),
    ONE(90036, OUTAGE, "directory failed"),
    ONE(90006, OUTAGE, "external server unavailable"),
    ONE(90012, OUTAGE, "timed out in the service"),
    ONE(90024, OUTAGE, "request budget exceeded"),
    ONE(90025, OUTAGE, "throttled"),
    ONE(90055, OUTAGE, "tenant throttled"),
    ONE(50196, OUTAGE, "request loop detected, throttled"),
    {90090, 90092, CODE_OUTAGE, "directory unreachable"},
    ONE(70012, OUTAGE, "server error"),
    ONE(40010, OUTAGE, "federated provider unavailable"),
    ONE(40008, OUTAGE, "federated provider failed"),
    ONE(20001, OUTAGE, "federated provider failed"),
    ONE(20012, OUTAGE, "federated provider failed"),
    ONE(20033, OUTAGE, "federated provider failed"),
    ONE(40009, DENIED, "federated provider refused"),
    ONE(40015, DENIED, "federated provider refused"),
    ONE(50166, OUTAGE, "external provider throttled"),
    ONE(230109, OUTAGE, "backup service asked directly"),
    /* 80004 and 80012 are above: every other number of the on-premises agent names its chain. */
    {80000, 80099, CODE_OUTAGE, "on-premises agent failed"},

    /* Of flows that are not ours: what `error` says counts. */
    {81004, 81012, CODE_UNKNOWN, "seamless sign-on"},
    {120000, 120021, CODE_UNKNOWN, "password change service"},
    {140000, 140001, CODE_UNKNOWN, "session key"},
};
/* clang-format on */

static const struct code *find(unsigned number)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (number >= codes[i].first && number <= codes[i].last)
            return &codes[i];
    return NULL;
}

enum code_class code_class(unsigned number)
{
    const struct code *code = find(number);

    return code ? code->class : CODE_UNKNOWN;
}

const char *code_says(unsigned number)
{
    const struct code *code = find(number);

    return code ? code->says : "";
}
