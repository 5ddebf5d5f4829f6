/* SPDX-License-Identifier: MIT */
/*
 * What tokens of Microsoft's platforms have to say beyond OpenID Connect, tried through
 * token_verify: platform.md 2.1, 2.3 checks 4 and 8. Each row changes a good token.
 */
#include "tests/issuer.h"

#define OTHER     "99999999-9999-9999-9999-999999999999"
#define CONSUMERS "9188040d-6c67-4c5b-b112-36a304b66dad"
#define PUBLIC    "https://login.microsoftonline.com/" TENANT "/v2.0"
#define ALIAS     "https://login.windows.net/" TENANT "/v2.0"
#define US        "https://login.microsoftonline.us/" TENANT "/v2.0"
#define VERSION_1 "https://sts.windows.net/" TENANT "/"
#define OWN_HOST  "https://" TENANT ".ciamlogin.com/" TENANT "/v2.0"
#define SUB_HOST  "https://fab.ciamlogin.com/" TENANT "/v2.0"
#define B2C       "https://fab.b2clogin.com/" TENANT "/v2.0/"
#define B2C_TFP   "https://fab.b2clogin.com/tfp/" TENANT "/b2c_1_ropc/v2.0/"
#define POLICY    "b2c_1_ropc"
#define CLOUD     "microsoftonline.com"

/* The keys are one; what they say of themselves is not. */
static const struct {
    const char *id, *issuer, *cloud;
} key_rows[] = {
    {"plain", NULL, NULL},
    {"public", "https://login.microsoftonline.com/{tenantid}/v2.0", CLOUD},
    {"alias", "https://sts.windows.net/{tenantid}/v2.0", NULL},
    {"us", "https://login.microsoftonline.us/{tenantid}/v2.0", "microsoftonline.us"},
    {"own", "https://{tenantid}.ciamlogin.com/{tenantid}/v2.0", CLOUD},
    {"sub", "https://fab.ciamlogin.com/{tenantid}/v2.0", NULL},
    {"first", "https://sts.windows.net/{tenantid}/", NULL},
    {"fixed", PUBLIC, CLOUD},
    {"other", "https://login.microsoftonline.com/" OTHER "/v2.0", CLOUD},
    {"msa", "https://login.microsoftonline.com/" CONSUMERS "/v2.0", CLOUD},
    {"evil", "https://evil.example/{tenantid}/v2.0", NULL},
    {"cloud", NULL, CLOUD},
    {"cloudy", NULL, "partner.microsoftonline.cn"},
    {"b2c", B2C, NULL},
};

static const struct member microsoft_claims[] = {
    {"aud", "\"" CLIENT "\""},      {"iat", "1768469400"},
    {"nbf", "1768469400"},          {"exp", "1768473300"},
    {"oid", "\"" ADA "\""},         {"preferred_username", "\"ada@contoso.example\""},
    {"sub", "\"pairwise-opaque\""}, {NULL, NULL}};

#define GUID                    \
    {                           \
        "tid", "\"" TENANT "\"" \
    }
#define SECOND           \
    {                    \
        "ver", "\"2.0\"" \
    }
#define FIRST            \
    {                    \
        "ver", "\"1.0\"" \
    }
#define TFP                     \
    {                           \
        "tfp", "\"B2C_1_ROPC\"" \
    }

struct row {
    const char *says;
    enum authority_kind kind;
    const char *issuer, *kid;
    struct member claims[4];
    const char *cloud, *tenant, *policy; /* expected; no policy: the one configured */
};

/* clang-format off */
static const struct row good[] = {
    {"Entra", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND}},
    {"Entra, tenant demanded too", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND}, .tenant = TENANT},
    {"Entra, key of the cloud", AUTHORITY_ENTRA, PUBLIC, "public", .claims = {GUID, SECOND}, .cloud = CLOUD},
    {"Entra, cloud not known", AUTHORITY_ENTRA, PUBLIC, "public", .claims = {GUID, SECOND}},
    {"Entra, cloud empty", AUTHORITY_ENTRA, PUBLIC, "cloudy", .claims = {GUID, SECOND}, .cloud = ""},
    {"Entra, key without a cloud", AUTHORITY_ENTRA, PUBLIC, "alias", .claims = {GUID, SECOND}, .cloud = CLOUD},
    {"Entra, key of this tenant", AUTHORITY_ENTRA, PUBLIC, "fixed", .claims = {GUID, SECOND}, .cloud = CLOUD},
    {"Entra, alias and canonical key", AUTHORITY_ENTRA, ALIAS, "public", .claims = {GUID, SECOND}},
    {"Entra, canonical and alias key", AUTHORITY_ENTRA, PUBLIC, "alias", .claims = {GUID, SECOND}},
    {"Entra, US", AUTHORITY_ENTRA, US, "us", .claims = {GUID, SECOND}, .cloud = "microsoftonline.us"},
    {"Entra, a member", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND, {"acct", "0"}, {"idp", "\"" VERSION_1 "\""}}},
    {"External ID", AUTHORITY_CIAM, OWN_HOST, "own", .claims = {GUID, SECOND}, .cloud = CLOUD},
    {"External ID, host of the name", AUTHORITY_CIAM, SUB_HOST, "sub", .claims = {GUID, SECOND}},
    {"External ID, names of one host", AUTHORITY_CIAM, SUB_HOST, "own", .claims = {GUID, SECOND}},
    {"External ID, key of the public cloud", AUTHORITY_CIAM, OWN_HOST, "public", .claims = {GUID, SECOND}},
    {"B2C", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, FIRST}},
    {"B2C, by acr", AUTHORITY_B2C, B2C, "plain", .claims = {{"acr", "\"b2c_1_ropc\""}, FIRST}},
    {"B2C, with tid", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, FIRST, GUID}},
    {"B2C, no version", AUTHORITY_B2C, B2C, "plain", .claims = {TFP}},
    {"B2C, tfp before acr", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, {"acr", "\"something\""}}},
    {"B2C, issuer with the policy", AUTHORITY_B2C, B2C_TFP, "plain", .claims = {FIRST}},
    {"B2C, key of this issuer", AUTHORITY_B2C, B2C, "b2c", .claims = {TFP}},
};

static const struct row bad[] = {
    {"Entra, tid missing", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {SECOND}},
    {"Entra, tid of another tenant", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"tid", "\"" OTHER "\""}, SECOND}},
    {"Entra, tid of consumers", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"tid", "\"" CONSUMERS "\""}, SECOND}},
    {"Entra, tid null", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"tid", "null"}, SECOND}},
    {"Entra, tid empty", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"tid", "\"\""}, SECOND}},
    {"Entra, tid no GUID", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"tid", "\"contoso.example\""}, SECOND}},
    {"Entra, tenant demanded another", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND}, .tenant = OTHER},
    {"Entra, ver missing", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID}},
    {"Entra, ver 1.0", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, FIRST}},
    {"Entra, ver number", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, {"ver", "2.0"}}},
    {"Entra, ver null", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, {"ver", "null"}}},
    {"Entra, issuer of version 1", AUTHORITY_ENTRA, VERSION_1, "plain", .claims = {GUID, FIRST}},
    {"Entra, iss of version 1", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"iss", "\"" VERSION_1 "\""}, GUID, SECOND}},
    {"Entra, iss of an alias", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"iss", "\"" ALIAS "\""}, GUID, SECOND}},
    {"Entra, iss of another cloud", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"iss", "\"" US "\""}, GUID, SECOND}},
    {"Entra, iss of another tenant", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"iss", "\"https://login.microsoftonline.com/" OTHER "/v2.0\""}, GUID, SECOND}},
    {"Entra, iss and tid of another tenant", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {{"iss", "\"https://login.microsoftonline.com/" OTHER "/v2.0\""}, {"tid", "\"" OTHER "\""}, SECOND}},
    {"Entra, issuer without a tenant", AUTHORITY_ENTRA, "https://login.microsoftonline.com/v2.0", "plain", .claims = {GUID, SECOND}},
    {"Entra, key of another tenant", AUTHORITY_ENTRA, PUBLIC, "other", .claims = {GUID, SECOND}},
    {"Entra, key of consumers", AUTHORITY_ENTRA, PUBLIC, "msa", .claims = {GUID, SECOND}},
    {"Entra, key of another cloud by issuer", AUTHORITY_ENTRA, PUBLIC, "us", .claims = {GUID, SECOND}},
    {"Entra, key of another cloud by name", AUTHORITY_ENTRA, PUBLIC, "cloudy", .claims = {GUID, SECOND}, .cloud = CLOUD},
    {"Entra, key of the first version", AUTHORITY_ENTRA, PUBLIC, "first", .claims = {GUID, SECOND}},
    {"Entra, key of somebody else", AUTHORITY_ENTRA, PUBLIC, "evil", .claims = {GUID, SECOND}},
    {"Entra, a guest", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND, {"acct", "1"}}},
    {"Entra, a guest by idp", AUTHORITY_ENTRA, PUBLIC, "plain", .claims = {GUID, SECOND, {"idp", "\"https://sts.windows.net/" OTHER "/\""}}},
    {"External ID, tid missing", AUTHORITY_CIAM, OWN_HOST, "plain", .claims = {SECOND}},
    {"External ID, tid of another tenant", AUTHORITY_CIAM, OWN_HOST, "plain", .claims = {{"tid", "\"" OTHER "\""}, SECOND}},
    {"External ID, ver missing", AUTHORITY_CIAM, OWN_HOST, "plain", .claims = {GUID}},
    {"External ID, key of another cloud", AUTHORITY_CIAM, OWN_HOST, "us", .claims = {GUID, SECOND}},
    {"External ID, key of another tenant", AUTHORITY_CIAM, OWN_HOST, "other", .claims = {GUID, SECOND}},
    {"External ID, host of another", AUTHORITY_CIAM, OWN_HOST, "plain", .claims = {{"iss", "\"" SUB_HOST "\""}, GUID, SECOND}},
    {"B2C, another policy", AUTHORITY_B2C, B2C, "plain", .claims = {{"tfp", "\"b2c_1_signup\""}, FIRST}},
    {"B2C, another policy by acr", AUTHORITY_B2C, B2C, "plain", .claims = {{"acr", "\"b2c_1_signup\""}, FIRST}},
    {"B2C, another policy, ours in acr", AUTHORITY_B2C, B2C, "plain", .claims = {{"tfp", "\"b2c_1_signup\""}, {"acr", "\"b2c_1_ropc\""}}},
    {"B2C, policy with more", AUTHORITY_B2C, B2C, "plain", .claims = {{"tfp", "\"b2c_1_ropc2\""}}},
    {"B2C, policy missing", AUTHORITY_B2C, B2C, "plain", .claims = {FIRST}},
    {"B2C, policy null", AUTHORITY_B2C, B2C, "plain", .claims = {{"tfp", "null"}}},
    {"B2C, policy list", AUTHORITY_B2C, B2C, "plain", .claims = {{"tfp", "[\"b2c_1_ropc\"]"}}},
    {"B2C, acr of another type beside", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, {"acr", "1"}}},
    {"B2C, none configured", AUTHORITY_B2C, B2C, "plain", .claims = {TFP}, .policy = ""},
    {"B2C, issuer with the policy, token of another", AUTHORITY_B2C, B2C_TFP, "plain", .claims = {{"tfp", "\"b2c_1_signup\""}}},
    {"B2C, iss of another policy", AUTHORITY_B2C, B2C_TFP, "plain", .claims = {{"iss", "\"https://fab.b2clogin.com/tfp/" TENANT "/b2c_1_signup/v2.0/\""}, TFP}},
    {"B2C, iss without the policy", AUTHORITY_B2C, B2C_TFP, "plain", .claims = {{"iss", "\"" B2C "\""}, TFP}},
    {"B2C, tid of another tenant", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, {"tid", "\"" OTHER "\""}}},
    {"B2C, issuer without a tenant", AUTHORITY_B2C, "https://fab.b2clogin.com/v2.0/", "plain", .claims = {TFP}},
    {"B2C, a guest", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, {"acct", "1"}}},
    {"B2C, somebody of another provider", AUTHORITY_B2C, B2C, "plain", .claims = {TFP, {"idp", "\"facebook.com\""}}},
    {"B2C, key of another issuer", AUTHORITY_B2C, B2C_TFP, "b2c", .claims = {TFP}},
    {"B2C, key of a tenant elsewhere", AUTHORITY_B2C, B2C, "public", .claims = {TFP}},
    /* what Microsoft's kinds are allowed, others are not */
    {"generic, alias and canonical key", AUTHORITY_GENERIC, ALIAS, "public", .claims = {GUID, SECOND}},
    {"generic, tid of another tenant", AUTHORITY_GENERIC, PUBLIC, "plain", .claims = {{"tid", "\"" OTHER "\""}, SECOND}},
    {"generic, key of another cloud by name", AUTHORITY_GENERIC, PUBLIC, "cloudy", .claims = {GUID, SECOND}, .cloud = CLOUD},
};
/* clang-format on */

static struct keys *microsoft_keys;

static int make_more_keys(void **state)
{
    static char set[SIGNER_TEXT_MOST];
    size_t filled = (size_t)snprintf(set, sizeof set, "{\"keys\":[");

    if (make_keys(state) != 0)
        return -1;
    for (size_t i = 0; i < ROWS(key_rows); i++) {
        char more[512], jwk[2048];
        int length = snprintf(more, sizeof more, ",\"kid\":\"%s\"", key_rows[i].id);

        if (key_rows[i].issuer)
            length += snprintf(more + length, sizeof more - (size_t)length, ",\"issuer\":\"%s\"",
                               key_rows[i].issuer);
        if (key_rows[i].cloud)
            snprintf(more + length, sizeof more - (size_t)length, ",\"cloud_instance_name\":\"%s\"",
                     key_rows[i].cloud);
        jwk_of_rsa(rsa, more, jwk, sizeof jwk);
        filled += (size_t)snprintf(set + filled, sizeof set - filled, "%s%s", i ? "," : "", jwk);
    }
    snprintf(set + filled, sizeof set - filled, "]}");
    microsoft_keys = keys_of(set);
    return 0;
}

static int drop_more_keys(void **state)
{
    keys_release(microsoft_keys);
    return drop_keys(state);
}

static struct expected expected_by(const struct row *row)
{
    struct expected expected = ada;

    expected.kind = row->kind;
    expected.issuer = row->issuer;
    expected.tenant = row->tenant;
    expected.policy = row->policy ? row->policy : POLICY;
    expected.cloud = row->cloud;
    return expected;
}

static char *token_by(const struct row *row)
{
    static char head[SIGNER_TEXT_MOST], payload[SIGNER_TEXT_MOST];
    char kid[64], issuer[256];
    struct member changes[ROWS(row->claims) + 1];
    bool said = false;

    snprintf(kid, sizeof kid, "\"%s\"", row->kid);
    snprintf(issuer, sizeof issuer, "\"%s\"", row->issuer);
    memcpy(changes, row->claims, sizeof row->claims);
    for (size_t i = 0; i < ROWS(row->claims); i++)
        said = said || (changes[i].name && strcmp(changes[i].name, "iss") == 0);
    changes[ROWS(row->claims)] = (struct member){said ? NULL : "iss", issuer};
    signer_object(header, &(struct member){"kid", kid}, 1, head);
    signer_object(microsoft_claims, changes, ROWS(changes), payload);
    return signer_token(head, payload, rsa, &plain_sha256);
}

static void tokens_of_the_right_tenant_and_policy_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(good); i++) {
        OWNED(free_memory) char *token = token_by(&good[i]);
        OWNED(identity_release) struct identity identity = {0};
        struct expected expected = expected_by(&good[i]);
        struct error why = {0};

        if (token_verify(token, strlen(token), microsoft_keys, ALL, &expected, &identity, &why) !=
            SIGNATURE_GOOD)
            fail_msg("refused: %s: %s", good[i].says, why.text);
        assert_string_equal(identity.tenant, TENANT); /* with B2C from the issuer */
        assert_string_equal(identity.issuer, good[i].issuer);
    }
}

static void tokens_of_another_tenant_or_policy_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(bad); i++) {
        OWNED(free_memory) char *token = token_by(&bad[i]);
        struct expected expected = expected_by(&bad[i]);

        if (verify_with(token, strlen(token), microsoft_keys, ALL, &expected) == SIGNATURE_GOOD)
            fail_msg("accepted: %s", bad[i].says);
    }
}

/* What is good for a kind of Microsoft's is no better than before for any other provider. */
static void zero_is_the_check_of_any_provider(void **state)
{
    static const struct row rows[] = {
        {"no tid, no ver", AUTHORITY_GENERIC, PUBLIC, "plain", .claims = {{NULL, NULL}},
         .policy = ""},
        {"of a policy", AUTHORITY_GENERIC, B2C, "plain", .claims = {{"tfp", "\"any\""}},
         .policy = ""},
        {"acr", AUTHORITY_GENERIC, PUBLIC, "plain", .claims = {{"acr", "1"}}, .policy = ""},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        OWNED(free_memory) char *token = token_by(&rows[i]);
        struct expected expected = expected_by(&rows[i]);

        if (verify_with(token, strlen(token), microsoft_keys, ALL, &expected) != SIGNATURE_GOOD)
            fail_msg("refused: %s", rows[i].says);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_of_the_right_tenant_and_policy_are_accepted),
        cmocka_unit_test(tokens_of_another_tenant_or_policy_are_refused),
        cmocka_unit_test(zero_is_the_check_of_any_provider),
    };

    return check_done("tenant", ROWS(tests),
                      cmocka_run_group_tests_name("tenant", tests, make_more_keys, drop_more_keys));
}
