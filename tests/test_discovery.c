/* SPDX-License-Identifier: MIT */
/* Discovery documents and the URLs they may name: OIDC Discovery 3 and 4, platform.md 2.1 and 2.2. */
#include "platform/discovery.h"

#include "base/own.h"
#include "tests/check.h"

#define ISSUER "https://login.example/tenant/v2.0"

static void the_document_is_found_below_the_issuer(void **state)
{
    static const struct {
        const char *issuer, *url; /* NULL: not fit to be an issuer */
    } cases[] = {
        {"https://op.example", "https://op.example/.well-known/openid-configuration"},
        {"https://op.example/", "https://op.example/.well-known/openid-configuration"},
        {"https://op.example/a/", "https://op.example/a/.well-known/openid-configuration"},
        {"https://op.example/a//", "https://op.example/a//.well-known/openid-configuration"},
        {"https://[::1]:8443/a", "https://[::1]:8443/a/.well-known/openid-configuration"},
        {"http://op.example", NULL},
        {"https://op.example?x", NULL},
        {"https://op.example/a#b", NULL},
        {"https://eve@op.example", NULL},
        {"https://", NULL},
        {"op.example", NULL},
        {"", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char url[DISCOVERY_URL_MOST + 1] = "untouched";
        struct error why = {0};
        bool fit = discovery_url(cases[i].issuer, url, &why);

        assert_true(fit == (cases[i].url != NULL));
        assert_string_equal(url, fit ? cases[i].url : "untouched");
        assert_int_equal(why.kind, fit ? ERROR_NONE : ERROR_CONFIG);
    }
}

static void an_issuer_may_not_be_longer_than_an_url(void **state)
{
    char issuer[DISCOVERY_URL_MOST + 2], url[DISCOVERY_URL_MOST + 1];
    struct error why;

    (void)state;
    memset(issuer, 'a', sizeof issuer);
    memcpy(issuer, "https://", 8);
    for (size_t length = DISCOVERY_URL_MOST + 1; length > 900; length--) {
        issuer[length] = '\0';
        if (discovery_url(issuer, url, &why))
            assert_int_equal(strlen(url), length + strlen("/.well-known/openid-configuration"));
        else
            assert_true(length + strlen("/.well-known/openid-configuration") > DISCOVERY_URL_MOST);
    }
}

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
static bool parse(const char *json, size_t length, struct discovery *discovery, struct error *why)
{
    OWNED(free_memory) char *block = malloc(length ? length : 1);

    memcpy(block, json, length);
    return discovery_parse(block, length, ISSUER, discovery, why);
}

static void a_good_document_says_where_to_ask(void **state)
{
    static const char json[] =
        "{\"issuer\":\"" ISSUER "\",\"token_endpoint\":\"https://login.example/token\","
        "\"jwks_uri\":\"https://keys.example/keys?appid=1\",\"tenant_region_scope\":null,"
        "\"mtls_endpoint_aliases\":{\"token_endpoint\":\"http://"
        "other\"},\"http_logout_supported\":true}";
    struct discovery discovery = {0};
    struct error why;

    (void)state;
    for (size_t length = 0; length < strlen(json); length++)
        assert_false(parse(json, length, &discovery, &why));
    assert_string_equal(discovery.token_endpoint, "");
    assert_true(parse(json, strlen(json), &discovery, &why));
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_document_is_found_below_the_issuer),
        cmocka_unit_test(an_issuer_may_not_be_longer_than_an_url),
        cmocka_unit_test(only_plain_https_urls_are_fit),
        cmocka_unit_test(a_good_document_says_where_to_ask),
        cmocka_unit_test(documents_with_a_flaw_are_refused),
    };

    return check_main("discovery", tests);
}
