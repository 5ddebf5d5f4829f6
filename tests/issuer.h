/* SPDX-License-Identifier: MIT */
/* An issuer for tests: its keys, a good token, and ways to change it before it is signed. */
#pragma once

#include "base/own.h"
#include "platform/token.h"
#include "tests/check.h"
#include "tests/signer.h"

#define NOW     1768469700
#define TENANT  "11111111-1111-1111-1111-111111111111"
#define ISSUER  "https://login.test:8443/" TENANT "/v2.0"
#define CLIENT  "22222222-2222-2222-2222-222222222222"
#define ADA     "33333333-3333-3333-3333-333333333333"
#define ALL     (ALGORITHM_RS256 | ALGORITHM_PS256 | ALGORITHM_ES256)
#define ROWS(t) (sizeof(t) / sizeof(t)[0])

static const struct member header[] = {
    {"typ", "\"JWT\""}, {"alg", "\"RS256\""}, {"kid", "\"rsa\""}, {NULL, NULL}};

static const struct member claims[] = {
    {"aud", "\"" CLIENT "\""},
    {"iss", "\"" ISSUER "\""},
    {"iat", "1768469400"},
    {"nbf", "1768469400"},
    {"exp", "1768473300"},
    {"name", "\"Ada Example\""},
    {"oid", "\"" ADA "\""},
    {"preferred_username", "\"ada@contoso.example\""},
    {"sub", "\"pairwise-opaque\""},
    {"tid", "\"" TENANT "\""},
    {"ver", "\"2.0\""},
    {"groups", "[\"44444444-4444-4444-4444-444444444444\",\"admins\"]"},
    {NULL, NULL}};

static const struct expected ada = {.issuer = ISSUER,
                                    .tenant = TENANT,
                                    .client_id = CLIENT,
                                    .name = "ada@contoso.example",
                                    .name_claim = "preferred_username",
                                    .groups_claim = "groups",
                                    .now = NOW,
                                    .skew_seconds = 120};

/* Made once: the issuer's keys, and one that is not the issuer's. */
static EVP_PKEY *rsa, *p256, *stranger;
static struct keys *issuer_keys;
static char rsa_jwk[4096], p256_jwk[4096], issuer_set[SIGNER_TEXT_MOST];

static inline void jwk_of_rsa(EVP_PKEY *key, const char *more, char *text, size_t size)
{
    OWNED(free_memory) char *n = signer_number(key, OSSL_PKEY_PARAM_RSA_N, 0);
    OWNED(free_memory) char *e = signer_number(key, OSSL_PKEY_PARAM_RSA_E, 0);

    snprintf(text, size, "{\"kty\":\"RSA\",\"n\":\"%s\",\"e\":\"%s\"%s}", n, e, more);
}

static inline void jwk_of_p256(EVP_PKEY *key, const char *more, char *text, size_t size)
{
    OWNED(free_memory) char *x = signer_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32);
    OWNED(free_memory) char *y = signer_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32);

    snprintf(text, size, "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"%s\",\"y\":\"%s\"%s}", x, y,
             more);
}

static inline struct keys *keys_of(const char *text)
{
    struct keys *keys = NULL;
    struct error why = {0};

    if (!keys_parse(text, strlen(text), &keys, &why))
        fail_msg("%s: %s", text, why.text);
    return keys;
}

/* The issuer's set, with twins that share a name, a key that is not to be used and bound ones. */
static inline int make_keys(void **state)
{
    char twin[4096], enc[4096], pss[4096], template[4096], fixed[4096], other[4096];

    (void)state;
    rsa = EVP_RSA_gen(2048);
    stranger = EVP_RSA_gen(2048);
    p256 = EVP_EC_gen("P-256");
    jwk_of_rsa(rsa, ",\"kid\":\"rsa\"", rsa_jwk, sizeof rsa_jwk);
    jwk_of_p256(p256, ",\"kid\":\"ec\"", p256_jwk, sizeof p256_jwk);
    jwk_of_rsa(rsa, ",\"kid\":\"twin\"", twin, sizeof twin);
    jwk_of_rsa(rsa, ",\"kid\":\"enc\",\"use\":\"enc\"", enc, sizeof enc);
    jwk_of_rsa(rsa, ",\"kid\":\"pss\",\"alg\":\"PS256\"", pss, sizeof pss);
    jwk_of_rsa(rsa, ",\"kid\":\"template\",\"issuer\":\"https://login.test:8443/{tenantid}/v2.0\"",
               template, sizeof template);
    jwk_of_rsa(rsa, ",\"kid\":\"fixed\",\"issuer\":\"" ISSUER "\"", fixed, sizeof fixed);
    jwk_of_rsa(rsa,
               ",\"kid\":\"other\",\"issuer\":\"https://login.test:8443/"
               "9188040d-6c67-4c5b-b112-36a304b66dad/v2.0\"",
               other, sizeof other);
    snprintf(issuer_set, sizeof issuer_set, "{\"keys\":[%s,%s,%s,%s,%s,%s,%s,%s,%s]}", rsa_jwk,
             p256_jwk, twin, twin, enc, pss, template, fixed, other);
    issuer_keys = keys_of(issuer_set);
    return 0;
}

static inline int drop_keys(void **state)
{
    (void)state;
    keys_release(issuer_keys);
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(p256);
    EVP_PKEY_free(stranger);
    return 0;
}

static inline enum signature verify_with(const char *token, size_t length, const struct keys *keys,
                                         unsigned algorithms, const struct expected *expected)
{
    struct identity identity = {.name = "untouched"};
    struct error why = {0};
    enum signature result =
        token_verify(token, length, keys, algorithms, expected, &identity, &why);

    if (result == SIGNATURE_GOOD) {
        identity_release(&identity);
        return result;
    }
    /* Nothing of a refused token may come through. */
    assert_memory_equal(&identity, &(struct identity){.name = "untouched"}, sizeof identity);
    assert_int_equal(why.kind, ERROR_UNTRUSTED);
    assert_true(why.text[0]);
    return result;
}

static inline bool passes(const char *token, unsigned algorithms, const struct expected *expected)
{
    return verify_with(token, strlen(token), issuer_keys, algorithms, expected) == SIGNATURE_GOOD;
}

/* Takes the token. */
static inline bool taken_passes(char *token, unsigned algorithms)
{
    bool good = passes(token, algorithms, &ada);

    free(token);
    return good;
}

struct mutation {
    const char *says;
    struct member header[2], claims[3];
    struct {
        const char *issuer, *tenant, *name, *name_claim, *object_id, *nonce;
    } wanted; /* NULL: as usual */
};

/* A token that is signed well, changed in header and claims before it was signed. */
static inline char *token_of(const struct mutation *row, EVP_PKEY *key, const struct manner *how)
{
    static char head[SIGNER_TEXT_MOST], payload[SIGNER_TEXT_MOST];

    signer_object(header, row->header, ROWS(row->header), head);
    signer_object(claims, row->claims, ROWS(row->claims), payload);
    return signer_token(head, payload, key, how);
}

static inline struct expected expected_of(const struct mutation *row)
{
    struct expected expected = ada;

    expected.issuer = row->wanted.issuer ? row->wanted.issuer : ada.issuer;
    expected.tenant = row->wanted.tenant ? row->wanted.tenant : ada.tenant;
    expected.name = row->wanted.name ? row->wanted.name : ada.name;
    expected.name_claim = row->wanted.name_claim ? row->wanted.name_claim : ada.name_claim;
    expected.object_id = row->wanted.object_id;
    expected.nonce = row->wanted.nonce;
    return expected;
}

static inline char *good_token(const char *algorithm)
{
    bool curve = strcmp(algorithm, "\"ES256\"") == 0;
    struct mutation row = {.header = {{"alg", algorithm}, {"kid", curve ? "\"ec\"" : "\"rsa\""}}};

    return token_of(&row, curve ? p256 : rsa,
                    strcmp(algorithm, "\"PS256\"") == 0 ? &pss_sha256 : &plain_sha256);
}
