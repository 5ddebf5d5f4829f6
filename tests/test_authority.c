/* SPDX-License-Identifier: MIT */
/* The forms of an authority, and the issuers that each may have: platform.md 2.1, BK-1. */
#include "platform/authority.h"

#include "base/text.h"
#include "tests/check.h"

#include <string.h>

#define ROWS(t)    (sizeof(t) / sizeof(t)[0])
#define OURS       "11111111-1111-1111-1111-111111111111"
#define OTHER      "99999999-9999-9999-9999-999999999999"
#define HEX        "abcdefab-cdef-abcd-efab-cdefabcdefab"
#define HEX_LOUD   "ABCDEFAB-cdef-ABCD-efab-CDEFABCDEFAB"
#define CONSUMERS  "9188040d-6c67-4c5b-b112-36a304b66dad"
#define WELL_KNOWN "/.well-known/openid-configuration"
#define PUBLIC     "https://login.microsoftonline.com/"
#define US         "https://login.microsoftonline.us/"
#define CHINA      "https://login.partner.microsoftonline.cn/"
#define LONG_60    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

#define ENTRA(base, tenant_, host_, issuer_)                       \
    .kind = AUTHORITY_ENTRA, .host = (host_), .tenant = (tenant_), \
    .discovery_url = base tenant_ "/v2.0" WELL_KNOWN, .issuer = (issuer_)
#define ENTRA_GUID(base, host_) ENTRA(base, OURS, host_, base OURS "/v2.0")
#define ENTRA_NAME(base, host_) ENTRA(base, "contoso.example", host_, "")
#define CIAM(sub, tenant_, issuer_)                                               \
    .kind = AUTHORITY_CIAM, .host = sub ".ciamlogin.com", .tenant = (tenant_),    \
    .discovery_url = "https://" sub ".ciamlogin.com/" tenant_ "/v2.0" WELL_KNOWN, \
    .issuer = (issuer_)
#define CIAM_ISSUER(guid) "https://" guid ".ciamlogin.com/" guid "/v2.0"
#define B2C(end, frame, tenant_, policy_)                                                         \
    .kind = AUTHORITY_B2C, .host = "fab.b2clogin." end, .tenant = (tenant_), .policy = (policy_), \
    .issuer = "",                                                                                 \
    .discovery_url = "https://fab.b2clogin." end "/" frame tenant_ "/" policy_ "/v2.0" WELL_KNOWN
#define PLAIN(host_, text, stripped)                                            \
    .kind = AUTHORITY_GENERIC, .host = (host_), .tenant = "", .issuer = (text), \
    .discovery_url = stripped WELL_KNOWN

/* clang-format off */
static const struct form {
    const char *setting;
    struct authority wanted;
} forms[] = {
    /* Entra: every host of every cloud leads to the canonical one */
    {PUBLIC OURS, {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC OURS "/", {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC OURS "/v2.0", {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC OURS "/v2.0/", {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {"https://login.windows.net/" OURS, {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {"https://login.microsoft.com/" OURS, {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {"https://sts.windows.net/" OURS "/", {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {"https://Login.MicrosoftOnline.COM/" OURS, {ENTRA_GUID(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC "contoso.example", {ENTRA_NAME(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC "Contoso.Example/V2.0", {ENTRA_NAME(PUBLIC, "login.microsoftonline.com")}},
    {"https://STS.windows.net/contoso.example", {ENTRA_NAME(PUBLIC, "login.microsoftonline.com")}},
    {PUBLIC HEX_LOUD, {ENTRA(PUBLIC, HEX, "login.microsoftonline.com", PUBLIC HEX "/v2.0")}},
    {US OURS, {ENTRA_GUID(US, "login.microsoftonline.us")}},
    {"https://login.usgovcloudapi.net/" OURS "/v2.0", {ENTRA_GUID(US, "login.microsoftonline.us")}},
    {"https://login.usgovcloudapi.net/contoso.example", {ENTRA_NAME(US, "login.microsoftonline.us")}},
    {CHINA OURS, {ENTRA_GUID(CHINA, "login.partner.microsoftonline.cn")}},
    {"https://login.chinacloudapi.cn/" OURS, {ENTRA_GUID(CHINA, "login.partner.microsoftonline.cn")}},
    {CHINA "contoso.example", {ENTRA_NAME(CHINA, "login.partner.microsoftonline.cn")}},
    /* External ID */
    {"https://fab.ciamlogin.com", {CIAM("fab", "fab.onmicrosoft.com", "")}},
    {"https://Fab.ciamlogin.com/", {CIAM("fab", "fab.onmicrosoft.com", "")}},
    {"https://fab.ciamlogin.com/v2.0", {CIAM("fab", "fab.onmicrosoft.com", "")}},
    {"https://fab.ciamlogin.com/other.example", {CIAM("fab", "other.example", "")}},
    {"https://fab.ciamlogin.com/" OURS, {CIAM("fab", OURS, CIAM_ISSUER(OURS))}},
    {"https://fab.ciamlogin.com/" OURS "/v2.0/", {CIAM("fab", OURS, CIAM_ISSUER(OURS))}},
    {CIAM_ISSUER(OURS), {CIAM(OURS, OURS, CIAM_ISSUER(OURS))}},
    {"https://" HEX_LOUD ".ciamlogin.com", {CIAM(HEX, HEX, CIAM_ISSUER(HEX))}},
    {"https://" OURS ".ciamlogin.com/fab.onmicrosoft.com", {CIAM(OURS, "fab.onmicrosoft.com", "")}},
    /* B2C */
    {"https://fab.b2clogin.com/fab.onmicrosoft.com/B2C_1_ropc", {B2C("com", "", "fab.onmicrosoft.com", "b2c_1_ropc")}},
    {"https://FAB.b2clogin.com/" OURS "/b2c_1a_Sign-in/", {B2C("com", "", OURS, "b2c_1a_sign-in")}},
    {"https://fab.b2clogin.com/" OURS "/b2c_1_ropc/v2.0", {B2C("com", "", OURS, "b2c_1_ropc")}},
    {"https://fab.b2clogin.com/tfp/" OURS "/B2C_1_ropc", {B2C("com", "tfp/", OURS, "b2c_1_ropc")}},
    {"https://fab.b2clogin.com/TFP/fab.example/B2C_1_ropc/v2.0/", {B2C("com", "tfp/", "fab.example", "b2c_1_ropc")}},
    {"https://fab.b2clogin.cn/" OURS "/b2c_1_ropc", {B2C("cn", "", OURS, "b2c_1_ropc")}},
    {"https://fab.b2clogin.us/" OURS "/b2c_1_ropc", {B2C("us", "", OURS, "b2c_1_ropc")}},
    {"https://fab.b2clogin.de/tfp/" OURS "/b2c_1_ropc", {B2C("de", "tfp/", OURS, "b2c_1_ropc")}},
    /* any other provider */
    {"https://op.example", {PLAIN("op.example", "https://op.example", "https://op.example")}},
    {"https://op.example/", {PLAIN("op.example", "https://op.example/", "https://op.example")}},
    {"https://op.example/a/", {PLAIN("op.example", "https://op.example/a/", "https://op.example/a")}},
    {"https://op.example/a//", {PLAIN("op.example", "https://op.example/a//", "https://op.example/a/")}},
    {"https://OP.example:8443/A/v2.0", {PLAIN("op.example:8443", "https://OP.example:8443/A/v2.0", "https://OP.example:8443/A/v2.0")}},
    {"https://[::1]:8443/a", {PLAIN("[::1]:8443", "https://[::1]:8443/a", "https://[::1]:8443/a")}},
    {"https://[2001:DB8::1]", {PLAIN("[2001:db8::1]", "https://[2001:DB8::1]", "https://[2001:DB8::1]")}},
    {"https://127.0.0.1:1/common", {PLAIN("127.0.0.1:1", "https://127.0.0.1:1/common", "https://127.0.0.1:1/common")}},
    /* hosts that look like Microsoft's are somebody else's */
    {"https://login.microsoftonline.com.evil.example/" OURS, {PLAIN("login.microsoftonline.com.evil.example", "https://login.microsoftonline.com.evil.example/" OURS, "https://login.microsoftonline.com.evil.example/" OURS)}},
    {"https://xlogin.microsoftonline.com/" OURS, {PLAIN("xlogin.microsoftonline.com", "https://xlogin.microsoftonline.com/" OURS, "https://xlogin.microsoftonline.com/" OURS)}},
    {"https://a.login.windows.net/" OURS, {PLAIN("a.login.windows.net", "https://a.login.windows.net/" OURS, "https://a.login.windows.net/" OURS)}},
    {"https://login.microsoftonline.de.evil.example/" OURS, {PLAIN("login.microsoftonline.de.evil.example", "https://login.microsoftonline.de.evil.example/" OURS, "https://login.microsoftonline.de.evil.example/" OURS)}},
    {"https://xb2clogin.com/" OURS "/b2c_1_ropc", {PLAIN("xb2clogin.com", "https://xb2clogin.com/" OURS "/b2c_1_ropc", "https://xb2clogin.com/" OURS "/b2c_1_ropc")}},
    {"https://fab.xciamlogin.com/" OURS, {PLAIN("fab.xciamlogin.com", "https://fab.xciamlogin.com/" OURS, "https://fab.xciamlogin.com/" OURS)}},
    {"https://a.fab.ciamlogin.com/" OURS, {PLAIN("a.fab.ciamlogin.com", "https://a.fab.ciamlogin.com/" OURS, "https://a.fab.ciamlogin.com/" OURS)}},
    {"https://ciamlogin.com/" OURS, {PLAIN("ciamlogin.com", "https://ciamlogin.com/" OURS, "https://ciamlogin.com/" OURS)}},
    {"https://fab.ciamlogin.com.evil.example", {PLAIN("fab.ciamlogin.com.evil.example", "https://fab.ciamlogin.com.evil.example", "https://fab.ciamlogin.com.evil.example")}},
    {"https://fab.b2clogin.org/" OURS, {PLAIN("fab.b2clogin.org", "https://fab.b2clogin.org/" OURS, "https://fab.b2clogin.org/" OURS)}},
};
/* clang-format on */

static struct authority read_form(const char *setting)
{
    struct authority authority;
    struct error why = {0};

    if (!authority_read(setting, &authority, &why))
        fail_msg("%s: %s", setting, why.text);
    return authority;
}

static void every_form_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(forms); i++) {
        const struct authority got = read_form(forms[i].setting), *wanted = &forms[i].wanted;

        if (got.kind != wanted->kind || strcmp(got.host, wanted->host) != 0 ||
            strcmp(got.tenant, wanted->tenant) != 0 || strcmp(got.policy, wanted->policy) != 0 ||
            strcmp(got.issuer, wanted->issuer) != 0 ||
            strcmp(got.discovery_url, wanted->discovery_url) != 0)
            fail_msg("%s: kind %d, %s, %s, %s, %s, %s", forms[i].setting, (int)got.kind, got.host,
                     got.tenant, got.policy, got.issuer, got.discovery_url);
    }
}

static const char plain[] = "https URL without query, fragment or person, not \"";

#define WRITE_PUBLIC \
    "write https://login.microsoftonline.com/TENANT, TENANT being the GUID or a domain"

static const struct {
    const char *setting, *says;
} refused[] = {
    {"", plain},
    {"op.example", plain},
    {"http://op.example", plain},
    {"HTTPS://op.example", plain},
    {"https:/op.example", plain},
    {"https://", plain},
    {"https:///a", plain},
    {"https://?", plain},
    {"https://:443", plain},
    {"https://op.example?x", plain},
    {"https://op.example/?p=b2c_1_ropc", plain},
    {"https://op.example/a#b", plain},
    {"https://eve@op.example", plain},
    {"https://eve:word@op.example", plain},
    {"https://op.example/@", plain},
    {"https://op.example/a b", plain},
    {"https://op.example /", plain},
    {"https://op.example\\@evil.example/", plain},
    {"https://op.example/a\\b", plain},
    {"https://op.example/a\tb", plain},
    {"https://op.example/\x7f", plain},
    {"https://\xc3\xb6p.example/", plain},
    {"https://op.example/\xc3\xb6", plain},
    {"https://op.example%2f/", plain},
    {"https://op.example:", plain},
    {"https://op.example:0/", plain},
    {"https://op.example:65536/", plain},
    {"https://op.example:8443x/", plain},
    {"https://op.example:1:2/", plain},
    {"https://.op.example/", plain},
    {"https://op.example./", plain},
    {"https://op..example/", plain},
    {"https://[::1/a]", plain},
    {"https://[]/", plain},
    {"https://[::1]x/", plain},
    {"https://[op.example]/", plain},
    {"https://login.microsoftonline.com./" OURS, plain},
    {" " PUBLIC OURS, plain},
    {PUBLIC OURS " ", plain},
    {"https://op.example/" LONG_60 LONG_60 LONG_60 LONG_60, plain},
    {PUBLIC, "the tenant is missing; " WRITE_PUBLIC},
    {"https://login.microsoftonline.com", "the tenant is missing; " WRITE_PUBLIC},
    {PUBLIC "v2.0", "the tenant is missing; " WRITE_PUBLIC},
    {"https://login.windows.net/", "the tenant is missing; " WRITE_PUBLIC},
    {US, "write https://login.microsoftonline.us/TENANT,"},
    {"https://login.chinacloudapi.cn", "write https://login.partner.microsoftonline.cn/TENANT,"},
    {PUBLIC "common", "common is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC "common/", "common is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC "common/v2.0", "common is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC "COMMON", "common is not one tenant of your own; " WRITE_PUBLIC},
    {"https://login.windows.net/common", "common is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC "organizations/v2.0/", "organizations is not one tenant of your own; " WRITE_PUBLIC},
    {US "organizations", "write https://login.microsoftonline.us/TENANT,"},
    {PUBLIC "consumers", "consumers is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC CONSUMERS, CONSUMERS " is not one tenant of your own; " WRITE_PUBLIC},
    {PUBLIC "9188040D-6C67-4C5B-B112-36A304B66DAD/v2.0", CONSUMERS " is not one tenant"},
    {"https://fab.ciamlogin.com/common", "write https://fab.ciamlogin.com/TENANT,"},
    {"https://fab.ciamlogin.com/" CONSUMERS, "write https://fab.ciamlogin.com/TENANT,"},
    {"https://" CONSUMERS ".ciamlogin.com", CONSUMERS " is not one tenant"},
    {"https://fab.b2clogin.com/common/b2c_1_ropc", "write https://fab.b2clogin.com/TENANT/POLICY,"},
    {PUBLIC "contoso", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "%63ommon", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "{tenantid}/v2.0", plain},
    {PUBLIC "/" OURS, "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC OURS "//", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC OURS "/v1.0", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC OURS "/oauth2/v2.0/token", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC OURS "/v2.0" WELL_KNOWN, "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "../common", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "contoso.example.", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "..", "does not name a tenant; " WRITE_PUBLIC},
    {PUBLIC "11111111-1111-1111-1111-11111111111", "does not name a tenant; " WRITE_PUBLIC},
    {"https://login.microsoftonline.com:443/" OURS, "has no port of its own; " WRITE_PUBLIC},
    {"https://login.microsoftonline.com:443/common", "has no port of its own; " WRITE_PUBLIC},
    {"https://fab.ciamlogin.com:8443/" OURS, "write https://fab.ciamlogin.com/TENANT,"},
    {"https://login.microsoftonline.de/" OURS, "closed; " WRITE_PUBLIC},
    {"https://login.microsoftonline.de", "closed; " WRITE_PUBLIC},
    {"https://LOGIN.microsoftonline.de:443/common", "closed; " WRITE_PUBLIC},
    {"https://" OURS ".ciamlogin.com/" OTHER, "the host names another tenant than the path"},
    {"https://fab.b2clogin.com",
     "the tenant is missing; write https://fab.b2clogin.com/TENANT/POLICY"},
    {"https://fab.b2clogin.com/" OURS,
     "the policy is missing; write https://fab.b2clogin.com/TENANT/POLICY"},
    {"https://fab.b2clogin.com/" OURS "/v2.0", "the policy is missing"},
    {"https://fab.b2clogin.com/tfp/" OURS, "the policy is missing"},
    {"https://fab.b2clogin.com/tfp", "does not name a tenant"},
    {"https://fab.b2clogin.com/" OURS "/a/b", "does not name a policy"},
    {"https://fab.b2clogin.com/" OURS "/b2c.1", "does not name a policy"},
    {"https://fab.b2clogin.com/" OURS "/b2c_1_ropc/oauth2/v2.0/token", "does not name a policy"},
    {"https://fab.b2clogin.com/" OURS "?p=b2c_1_ropc", plain},
};

static void what_is_no_authority_is_refused_with_the_cure(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(refused); i++) {
        struct authority authority, untouched;
        struct error why = {0};

        memset(&authority, 'x', sizeof authority);
        memset(&untouched, 'x', sizeof untouched);
        if (authority_read(refused[i].setting, &authority, &why))
            fail_msg("accepted: %s", refused[i].setting);
        assert_memory_equal(&authority, &untouched, sizeof authority);
        assert_int_equal(why.kind, ERROR_CONFIG);
        assert_int_equal(strncmp(why.text, "issuer", 6), 0);
        if (!strstr(why.text, refused[i].says))
            fail_msg("%s: %s", refused[i].setting, why.text);
    }
}

static void a_cure_is_whole_however_long_the_host(void **state)
{
    char setting[300];
    struct authority authority;
    struct error why = {0};

    (void)state;
    for (int length = 1; length < 230; length++) {
        snprintf(setting, sizeof setting, "https://%0*d.b2clogin.com", length, 0);
        assert_false(authority_read(setting, &authority, &why));
        assert_non_null(strstr(why.text, "of your tenant"));
    }
}

static void a_setting_of_any_length_fits_or_is_refused(void **state)
{
    static const char *const starts[] = {"https://a.example/", PUBLIC, "https://a.ciamlogin.com/",
                                         "https://a.b2clogin.com/a.example/",
                                         "https://a.b2clogin.com/tfp/a.example/"};
    char setting[400];
    struct authority authority;
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < ROWS(starts); i++)
        for (int length = 1; length < 300; length++) {
            int all = snprintf(setting, sizeof setting, "%s%0*d%s", starts[i], length, 0,
                               i == 1 || i == 2 ? ".x" : "");

            assert_true(authority_read(setting, &authority, &why) == (all <= 255));
            if (all <= 255)
                assert_string_equal(authority.discovery_url + strlen(authority.discovery_url) -
                                        strlen(WELL_KNOWN),
                                    WELL_KNOWN);
        }
}

/* Authorities and the issuers that each may have; every other pair must not fit. */
enum {
    GUID_PUBLIC,
    GUID_US,
    GUID_CHINA,
    NAME_PUBLIC,
    NAME_US,
    CIAM_GUID,
    CIAM_NAME,
    CIAM_OURS,
    B2C_GUID,
    B2C_NAME,
    B2C_US,
    B2C_POLICY,
    GENERIC,
    LOOKALIKE,
    AUTHORITIES
};

static const char *const authorities[AUTHORITIES] = {
    [GUID_PUBLIC] = "https://login.windows.net/" OURS,
    [GUID_US] = US OURS,
    [GUID_CHINA] = CHINA OURS,
    [NAME_PUBLIC] = PUBLIC "contoso.example",
    [NAME_US] = "https://login.usgovcloudapi.net/contoso.example",
    [CIAM_GUID] = "https://fab.ciamlogin.com/" OURS,
    [CIAM_NAME] = "https://fab.ciamlogin.com",
    [CIAM_OURS] = "https://" OURS ".ciamlogin.com/fab.onmicrosoft.com",
    [B2C_GUID] = "https://fab.b2clogin.com/" OURS "/B2C_1_ropc",
    [B2C_NAME] = "https://fab.b2clogin.com/tfp/fab.onmicrosoft.com/B2C_1_ropc",
    [B2C_US] = "https://fab.b2clogin.us/" OURS "/B2C_1_ropc",
    [B2C_POLICY] = "https://fab.b2clogin.com/" OURS "/B2C_1_other",
    [GENERIC] = "https://op.example/" OURS "/v2.0",
    [LOOKALIKE] = "https://login.microsoftonline.com.evil.example/" OURS "/v2.0",
};

#define ONE(index)  (1u << (index))
#define TWO(a, b)   (ONE(a) | ONE(b))
#define ENTRA_OURS  TWO(GUID_PUBLIC, NAME_PUBLIC)
#define B2C_PUBLICS (TWO(B2C_GUID, B2C_NAME) | ONE(B2C_POLICY))

static const struct {
    const char *issuer;
    unsigned fits;
} issuers[] = {
    {PUBLIC OURS "/v2.0", ENTRA_OURS},
    {"https://login.windows.net/" OURS "/v2.0", ENTRA_OURS},
    {"https://login.microsoft.com/" OURS "/v2.0", ENTRA_OURS},
    {"https://sts.windows.net/" OURS "/v2.0", ENTRA_OURS},
    {US OURS "/v2.0", TWO(GUID_US, NAME_US)},
    {"https://login.usgovcloudapi.net/" OURS "/v2.0", TWO(GUID_US, NAME_US)},
    {CHINA OURS "/v2.0", ONE(GUID_CHINA)},
    {"https://login.chinacloudapi.cn/" OURS "/v2.0", ONE(GUID_CHINA)},
    {PUBLIC OTHER "/v2.0", ONE(NAME_PUBLIC)},
    {US OTHER "/v2.0", ONE(NAME_US)},
    {CIAM_ISSUER(OURS), TWO(CIAM_GUID, CIAM_NAME) | ONE(CIAM_OURS)},
    {"https://fab.ciamlogin.com/" OURS "/v2.0", TWO(CIAM_GUID, CIAM_NAME)},
    {CIAM_ISSUER(OTHER), TWO(CIAM_NAME, CIAM_OURS)},
    {"https://fab.ciamlogin.com/" OTHER "/v2.0", ONE(CIAM_NAME)},
    {"https://fab.b2clogin.com/" OURS "/v2.0/", B2C_PUBLICS},
    {"https://fab.b2clogin.us/" OURS "/v2.0/", ONE(B2C_US)},
    {"https://fab.b2clogin.com/tfp/" OURS "/B2C_1_ropc/v2.0/", TWO(B2C_GUID, B2C_NAME)},
    {"https://fab.b2clogin.com/tfp/" OURS "/b2c_1_ropc/v2.0/", TWO(B2C_GUID, B2C_NAME)},
    {"https://fab.b2clogin.com/tfp/" OURS "/b2c_1_other/v2.0/", ONE(B2C_POLICY)},
    {"https://fab.b2clogin.us/tfp/" OURS "/b2c_1_ropc/v2.0/", ONE(B2C_US)},
    {"https://fab.b2clogin.com/" OTHER "/v2.0/", ONE(B2C_NAME)},
    {"https://fab.b2clogin.com/tfp/" OTHER "/b2c_1_ropc/v2.0/", ONE(B2C_NAME)},
    {"https://op.example/" OURS "/v2.0", ONE(GENERIC)},
    {"https://login.microsoftonline.com.evil.example/" OURS "/v2.0", ONE(LOOKALIKE)},
    /* nobody's */
    {PUBLIC "{tenantid}/v2.0", 0},
    {PUBLIC "common/v2.0", 0},
    {PUBLIC CONSUMERS "/v2.0", 0},
    {"https://" CONSUMERS ".ciamlogin.com/" CONSUMERS "/v2.0", 0},
    {"https://fab.b2clogin.com/" CONSUMERS "/v2.0/", 0},
    {"https://sts.windows.net/" OURS "/", 0},
    {"https://sts.windows.net/" OURS, 0},
    {PUBLIC OURS "/v2.0/", 0},
    {PUBLIC OURS "/v1.0", 0},
    {PUBLIC OURS, 0},
    {PUBLIC OURS "/" OURS "/v2.0", 0},
    {PUBLIC "contoso.example/v2.0", 0},
    {"https://LOGIN.microsoftonline.com/" OURS "/v2.0", 0},
    {"http://login.microsoftonline.com/" OURS "/v2.0", 0},
    {"https://login.microsoftonline.com:443/" OURS "/v2.0", 0},
    {"https://evil.example/" OURS "/v2.0", 0},
    {"https://login.microsoftonline.de/" OURS "/v2.0", 0},
    {"https://evil.ciamlogin.com/" OURS "/v2.0", 0},
    {"https://" OTHER ".ciamlogin.com/" OURS "/v2.0", 0},
    {"https://" OURS ".ciamlogin.com/" OTHER "/v2.0", 0},
    {"https://" OURS ".ciamlogin.com.evil.example/" OURS "/v2.0", 0},
    {"https://fab.ciamlogin.com/" OURS "/v2.0/", 0},
    {"https://evil.b2clogin.com/" OURS "/v2.0/", 0},
    {"https://fab.b2clogin.com/" OURS "/v2.0", 0},
    {"https://fab.b2clogin.com/tfp/" OURS "/v2.0/", 0},
    {"https://fab.b2clogin.com/tfp/" OURS "/b2c_1_rop/v2.0/", 0},
    {"https://fab.b2clogin.com/tfp/" OURS "/b2c_1_ropcx/v2.0/", 0},
    {"https://fab.b2clogin.com/tfp/" OURS "/b2c_1_ropc/v2.0", 0},
    {"https://fab.b2clogin.com/tfp/{tenantid}/b2c_1_ropc/v2.0/", 0},
    {"https://op.example/" OURS "/v2.0/", 0},
    {"https://OP.example/" OURS "/v2.0", 0},
    {"", 0},
    {OURS, 0},
    {"/" OURS, 0},
};

static void an_issuer_fits_only_where_it_is_listed(void **state)
{
    (void)state;
    for (size_t i = 0; i < AUTHORITIES; i++) {
        const struct authority authority = read_form(authorities[i]);

        for (size_t k = 0; k < ROWS(issuers); k++)
            if (authority_fits(&authority, issuers[k].issuer) != !!(issuers[k].fits & ONE(i)))
                fail_msg("%s and %s", authorities[i], issuers[k].issuer);
    }
}

static void the_issuer_that_a_setting_tells_fits_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(forms); i++) {
        const struct authority authority = read_form(forms[i].setting);

        if (*authority.issuer && !authority_fits(&authority, authority.issuer))
            fail_msg("%s", forms[i].setting);
    }
}

/* Where a GUID is configured, an issuer that fits with one digit of it changed does not fit. */
static void no_other_guid_ever_fits_a_configured_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < AUTHORITIES; i++) {
        const struct authority authority = read_form(authorities[i]);

        for (size_t k = 0; strcmp(authority.tenant, OURS) == 0 && k < ROWS(issuers); k++) {
            char issuer[300];

            if (!(issuers[k].fits & ONE(i)))
                continue;
            assert_true(text_copy(issuer, sizeof issuer, issuers[k].issuer));
            assert_non_null(strstr(issuer, OURS));
            for (char *digit = strstr(issuer, OURS); digit; digit = strchr(digit + 1, '1')) {
                *digit = '2';
                if (authority_fits(&authority, issuer))
                    fail_msg("%s and %s", authorities[i], issuer);
                *digit = '1';
            }
        }
    }
}

static void every_byte_of_an_issuer_counts(void **state)
{
    (void)state;
    for (size_t k = 0; k < ROWS(issuers); k++)
        for (size_t i = 0; i < AUTHORITIES; i++) {
            const struct authority authority = read_form(authorities[i]);
            char issuer[300];

            if (!(issuers[k].fits & ONE(i)))
                continue;
            assert_true(text_copy(issuer, sizeof issuer, issuers[k].issuer));
            for (char *byte = issuer; *byte; byte++) {
                char kept = *byte;

                *byte = kept == '#' ? '!' : '#';
                assert_false(authority_fits(&authority, issuer));
                *byte = '\0';
                assert_false(authority_fits(&authority, issuer));
                *byte = kept;
            }
        }
}

static void an_issuer_with_capitals_is_another(void **state)
{
    const struct authority guid = read_form(PUBLIC HEX), name = read_form(PUBLIC "contoso.example");

    (void)state;
    assert_true(authority_fits(&guid, PUBLIC HEX "/v2.0"));
    assert_true(authority_fits(&name, PUBLIC HEX "/v2.0"));
    assert_false(authority_fits(&guid, PUBLIC HEX_LOUD "/v2.0"));
    assert_false(authority_fits(&name, PUBLIC HEX_LOUD "/v2.0"));
}

static void tenants_are_the_same_only_within_one_cloud(void **state)
{
    static const struct {
        const char *one, *other;
        bool same;
    } rows[] = {
        {PUBLIC OURS "/v2.0", PUBLIC OURS "/v2.0", true},
        {PUBLIC OURS "/v2.0", "https://sts.windows.net/" OURS "/v2.0", true},
        {PUBLIC OURS "/v2.0", CIAM_ISSUER(OURS), true},
        {"https://fab.ciamlogin.com/" OURS "/v2.0", CIAM_ISSUER(OURS), true},
        {US OURS "/v2.0", "https://login.usgovcloudapi.net/" OURS "/v2.0", true},
        {PUBLIC OURS "/v2.0", PUBLIC OTHER "/v2.0", false},
        {PUBLIC OURS "/v2.0", PUBLIC OURS "/", false},
        {PUBLIC OURS "/v2.0", US OURS "/v2.0", false},
        {PUBLIC OURS "/v2.0", CHINA OURS "/v2.0", false},
        {US OURS "/v2.0", CIAM_ISSUER(OURS), false},
        {PUBLIC OURS "/v2.0", "http://login.windows.net/" OURS "/v2.0", false},
        {PUBLIC OURS "/v2.0", "https://evil.example/" OURS "/v2.0", false},
        {"https://op.example/a", "https://op.example/a", false},
        {PUBLIC, "https://", false},
        {"", "", false},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (authority_same_tenant(rows[i].one, rows[i].other) != rows[i].same ||
            authority_same_tenant(rows[i].other, rows[i].one) != rows[i].same)
            fail_msg("%s and %s", rows[i].one, rows[i].other);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_form_is_read),
        cmocka_unit_test(what_is_no_authority_is_refused_with_the_cure),
        cmocka_unit_test(a_cure_is_whole_however_long_the_host),
        cmocka_unit_test(a_setting_of_any_length_fits_or_is_refused),
        cmocka_unit_test(an_issuer_fits_only_where_it_is_listed),
        cmocka_unit_test(the_issuer_that_a_setting_tells_fits_it),
        cmocka_unit_test(no_other_guid_ever_fits_a_configured_one),
        cmocka_unit_test(every_byte_of_an_issuer_counts),
        cmocka_unit_test(an_issuer_with_capitals_is_another),
        cmocka_unit_test(tenants_are_the_same_only_within_one_cloud),
    };

    return check_main("authority", tests);
}
