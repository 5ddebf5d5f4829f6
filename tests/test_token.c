/* SPDX-License-Identifier: MIT */
#include "tests/issuer.h"

#define GENERIC "https://provider.example"
#define LONG_64 "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const struct mutation refused[] = {
    /* header: algorithm */
    {"alg none", .header = {{"alg", "\"none\""}}},
    {"alg NONE", .header = {{"alg", "\"NONE\""}}},
    {"alg nOnE", .header = {{"alg", "\"nOnE\""}}},
    {"alg empty", .header = {{"alg", "\"\""}}},
    {"alg missing", .header = {{"alg", NULL}}},
    {"alg null", .header = {{"alg", "null"}}},
    {"alg number", .header = {{"alg", "256"}}},
    {"alg list", .header = {{"alg", "[\"RS256\"]"}}},
    {"alg true", .header = {{"alg", "true"}}},
    {"alg lower case", .header = {{"alg", "\"rs256\""}}},
    {"alg with space", .header = {{"alg", "\"RS256 \""}}},
    {"alg RS384", .header = {{"alg", "\"RS384\""}}},
    {"alg RS512", .header = {{"alg", "\"RS512\""}}},
    {"alg RS1", .header = {{"alg", "\"RS1\""}}},
    {"alg HS256", .header = {{"alg", "\"HS256\""}}},
    {"alg HS384", .header = {{"alg", "\"HS384\""}}},
    {"alg HS512", .header = {{"alg", "\"HS512\""}}},
    {"alg PS384", .header = {{"alg", "\"PS384\""}}},
    {"alg ES384", .header = {{"alg", "\"ES384\""}}},
    {"alg ES256K", .header = {{"alg", "\"ES256K\""}}},
    {"alg EdDSA", .header = {{"alg", "\"EdDSA\""}}},
    {"alg of another signature", .header = {{"alg", "\"PS256\""}}},
    {"alg of a curve for an RSA key", .header = {{"alg", "\"ES256\""}}},
    {"alg twice", .header = {{"+alg", "\"RS256\""}}},
    {"alg twice, once escaped", .header = {{"+\\u0061lg", "\"RS256\""}}},
    /* header: key */
    {"kid of nobody", .header = {{"kid", "\"nobody\""}}},
    {"kid in another case", .header = {{"kid", "\"RSA\""}}},
    {"kid with more", .header = {{"kid", "\"rsa2\""}}},
    {"kid with less", .header = {{"kid", "\"rs\""}}},
    {"kid empty", .header = {{"kid", "\"\""}}},
    {"kid null", .header = {{"kid", "null"}}},
    {"kid number", .header = {{"kid", "1"}}},
    {"kid list", .header = {{"kid", "[\"rsa\"]"}}},
    {"kid path", .header = {{"kid", "\"../../dev/null\""}}},
    {"kid missing, several keys", .header = {{"kid", NULL}}},
    {"kid of two keys", .header = {{"kid", "\"twin\""}}},
    {"kid of a key for encryption", .header = {{"kid", "\"enc\""}}},
    {"kid of a key for PS256", .header = {{"kid", "\"pss\""}}},
    {"kid of a curve", .header = {{"kid", "\"ec\""}}},
    {"kid of a key that speaks for another tenant", .header = {{"kid", "\"other\""}}},
    {"kid twice", .header = {{"+kid", "\"rsa\""}}},
    /* header: what is never obeyed */
    {"crit", .header = {{"crit", "[\"exp\"]"}}},
    {"crit empty", .header = {{"crit", "[]"}}},
    {"crit null", .header = {{"crit", "null"}}},
    {"b64 false", .header = {{"b64", "false"}}},
    {"b64 true", .header = {{"b64", "true"}}},
    {"b64 with crit", .header = {{"b64", "true"}, {"crit", "[\"b64\"]"}}},
    {"jwk", .header = {{"jwk", "{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}"}}},
    {"jku", .header = {{"jku", "\"https://login.test:8443/keys\""}}},
    {"x5u", .header = {{"x5u", "\"https://login.test:8443/cert\""}}},
    {"x5c", .header = {{"x5c", "[\"MIIB\"]"}}},
    {"zip", .header = {{"zip", "\"DEF\""}}},
    {"enc", .header = {{"enc", "\"A128GCM\""}}},
    {"cty", .header = {{"cty", "\"JWT\""}}},
    {"typ of an access token", .header = {{"typ", "\"at+jwt\""}}},
    {"typ of an access token, in full", .header = {{"typ", "\"application/at+jwt\""}}},
    {"typ of a logout token", .header = {{"typ", "\"logout+jwt\""}}},
    {"typ in full", .header = {{"typ", "\"application/jwt\""}}},
    {"typ empty", .header = {{"typ", "\"\""}}},
    {"typ null", .header = {{"typ", "null"}}},
    {"typ number", .header = {{"typ", "1"}}},
    /* issuer */
    {"iss missing", .claims = {{"iss", NULL}}},
    {"iss null", .claims = {{"iss", "null"}}},
    {"iss list", .claims = {{"iss", "[\"" ISSUER "\"]"}}},
    {"iss prefix", .claims = {{"iss", "\"https://login.test:8443/" TENANT "\""}}},
    {"iss with slash", .claims = {{"iss", "\"" ISSUER "/\""}}},
    {"iss with suffix", .claims = {{"iss", "\"" ISSUER ".evil.example\""}}},
    {"iss in another case", .claims = {{"iss", "\"https://LOGIN.test:8443/" TENANT "/v2.0\""}}},
    {"iss with space", .claims = {{"iss", "\" " ISSUER "\""}}},
    {"iss of version 1", .claims = {{"iss", "\"https://sts.windows.net/" TENANT "/\""}}},
    {"iss of another tenant",
     .claims = {{"iss", "\"https://login.test:8443/99999999-9999-9999-9999-999999999999/v2.0\""},
                {"tid", "\"99999999-9999-9999-9999-999999999999\""}}},
    {"iss twice", .claims = {{"+iss", "\"" ISSUER "\""}}},
    /* audience */
    {"aud missing", .claims = {{"aud", NULL}}},
    {"aud null", .claims = {{"aud", "null"}}},
    {"aud empty", .claims = {{"aud", "\"\""}}},
    {"aud another", .claims = {{"aud", "\"00000003-0000-0000-c000-000000000000\""}}},
    {"aud another application", .claims = {{"aud", "\"22222222-2222-2222-2222-222222222223\""}}},
    {"aud with more", .claims = {{"aud", "\"" CLIENT "2\""}}},
    {"aud with api://", .claims = {{"aud", "\"api://" CLIENT "\""}}},
    {"aud empty list", .claims = {{"aud", "[]"}}},
    {"aud list of another", .claims = {{"aud", "[\"other\"]"}}},
    {"aud list with another, no azp", .claims = {{"aud", "[\"" CLIENT "\",\"other\"]"}}},
    {"aud list with another, azp the other",
     .claims = {{"aud", "[\"" CLIENT "\",\"other\"]"}, {"azp", "\"other\""}}},
    {"aud list with a number",
     .claims = {{"aud", "[\"" CLIENT "\",1]"}, {"azp", "\"" CLIENT "\""}}},
    {"aud list in list", .claims = {{"aud", "[[\"" CLIENT "\"]]"}}},
    {"aud object", .claims = {{"aud", "{\"" CLIENT "\":true}"}}},
    {"aud right, azp another", .claims = {{"azp", "\"other\""}}},
    {"aud right, azp number", .claims = {{"azp", "1"}}},
    {"aud list of one, azp another", .claims = {{"aud", "[\"" CLIENT "\"]"}, {"azp", "\"other\""}}},
    /* times */
    {"exp missing", .claims = {{"exp", NULL}}},
    {"exp passed", .claims = {{"exp", "1768469500"}}},
    {"exp passed by the skew", .claims = {{"exp", "1768469580"}}},
    {"exp zero", .claims = {{"exp", "0"}}},
    {"exp negative", .claims = {{"exp", "-1"}}},
    {"exp text", .claims = {{"exp", "\"1768473300\""}}},
    {"exp real", .claims = {{"exp", "1768473300.5"}}},
    {"exp huge real", .claims = {{"exp", "1e300"}}},
    {"exp overflowing real", .claims = {{"exp", "1e999"}}},
    {"exp 2^53", .claims = {{"exp", "9007199254740992"}}},
    {"exp 2^63", .claims = {{"exp", "9223372036854775808"}}},
    {"exp null", .claims = {{"exp", "null"}}},
    {"exp true", .claims = {{"exp", "true"}}},
    {"exp list", .claims = {{"exp", "[1768473300]"}}},
    {"exp twice", .claims = {{"+exp", "1768473300"}}},
    {"exp in milliseconds before", .claims = {{"exp", "1768469400"}, {"iat", "1768469500"}}},
    {"exp before iat", .claims = {{"exp", "1768469650"}, {"iat", "1768469700"}}},
    {"nbf future", .claims = {{"nbf", "1768469821"}}},
    {"nbf text", .claims = {{"nbf", "\"1768469400\""}}},
    {"nbf real", .claims = {{"nbf", "1768469400.0"}}},
    {"nbf null", .claims = {{"nbf", "null"}}},
    {"nbf negative", .claims = {{"nbf", "-1"}}},
    {"iat missing", .claims = {{"iat", NULL}}},
    {"iat of an old token", .claims = {{"iat", "1768465979"}}},
    {"iat future", .claims = {{"iat", "1768469821"}}},
    {"iat text", .claims = {{"iat", "\"1768469400\""}}},
    {"iat zero", .claims = {{"iat", "0"}}},
    {"iat null", .claims = {{"iat", "null"}}},
    /* tenant */
    {"tid missing", .claims = {{"tid", NULL}}},
    {"tid null", .claims = {{"tid", "null"}}},
    {"tid number", .claims = {{"tid", "1"}}},
    {"tid list", .claims = {{"tid", "[\"" TENANT "\"]"}}},
    {"tid another", .claims = {{"tid", "\"99999999-9999-9999-9999-999999999999\""}}},
    {"tid with braces", .claims = {{"tid", "\"{" TENANT "}\""}}},
    {"tid twice", .claims = {{"+tid", "\"" TENANT "\""}}},
    {"tid no GUID, none wanted", .claims = {{"tid", "\"contoso.example\""}},
     .wanted = {.tenant = ""}},
    {"tid a GUID of wrong letters, none wanted",
     .claims = {{"tid", "\"g1111111-1111-1111-1111-111111111111\""}}, .wanted = {.tenant = ""}},
    {"tid a GUID with more, none wanted", .claims = {{"tid", "\"" TENANT "1\""}},
     .wanted = {.tenant = ""}},
    {"tid a GUID cut short, none wanted",
     .claims = {{"tid", "\"11111111-1111-1111-1111-11111111111\""}}, .wanted = {.tenant = ""}},
    {"tid null, none wanted", .claims = {{"tid", "null"}}, .wanted = {.tenant = ""}},
    {"tid wanted that is not in iss", .claims = {{"iss", "\"" GENERIC "\""}},
     .wanted = {.issuer = GENERIC}},
    {"key for tenants, token without one", .header = {{"kid", "\"template\""}},
     .claims = {{"tid", NULL}}, .wanted = {.tenant = ""}},
    {"key for tenants, an issuer with nothing in its place", .header = {{"kid", "\"template\""}},
     .claims = {{"tid", NULL}, {"iss", "\"https://login.test:8443//v2.0\""}},
     .wanted = {.tenant = "", .issuer = "https://login.test:8443//v2.0"}},
    {"key for tenants, of another issuer", .header = {{"kid", "\"template\""}},
     .claims = {{"iss", "\"" GENERIC "\""}}, .wanted = {.tenant = "", .issuer = GENERIC}},
    {"tid of another tenant than iss, none wanted",
     .claims = {{"tid", "\"99999999-9999-9999-9999-999999999999\""}}, .wanted = {.tenant = ""}},
    {"tid of another tenant than iss, at the end of it",
     .claims = {{"tid", "\"99999999-9999-9999-9999-999999999999\""},
                {"iss", "\"" GENERIC "/" TENANT "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC "/" TENANT}},
    {"tid no GUID, none in iss",
     .claims = {{"tid", "\"contoso.example\""}, {"iss", "\"" GENERIC "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    {"tid a GUID of wrong letters, none in iss",
     .claims = {{"tid", "\"1111111g-1111-1111-1111-111111111111\""}, {"iss", "\"" GENERIC "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    {"tid a GUID without dashes, none in iss",
     .claims = {{"tid", "\"111111111111111111111111111111111111\""}, {"iss", "\"" GENERIC "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    {"tid with a slash, none wanted", .claims = {{"tid", "\"" GENERIC "/\""}},
     .wanted = {.tenant = ""}},
    {"key of one issuer, for another", .header = {{"kid", "\"fixed\""}},
     .claims = {{"tid", NULL}, {"iss", "\"" GENERIC "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    /* version and home */
    {"ver 1.0", .claims = {{"ver", "\"1.0\""}}},
    {"ver number", .claims = {{"ver", "2.0"}}},
    {"ver null", .claims = {{"ver", "null"}}},
    {"guest by acct", .claims = {{"acct", "1"}}},
    {"guest by acct, text", .claims = {{"acct", "\"0\""}}},
    {"guest by acct, other number", .claims = {{"acct", "2"}}},
    {"guest by idp",
     .claims = {{"idp", "\"https://sts.windows.net/66666666-6666-6666-6666-666666666666/\""}}},
    {"guest by idp, a consumer", .claims = {{"idp", "\"live.com\""}}},
    {"guest by idp, null", .claims = {{"idp", "null"}}},
    {"guest by acct and idp", .claims = {{"acct", "1"}, {"idp", "\"" ISSUER "\""}}},
    {"guest of a tenant that was not asked for", .claims = {{"acct", "1"}},
     .wanted = {.tenant = ""}},
    /* nonce */
    {"nonce that was not sent", .claims = {{"nonce", "\"abc\""}}},
    {"nonce null that was not sent", .claims = {{"nonce", "null"}}},
    {"nonce missing", .wanted = {.nonce = "abc"}},
    {"nonce another", .claims = {{"nonce", "\"abd\""}}, .wanted = {.nonce = "abc"}},
    {"nonce in another case", .claims = {{"nonce", "\"ABC\""}}, .wanted = {.nonce = "abc"}},
    {"nonce number", .claims = {{"nonce", "1"}}, .wanted = {.nonce = "1"}},
    /* person */
    {"sub missing", .claims = {{"sub", NULL}}},
    {"sub null", .claims = {{"sub", "null"}}},
    {"sub empty", .claims = {{"sub", "\"\""}}},
    {"sub number", .claims = {{"sub", "1"}}},
    {"sub list", .claims = {{"sub", "[\"pairwise-opaque\"]"}}},
    {"sub too long", .claims = {{"sub", "\"" LONG_64 LONG_64 LONG_64 LONG_64 "\""}}},
    {"sub with NUL", .claims = {{"sub", "\"a\\u0000b\""}}},
    {"sub with a control byte", .claims = {{"sub", "\"a\\nb\""}, {"oid", NULL}}},
    {"sub with DEL", .claims = {{"sub", "\"a\\u007fb\""}, {"oid", NULL}}},
    {"sub not ASCII", .claims = {{"sub", "\"\\u00e4\""}, {"oid", NULL}}},
    {"oid null", .claims = {{"oid", "null"}}},
    {"oid empty", .claims = {{"oid", "\"\""}}},
    {"oid number", .claims = {{"oid", "1"}}},
    {"oid list", .claims = {{"oid", "[\"" ADA "\"]"}}},
    {"oid with a control byte", .claims = {{"oid", "\"a\\u0001b\""}}},
    {"oid not ASCII", .claims = {{"oid", "\"\\u0430\""}}},
    {"oid too long", .claims = {{"oid", "\"" LONG_64 LONG_64 LONG_64 LONG_64 "\""}}},
    {"oid twice", .claims = {{"+oid", "\"" ADA "\""}}},
    {"same name, another oid", .claims = {{"oid", "\"33333333-3333-3333-3333-333333333334\""}},
     .wanted = {.object_id = ADA}},
    {"same name, oid in another case", .wanted = {.object_id = "A" ADA}},
    {"same name, sub instead of oid", .claims = {{"oid", NULL}, {"sub", "\"x\""}},
     .wanted = {.object_id = ADA}},
    {"same oid as sub only", .claims = {{"sub", "\"" ADA "\""}, {"oid", "\"x\""}},
     .wanted = {.object_id = ADA}},
    /* name */
    {"name of another person", .claims = {{"preferred_username", "\"eve@contoso.example\""}}},
    {"name missing", .claims = {{"preferred_username", NULL}}},
    {"name null", .claims = {{"preferred_username", "null"}}},
    {"name empty", .claims = {{"preferred_username", "\"\""}}},
    {"name number", .claims = {{"preferred_username", "1"}}},
    {"name list", .claims = {{"preferred_username", "[\"ada@contoso.example\"]"}}},
    {"name with less", .claims = {{"preferred_username", "\"ada@contoso.exampl\""}}},
    {"name with more", .claims = {{"preferred_username", "\"ada@contoso.example.org\""}}},
    {"name without domain", .claims = {{"preferred_username", "\"ada\""}}},
    {"name with space", .claims = {{"preferred_username", "\"ada@contoso.example \""}}},
    {"name with NUL", .claims = {{"preferred_username", "\"ada@contoso.example\\u0000\""}}},
    {"name with a Cyrillic letter",
     .claims = {{"preferred_username", "\"\\u0430da@contoso.example\""}}},
    {"name with a Kelvin sign", .claims = {{"preferred_username", "\"\\u212aim@contoso.example\""}},
     .wanted = {.name = "kim@contoso.example"}},
    {"name in wide letters", .claims = {{"preferred_username", "\"\\uff41da@contoso.example\""}}},
    {"name with a joiner", .claims = {{"preferred_username", "\"ada\\u200d@contoso.example\""}}},
    {"name not ASCII though asked for so",
     .claims = {{"preferred_username", "\"\\u00e4da@contoso.example\""}},
     .wanted = {.name = "\xc3\xa4"
                        "da@contoso.example"}},
    {"name twice", .claims = {{"+preferred_username", "\"ada@contoso.example\""}}},
    {"name twice, the other first", .claims = {{"preferred_username", "\"eve@contoso.example\""},
                                               {"+preferred_username", "\"ada@contoso.example\""}}},
    {"name in another claim", .claims = {{"preferred_username", "\"eve@contoso.example\""},
                                         {"upn", "\"ada@contoso.example\""}}},
    {"name in the claim that is not asked", .claims = {{"upn", "\"eve@contoso.example\""}},
     .wanted = {.name_claim = "upn"}},
    {"name nobody", .claims = {{"preferred_username", "\"\""}}, .wanted = {.name = ""}},
    /* the document */
    {"a member twice, far inside", .claims = {{"x", "{\"y\":[{\"z\":1,\"z\":1}]}"}}},
    {"broken text", .claims = {{"x", "\"\\ud800\""}}},
    {"bytes behind", .claims = {{"x", "1}{"}}},
    {"comment", .claims = {{"x", "1/**/"}}},
};

static void tokens_that_say_anything_wrong_are_refused(void **state)
{
    (void)state;
    assert_true(ROWS(refused) >= 100);
    for (size_t i = 0; i < ROWS(refused); i++) {
        OWNED(free_memory) char *token = token_of(&refused[i], rsa, &plain_sha256);
        struct expected expected = expected_of(&refused[i]);

        if (passes(token, ALL, &expected))
            fail_msg("accepted: %s", refused[i].says);
    }
}

static const struct mutation accepted[] = {
    {.says = "as it is"},
    {"typ missing", .header = {{"typ", NULL}}},
    {"typ in lower case", .header = {{"typ", "\"jwt\""}}},
    {"more in the header", .header = {{"x5t", "\"abc\""}, {"nobody", "{\"knows\":1}"}}},
    {"key for tenants", .header = {{"kid", "\"template\""}}},
    {"key for this tenant", .header = {{"kid", "\"fixed\""}}},
    {"aud a list of one", .claims = {{"aud", "[\"" CLIENT "\"]"}}},
    {"aud a list with azp",
     .claims = {{"aud", "[\"other\",\"" CLIENT "\"]"}, {"azp", "\"" CLIENT "\""}}},
    {"azp ours", .claims = {{"azp", "\"" CLIENT "\""}}},
    {"exp within the skew", .claims = {{"exp", "1768469581"}}},
    {"exp far away", .claims = {{"exp", "9007199254740991"}}},
    {"nbf missing", .claims = {{"nbf", NULL}}},
    {"nbf within the skew", .claims = {{"nbf", "1768469820"}}},
    {"iat of some time ago", .claims = {{"iat", "1768465980"}}},
    {"iat within the skew", .claims = {{"iat", "1768469820"}}},
    {"tenant not asked for", .wanted = {.tenant = ""}},
    {"no tenant at all", .claims = {{"tid", NULL}, {"ver", "\"1.0\""}, {"acct", "1"}},
     .wanted = {.tenant = ""}},
    {"another provider, with tenants", .claims = {{"iss", "\"" GENERIC "\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    {"another provider", .claims = {{"tid", NULL}, {"iss", "\"" GENERIC "\""}, {"idp", "\"ldap\""}},
     .wanted = {.tenant = "", .issuer = GENERIC}},
    {"ver missing", .claims = {{"ver", NULL}}},
    {"a member by acct", .claims = {{"acct", "0"}}},
    {"a member by idp", .claims = {{"idp", "\"" ISSUER "\""}}},
    {"a member by idp of version 1",
     .claims = {{"idp", "\"https://sts.windows.net/" TENANT "/\""}}},
    {"nonce as sent", .claims = {{"nonce", "\"abc\""}}, .wanted = {.nonce = "abc"}},
    {"person as known", .wanted = {.object_id = ADA}},
    {"person by sub", .claims = {{"oid", NULL}}, .wanted = {.object_id = "pairwise-opaque"}},
    {"name in capitals", .claims = {{"preferred_username", "\"Ada@CONTOSO.example\""}}},
    {"name asked for in capitals", .wanted = {.name = "ADA@contoso.example"}},
    {"name in another claim",
     .claims = {{"upn", "\"ada@contoso.example\""}, {"preferred_username", "1"}},
     .wanted = {.name_claim = "upn"}},
    {"full name missing", .claims = {{"name", NULL}}},
    {"full name of another type", .claims = {{"name", "[1]"}}},
    {"unknown claims", .claims = {{"x", "{\"y\":[1.5,null,true]}"}}},
};

static void tokens_that_say_what_is_expected_are_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(accepted); i++) {
        OWNED(free_memory) char *token = token_of(&accepted[i], rsa, &plain_sha256);
        struct expected expected = expected_of(&accepted[i]);
        struct identity identity = {0};
        struct error why = {0};

        if (token_verify(token, strlen(token), issuer_keys, ALL, &expected, &identity, &why) !=
            SIGNATURE_GOOD)
            fail_msg("refused: %s: %s", accepted[i].says, why.text);
        assert_string_equal(identity.name, "ada@contoso.example");
        identity_release(&identity);
    }
}

static void a_guest_is_told_apart_and_let_in_only_where_guests_are(void **state)
{
    static const struct mutation guests[] = {
        {"acct", .claims = {{"acct", "1"}}},
        {"idp", .claims = {{"idp", "\"live.com\""}}},
        {"a member", .claims = {{"acct", "0"}, {"idp", "\"" ISSUER "\""}}},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(guests); i++)
        for (int allowed = 0; allowed < 2; allowed++) {
            OWNED(free_memory) char *token = token_of(&guests[i], rsa, &plain_sha256);
            OWNED(identity_release) struct identity identity = {0};
            struct expected expected = ada;
            struct error why = {0};
            bool guest = i < 2;

            expected.guests = allowed;
            assert_int_equal(
                token_verify(token, strlen(token), issuer_keys, ALL, &expected, &identity, &why),
                guest && !allowed ? SIGNATURE_GUEST : SIGNATURE_GOOD);
            assert_int_equal(identity.guest, guest && allowed);
            assert_int_equal(why.kind, guest && !allowed ? ERROR_UNTRUSTED : ERROR_NONE);
        }
}

static void another_person_by_the_name_is_told_apart(void **state)
{
    static const struct {
        struct mutation mutation;
        enum signature signature;
    } rows[] = {
        {{.says = "the same"}, SIGNATURE_GOOD},
        {{"another oid", .claims = {{"oid", "\"33333333-3333-3333-3333-333333333334\""}}},
         SIGNATURE_OTHER},
        {{"a guest with another oid", .claims = {{"oid", "\"other\""}, {"acct", "1"}}},
         SIGNATURE_OTHER},
        {{"another issuer's", .claims = {{"oid", "\"other\""}, {"iss", "\"" GENERIC "\""}}},
         SIGNATURE_BAD},
        {{"another name's",
          .claims = {{"oid", "\"other\""}, {"preferred_username", "\"eve@contoso.example\""}}},
         SIGNATURE_BAD},
        {{"another audience's", .claims = {{"oid", "\"other\""}, {"aud", "\"other\""}}},
         SIGNATURE_BAD},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        OWNED(free_memory) char *token = token_of(&rows[i].mutation, rsa, &plain_sha256);
        OWNED(identity_release) struct identity identity = {0};
        struct expected expected = ada;
        struct error why = {0};

        expected.object_id = ADA;
        if (token_verify(token, strlen(token), issuer_keys, ALL, &expected, &identity, &why) !=
            rows[i].signature)
            fail_msg("%s: %s", rows[i].mutation.says, why.text);
    }
}

static void the_identity_is_what_the_claims_say(void **state)
{
    OWNED(free_memory) char *token = good_token("\"RS256\"");
    OWNED(identity_release) struct identity identity = {0};
    struct error why = {0};

    (void)state;
    assert_int_equal(token_verify(token, strlen(token), issuer_keys, ALL, &ada, &identity, &why),
                     SIGNATURE_GOOD);
    assert_string_equal(identity.issuer, ISSUER);
    assert_string_equal(identity.tenant, TENANT);
    assert_string_equal(identity.object_id, ADA);
    assert_string_equal(identity.name, "ada@contoso.example");
    assert_string_equal(identity.full_name, "Ada Example");
    assert_true(identity.has_groups);
    assert_int_equal(identity.groups.count, 2);
    assert_string_equal(identity.groups.items[0], "44444444-4444-4444-4444-444444444444");
    assert_string_equal(identity.groups.items[1], "admins");
}

/* What the groups claim of an otherwise good token yields: how many, -1 when it does not count. */
static int groups_of(const struct member changes[3], const char *claim)
{
    struct mutation row = {.claims = {changes[0], changes[1], changes[2]}};
    OWNED(free_memory) char *token = token_of(&row, rsa, &plain_sha256);
    OWNED(identity_release) struct identity identity = {0};
    struct expected expected = ada;
    struct error why = {0};

    expected.groups_claim = claim;
    if (token_verify(token, strlen(token), issuer_keys, ALL, &expected, &identity, &why) !=
        SIGNATURE_GOOD)
        fail_msg("%s", why.text);
    if (!identity.has_groups)
        assert_int_equal(identity.groups.count, 0);
    return identity.has_groups ? (int)identity.groups.count : -1;
}

static void a_groups_claim_counts_only_when_it_is_whole(void **state)
{
    static const struct {
        struct member changes[3];
        const char *claim;
        int count;
    } rows[] = {
        {{{"groups", NULL}}, "groups", -1},
        {{{"groups", "[]"}}, "groups", 0},
        {{{"groups", "[\"a\"]"}}, "groups", 1},
        {{{"groups", "[\"a\",\"b\",\"a\"]"}}, "groups", 2},
        {{{"groups", "null"}}, "groups", -1},
        {{{"groups", "\"a\""}}, "groups", -1},
        {{{"groups", "{\"a\":1}"}}, "groups", -1},
        {{{"groups", "[\"a\",1]"}}, "groups", -1},
        {{{"groups", "[\"a\",null]"}}, "groups", -1},
        {{{"groups", "[\"a\",\"\"]"}}, "groups", -1},
        {{{"groups", "[\"" LONG_64 LONG_64 LONG_64 LONG_64 "\"]"}}, "groups", -1},
        {{{"_claim_names", "{\"groups\":\"src1\"}"}, {"groups", NULL}}, "groups", -1},
        {{{"_claim_names", "{\"groups\":\"src1\"}"}}, "groups", -1},
        {{{"_claim_names", "{\"other\":\"src1\"}"}}, "groups", 2},
        {{{"hasgroups", "true"}}, "groups", -1},
        {{{"hasgroups", "false"}}, "groups", 2},
        {{{"roles", "[\"x\"]"}}, "roles", 1},
        {{{NULL, NULL}}, "roles", -1},
        {{{NULL, NULL}}, "", -1},
        {{{NULL, NULL}}, NULL, -1},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        if (groups_of(rows[i].changes, rows[i].claim) != rows[i].count)
            fail_msg("row %zu", i);
}

static void more_groups_than_allowed_count_as_none(void **state)
{
    static char list[SIGNER_TEXT_MOST];

    (void)state;
    for (int count = IDENTITY_GROUPS_MOST; count <= IDENTITY_GROUPS_MOST + 1; count++) {
        size_t filled = (size_t)snprintf(list, sizeof list, "[");

        for (int i = 0; i < count; i++)
            filled +=
                (size_t)snprintf(list + filled, sizeof list - filled, "%s\"g%d\"", i ? "," : "", i);
        snprintf(list + filled, sizeof list - filled, "]");
        assert_int_equal(groups_of((struct member[3]){{"groups", list}}, "groups"),
                         count <= IDENTITY_GROUPS_MOST ? count : -1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tokens_that_say_anything_wrong_are_refused),
        cmocka_unit_test(tokens_that_say_what_is_expected_are_accepted),
        cmocka_unit_test(a_guest_is_told_apart_and_let_in_only_where_guests_are),
        cmocka_unit_test(another_person_by_the_name_is_told_apart),
        cmocka_unit_test(the_identity_is_what_the_claims_say),
        cmocka_unit_test(a_groups_claim_counts_only_when_it_is_whole),
        cmocka_unit_test(more_groups_than_allowed_count_as_none),
    };

    return check_done("token", ROWS(tests),
                      cmocka_run_group_tests_name("token", tests, make_keys, drop_keys));
}
