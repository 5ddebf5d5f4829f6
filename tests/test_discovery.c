/* SPDX-License-Identifier: MIT */
/* Discovery documents, whose they are, and the URLs they may name: OIDC Discovery 3 and 4, platform.md 2.1 and 2.2. */
#include "platform/discovery.h"

#include "base/own.h"
#include "tests/check.h"

#define ISSUER "https://login.example/tenant/v2.0"

static void only_plain_https_urls_are_fit(void **state)
{
    static const struct {
        const char *url;
        bool fit;
    } cases[] = {
        {"https://op.example/token", true},
        {"https://op.example:8443/token?p=b2c_1_x&y=%20", true},
        {"https://op.example?x", true},
        {"https://127.0.0.1:1/", true},
        {"https://[2001:db8::1]/", true},
        {"http://op.example/token", false},
        {"HTTPS://op.example/token", false},
        {"https:/op.example/token", false},
        {"https://:443/token", false},
        {"https:///token", false},
        {"https://user@op.example/", false},
        {"https://user:word@op.example/", false},
        {"https://op.example\\@evil.example/", false},
        {"https://op.example#@evil.example/", false},
        {"https://op.example/#part", false},
        {"https://op.example/a b", false},
        {"https://op.example/\n", false},
        {"https://op.example/\x7f", false},
        {"https://\xc3\xb6p.example/", false},
        {"https://op.example/\xc3\xb6", false},
        {"https://op.example%2f@evil.example/", false},
        {"file:///etc/passwd", false},
        {"javascript:alert(1)", false},
        {" https://op.example/", false},
        {"", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (discovery_url_is_fit(cases[i].url) != cases[i].fit)
            fail_msg("%s", cases[i].url);
}

/* In a block of its very size, so that the sanitizer sees a byte too far. */
static bool parse_for(const char *setting, const char *pinned, const char *json, size_t length,
                      struct discovery *discovery, struct error *why)
{
    OWNED(free_memory) char *block = malloc(length ? length : 1);
    struct authority authority;

    assert_true(authority_read(setting, &authority, why));
    memcpy(block, json, length);
    return discovery_parse(block, length, &authority, pinned, discovery, why);
}

static bool parse(const char *json, size_t length, struct discovery *discovery, struct error *why)
{
    return parse_for(ISSUER, NULL, json, length, discovery, why);
}

static void a_good_document_says_where_to_ask(void **state)
{
    static const char json[] =
        "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://login.example/token\","
        "\"jwks_uri\":\"https://keys.example/keys?appid=1\",\"tenant_region_scope\":null,"
        "\"cloud_instance_name\":\"microsoftonline.com\","
        "\"mtls_endpoint_aliases\":{\"token_endpoint\":\"http://"
        "other\"},\"http_logout_supported\":true}";
    struct discovery discovery = {0};
    struct error why;

    (void)state;
    for (size_t length = 0; length < strlen(json); length++)
        assert_false(parse(json, length, &discovery, &why));
    assert_string_equal(discovery.token_endpoint, "");
    assert_true(parse(json, strlen(json), &discovery, &why));
    assert_string_equal(discovery.issuer, ISSUER);
    assert_string_equal(discovery.cloud, "microsoftonline.com");
    assert_string_equal(discovery.token_endpoint, "https://login.example/token");
    assert_string_equal(discovery.jwks_uri, "https://keys.example/keys?appid=1");
}

#define GOOD_TOKEN ",\"token_endpoint\":\"https://a.example/t\""
#define GOOD_KEYS  ",\"jwks_uri\":\"https://a.example/k\""

static void documents_with_a_flaw_are_refused(void **state)
{
    static const struct {
        const char *json;
        enum error_kind kind;
    } cases[] = {
        {"{\"issuer\":\"" ISSUER "/\"" GOOD_TOKEN GOOD_KEYS "}", ERROR_UNTRUSTED},
        {"{\"issuer\":\"https://LOGIN.example/tenant/v2.0\"" GOOD_TOKEN GOOD_KEYS "}",
         ERROR_UNTRUSTED},
        {"{\"issuer\":\"https://login.example/{tenantid}/v2.0\"" GOOD_TOKEN GOOD_KEYS "}",
         ERROR_UNTRUSTED},
        {"{\"issuer\":[\"" ISSUER "\"]" GOOD_TOKEN GOOD_KEYS "}", ERROR_MALFORMED},
        {"{\"x\":\"" ISSUER "\"" GOOD_TOKEN GOOD_KEYS "}", ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\"" GOOD_KEYS "}", ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\"" GOOD_TOKEN "}", ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\"" GOOD_TOKEN GOOD_TOKEN GOOD_KEYS "}", ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"http://a.example\"" GOOD_KEYS "}",
         ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\",\"jwks_uri\":\"https://a@b.example/\"" GOOD_TOKEN "}",
         ERROR_MALFORMED},
        {"{\"issuer\":\"" ISSUER "\"" GOOD_TOKEN GOOD_KEYS "}<html>", ERROR_MALFORMED},
        {"[{\"issuer\":\"" ISSUER "\"" GOOD_TOKEN GOOD_KEYS "}]", ERROR_MALFORMED},
        {"<html></html>", ERROR_MALFORMED},
        {"", ERROR_MALFORMED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct discovery discovery = {.token_endpoint = "untouched", .jwks_uri = "untouched"};
        struct error why = {0};

        if (parse(cases[i].json, strlen(cases[i].json), &discovery, &why) ||
            why.kind != cases[i].kind)
            fail_msg("%s: %s", cases[i].json, why.text);
        assert_string_equal(discovery.token_endpoint, "untouched");
        assert_string_equal(discovery.jwks_uri, "untouched");
    }
}

#define OURS   "11111111-1111-1111-1111-111111111111"
#define OTHER  "99999999-9999-9999-9999-999999999999"
#define PUBLIC "https://login.microsoftonline.com/"

/* Whether an otherwise good document with this issuer is taken; it may not touch anything if not. */
static bool taken(const char *setting, const char *pinned, const char *issuer, struct error *why)
{
    char json[1024];
    struct discovery discovery = {.issuer = "untouched"};
    bool good;

    snprintf(json, sizeof json, "{\"issuer\":\"%s\"%s}", issuer, GOOD_TOKEN GOOD_KEYS);
    good = parse_for(setting, pinned, json, strlen(json), &discovery, why);
    assert_string_equal(discovery.issuer, good ? issuer : "untouched");
    assert_string_equal(discovery.cloud, "");
    if (!good)
        assert_int_equal(why->kind, ERROR_UNTRUSTED);
    return good;
}

/* All pairs of authority and issuer are in test_authority.c. */
static void a_document_is_taken_only_from_an_issuer_that_the_authority_may_have(void **state)
{
    struct error why = {0};

    (void)state;
    assert_true(taken(PUBLIC OURS, NULL, PUBLIC OURS "/v2.0", &why));
    assert_true(taken(PUBLIC OURS, "", "https://login.windows.net/" OURS "/v2.0", &why));
    assert_false(taken(PUBLIC OURS, NULL, PUBLIC OTHER "/v2.0", &why));
    assert_non_null(strstr(why.text, "discovery document: its issuer is not one"));
    assert_false(taken(PUBLIC OURS, NULL, PUBLIC "{tenantid}/v2.0", &why));
    assert_false(taken(PUBLIC OURS, NULL, "https://sts.windows.net/" OURS "/", &why));
    assert_false(taken(PUBLIC OURS, NULL, "https://login.microsoftonline.us/" OURS "/v2.0", &why));
    assert_false(taken(PUBLIC OURS, PUBLIC OTHER "/v2.0", PUBLIC OTHER "/v2.0", &why));
}

static void a_domain_that_moved_to_another_tenant_is_noticed(void **state)
{
    static const struct {
        const char *setting, *pinned, *other;
    } rows[] = {
        {PUBLIC "contoso.example", PUBLIC OURS "/v2.0", PUBLIC OTHER "/v2.0"},
        {PUBLIC "contoso.example", PUBLIC OURS "/v2.0", "https://sts.windows.net/" OURS "/v2.0"},
        {"https://fab.ciamlogin.com", "https://fab.ciamlogin.com/" OURS "/v2.0",
         "https://fab.ciamlogin.com/" OTHER "/v2.0"},
        {"https://fab.b2clogin.com/fab.example/b2c_1_ropc",
         "https://fab.b2clogin.com/" OURS "/v2.0/", "https://fab.b2clogin.com/" OTHER "/v2.0/"},
        {"https://fab.b2clogin.com/fab.example/b2c_1_ropc",
         "https://fab.b2clogin.com/" OURS "/v2.0/",
         "https://fab.b2clogin.com/tfp/" OURS "/b2c_1_ropc/v2.0/"},
    };
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_true(taken(rows[i].setting, NULL, rows[i].pinned, &why));
        assert_true(taken(rows[i].setting, "", rows[i].other, &why));
        assert_true(taken(rows[i].setting, rows[i].pinned, rows[i].pinned, &why));
        assert_false(taken(rows[i].setting, rows[i].pinned, rows[i].other, &why));
        assert_non_null(strstr(why.text, "not the one known so far"));
        assert_non_null(strstr(why.text, "another tenant"));
    }
}

static void a_cloud_without_a_usable_name_is_no_cloud(void **state)
{
    static const char *const values[] = {"null", "1", "[\"a\"]", "\"\"", "true"};
    char json[2048];
    struct discovery discovery;
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        snprintf(json, sizeof json, "{\"cloud_instance_name\":%s,\"issuer\":\"%s\"%s}", values[i],
                 ISSUER, GOOD_TOKEN GOOD_KEYS);
        assert_true(parse(json, strlen(json), &discovery, &why));
        assert_string_equal(discovery.cloud, "");
    }
    snprintf(json, sizeof json, "{\"cloud_instance_name\":\"%0256d\",\"issuer\":\"%s\"%s}", 0,
             ISSUER, GOOD_TOKEN GOOD_KEYS);
    assert_true(parse(json, strlen(json), &discovery, &why));
    assert_string_equal(discovery.cloud, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_plain_https_urls_are_fit),
        cmocka_unit_test(a_good_document_says_where_to_ask),
        cmocka_unit_test(documents_with_a_flaw_are_refused),
        cmocka_unit_test(a_document_is_taken_only_from_an_issuer_that_the_authority_may_have),
        cmocka_unit_test(a_domain_that_moved_to_another_tenant_is_noticed),
        cmocka_unit_test(a_cloud_without_a_usable_name_is_no_cloud),
    };

    return check_main("discovery", tests);
}
