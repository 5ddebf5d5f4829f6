/* SPDX-License-Identifier: MIT */
#include "base/buffer.h"
#include "base/own.h"
#include "platform/keys.h"
#include "platform/roca.h"
#include "tests/check.h"
#include "tests/signer.h"

#define SET_MOST (3 * SIGNER_TEXT_MOST)

/* A fit key of each type; made once. */
static struct member rsa[] = {
    {"kid", "\"mine\""}, {"kty", "\"RSA\""}, {"n", NULL}, {"e", "\"AQAB\""}, {NULL, NULL}};
static struct member p256[] = {{"kid", "\"mine\""}, {"kty", "\"EC\""}, {"crv", "\"P-256\""},
                               {"x", NULL},         {"y", NULL},       {NULL, NULL}};

static char *quoted(char *taken_text)
{
    size_t room = strlen(taken_text) + 3;
    char *text = malloc(room);

    snprintf(text, room, "\"%s\"", taken_text);
    free(taken_text);
    return text;
}

static char *quoted_bytes(const void *bytes, size_t length)
{
    return quoted(signer_encode(bytes, length));
}

static char *modulus_of(unsigned bits)
{
    EVP_PKEY *key = EVP_RSA_gen(bits);
    char *text = quoted(signer_number(key, OSSL_PKEY_PARAM_RSA_N, 0));

    EVP_PKEY_free(key);
    return text;
}

static void keys_made(void)
{
    EVP_PKEY *key;

    if (rsa[2].value)
        return;
    rsa[2].value = modulus_of(2048);
    key = EVP_EC_gen("P-256");
    p256[3].value = quoted(signer_number(key, OSSL_PKEY_PARAM_EC_PUB_X, 32));
    p256[4].value = quoted(signer_number(key, OSSL_PKEY_PARAM_EC_PUB_Y, 32));
    EVP_PKEY_free(key);
}

static bool parses(const char *text, struct keys **keys, struct error *why)
{
    return keys_parse(text, strlen(text), keys, why);
}

/* Puts the changed key beside a fit one without a name. */
static bool parses_beside(const struct member *base, const struct member *changes, size_t count,
                          struct keys **keys, struct error *why)
{
    static char changed[SIGNER_TEXT_MOST], other[SIGNER_TEXT_MOST], set[SET_MOST];

    signer_object(base, changes, count, changed);
    signer_object(p256, &(struct member){"kid", "\"other\""}, 1, other);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", other, changed);
    return parses(set, keys, why);
}

static const struct change_of_key {
    const struct member *base;
    struct member changes[2];
    const char *reason; /* NULL: the key stays fit */
} changes_of_keys[] = {
    {rsa, {{NULL, NULL}}, NULL},
    {p256, {{NULL, NULL}}, NULL},
    {rsa, {{"use", "\"sig\""}, {"key_ops", "[\"verify\"]"}}, NULL},
    {rsa, {{"key_ops", "[\"sign\",\"verify\",\"private.example\"]"}}, NULL},
    {rsa, {{"alg", "\"RS256\""}, {"x5c", "[\"MIIB\"]"}}, NULL},
    {rsa, {{"unknown", "{\"a\":[1,2]}"}, {"issuer", "\"https://a/{tenantid}/v2.0\""}}, NULL},
    {rsa, {{"use", "\"enc\""}}, "use"},
    {rsa, {{"use", "\"SIG\""}}, "use"},
    {rsa, {{"use", "\"\""}}, "use"},
    {rsa, {{"use", "null"}}, "use"},
    {rsa, {{"use", "[\"sig\"]"}}, "use"},
    {rsa, {{"key_ops", "[]"}}, "key_ops"},
    {rsa, {{"key_ops", "[\"sign\"]"}}, "key_ops"},
    {rsa, {{"key_ops", "[\"encrypt\",\"wrapKey\"]"}}, "key_ops"},
    {rsa, {{"key_ops", "\"verify\""}}, "key_ops"},
    {rsa, {{"key_ops", "[\"verify\",1]"}}, "key_ops"},
    {rsa, {{"key_ops", "[\"verify\",\"verify\"]"}}, "twice"},
    {rsa, {{"key_ops", "[\"Verify\"]"}}, "key_ops"},
    {rsa, {{"key_ops", "null"}}, "key_ops"},
    {p256, {{"use", "\"sig\""}, {"key_ops", "[\"deriveKey\"]"}}, "key_ops"},
    {rsa, {{"alg", "1"}}, "alg"},
    {rsa, {{"alg", "null"}}, "alg"},
    {rsa, {{"issuer", "[]"}}, "issuer"},
    {rsa, {{"issuer", "\"\""}}, "issuer"},
    {rsa, {{"cloud_instance_name", "\"microsoftonline.com\""}}, NULL},
    {rsa, {{"cloud_instance_name", "[]"}}, "cloud_instance_name"},
    {rsa, {{"cloud_instance_name", "null"}}, "cloud_instance_name"},
    {rsa, {{"d", "\"AQAB\""}}, "private"},
    {rsa, {{"p", "\"AQAB\""}}, "private"},
    {rsa, {{"q", "null"}}, "private"},
    {rsa, {{"dp", "\"AQAB\""}}, "private"},
    {rsa, {{"dq", "\"AQAB\""}}, "private"},
    {rsa, {{"qi", "\"AQAB\""}}, "private"},
    {rsa, {{"oth", "[]"}}, "private"},
    {rsa, {{"k", "\"AQAB\""}}, "private"},
    {p256, {{"d", "\"AQAB\""}}, "private"},
    {rsa, {{"kty", "\"OKP\""}}, "type"},
    {rsa, {{"kty", "\"rsa\""}}, "type"},
    {rsa, {{"kty", "\"EC\""}}, "crv"},
    {rsa, {{"kty", NULL}}, "kty"},
    {rsa, {{"kty", "1"}}, "kty"},
    {p256, {{"kty", "\"RSA\""}}, "n is missing"},
    {rsa, {{"n", NULL}}, "n is missing"},
    {rsa, {{"e", NULL}}, "e is missing"},
    {rsa, {{"n", "\"\""}}, "n is empty"},
    {rsa, {{"e", "65537"}}, "e is not a text"},
    {rsa, {{"e", "\"AQ\""}}, "exponent"},      /* 1 */
    {rsa, {{"e", "\"Aw\""}}, "exponent"},      /* 3 */
    {rsa, {{"e", "\"EQ\""}}, "exponent"},      /* 17 */
    {rsa, {{"e", "\"__8\""}}, "exponent"},     /* 65535 */
    {rsa, {{"e", "\"AQAA\""}}, "exponent"},    /* 65536 */
    {rsa, {{"e", "\"AQAC\""}}, "exponent"},    /* 65538 */
    {rsa, {{"e", "\"AQAD\""}}, NULL},          /* 65539 */
    {rsa, {{"e", "\"AAEAAQ\""}}, "zero byte"}, /* 65537, padded */
    {rsa, {{"e", "\"AAAA\""}}, "zero byte"},   /* 0 */
    {rsa, {{"e", "\"AQAAAAAAAAAB\""}}, "too long"},
    {rsa, {{"e", "\"AQAB=\""}}, "base64url"},
    {rsa, {{"e", "\" AQAB\""}}, "base64url"},
    {p256, {{"crv", "\"P-384\""}}, "curve"},
    {p256, {{"crv", "\"p-256\""}}, "curve"},
    {p256, {{"crv", "\"secp256k1\""}}, "curve"},
    {p256, {{"crv", NULL}}, "crv"},
    {p256, {{"x", NULL}}, "x is missing"},
    {p256, {{"y", NULL}}, "y is missing"},
    {p256, {{"x", "\"AQAB\""}}, "32 bytes"},
    {p256, {{"y", "\"AQAB\""}}, "32 bytes"},
    {p256, {{"y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""}}, "key of its type"},
    {p256,
     {{"x", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""},
      {"y", "\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\""}},
     "key of its type"},
    {p256, {{"x", "\"__________________________________________8\""}}, "key of its type"},
};

static void a_key_that_does_not_fit_is_kept_out_of_use_with_the_reason(void **state)
{
    (void)state;
    keys_made();
    for (size_t i = 0; i < sizeof changes_of_keys / sizeof changes_of_keys[0]; i++) {
        const struct change_of_key *row = &changes_of_keys[i];
        const struct key *key = NULL;
        struct keys *keys = NULL;
        struct error why = {0};

        if (!parses_beside(row->base, row->changes, 2, &keys, &why))
            fail_msg("row %zu: refused whole: %s", i, why.text);
        assert_int_equal(keys_meant(keys, "mine", &key), 1);
        if ((key->type != KEY_UNFIT) != !row->reason || !key->public_part != !!row->reason)
            fail_msg("row %zu: type %d, %s", i, key->type, key->unfit.text);
        if (row->reason && !strstr(key->unfit.text, row->reason))
            fail_msg("row %zu: wants %s, says %s", i, row->reason, key->unfit.text);
        keys_release(keys);
    }
}

/* What a key of the set is said to be unfit for, when its modulus is replaced; NULL: nothing. */
static bool modulus_is_said(const char *modulus, const char *reason)
{
    const struct key *key = NULL;
    struct keys *keys = NULL;
    struct error why = {0};
    bool said;

    keys_made();
    assert_true(parses_beside(rsa, &(struct member){"n", modulus}, 1, &keys, &why));
    assert_int_equal(keys_meant(keys, "mine", &key), 1);
    said =
        reason ? key->type == KEY_UNFIT && strstr(key->unfit.text, reason) : key->type == KEY_RSA;
    if (!said)
        print_message("%s\n", key->unfit.text);
    keys_release(keys);
    return said;
}

static void a_modulus_must_be_of_a_sane_size(void **state)
{
    static const struct {
        unsigned bits;
        const char *reason;
    } rows[] = {{512, "2048"}, {1024, "2048"}, {2040, "2048"}, {2047, "2048"},
                {2048, NULL},  {2056, NULL},   {3072, NULL}};
    unsigned char endless[1025];
    char *text;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        text = modulus_of(rows[i].bits);
        assert_true(modulus_is_said(text, rows[i].reason));
        free(text);
    }
    memset(endless, 0xfb, sizeof endless);
    text = quoted_bytes(endless, sizeof endless);
    assert_true(modulus_is_said(text, "too long"));
    free(text);
}

/* The modulus of a new key, changed by `change`. */
static char *modulus_changed(void (*change)(BIGNUM *modulus))
{
    EVP_PKEY *key = EVP_RSA_gen(2048);
    unsigned char bytes[300];
    BIGNUM *modulus = NULL;
    int length;

    EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_N, &modulus);
    change(modulus);
    length = BN_bn2bin(modulus, bytes);
    BN_free(modulus);
    EVP_PKEY_free(key);
    return quoted_bytes(bytes, (size_t)length);
}

/* Even, and nothing else is wrong with it. */
static void make_even(BIGNUM *modulus)
{
    unsigned char bytes[300];

    BN_clear_bit(modulus, 0);
    while (roca_divisible(bytes, (size_t)BN_bn2bin(modulus, bytes)))
        BN_add_word(modulus, 2);
}

static void make_divisible(BIGNUM *modulus)
{
    BN_ULONG rest = BN_mod_word(modulus, 2UL * 167);

    /* The next odd multiple of 167. */
    BN_add_word(modulus, 2 * 167 + 167 - rest);
}

static void a_modulus_with_a_small_factor_or_a_spare_zero_is_unfit(void **state)
{
    unsigned char padded[257] = {0};
    char *text = modulus_changed(make_even);

    (void)state;
    assert_true(modulus_is_said(text, "small factor"));
    free(text);
    text = modulus_changed(make_divisible);
    assert_true(modulus_is_said(text, "small factor"));
    free(text);
    memset(padded + 1, 0xc1, sizeof padded - 1);
    text = quoted_bytes(padded, sizeof padded);
    assert_true(modulus_is_said(text, "zero byte"));
    free(text);
}

/* A prime as the flawed generator made it: k * M + (65537^a mod M), M the first 126 primes. */
static BIGNUM *weak_prime(BN_CTX *context)
{
    BIGNUM *product = BN_new(), *power = BN_new(), *base = BN_new(), *prime = BN_new();
    unsigned found = 0;

    BN_one(product);
    for (unsigned candidate = 2; found < 126; candidate++) {
        bool composite = false;

        for (unsigned divisor = 2; divisor * divisor <= candidate; divisor++)
            composite = composite || candidate % divisor == 0;
        if (!composite && ++found)
            BN_mul_word(product, candidate);
    }
    BN_set_word(base, 65537);
    do {
        BN_rand(power, 64, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY);
        BN_mod_exp(power, base, power, product, context);
        BN_rand(prime, 1024 - BN_num_bits(product), BN_RAND_TOP_TWO, BN_RAND_BOTTOM_ANY);
        BN_mul(prime, prime, product, context);
        BN_add(prime, prime, power);
    } while (BN_check_prime(prime, context, NULL) != 1);
    BN_free(product);
    BN_free(power);
    BN_free(base);
    return prime;
}

static void moduli_of_the_flawed_generator_are_recognised(void **state)
{
    BN_CTX *context = BN_CTX_new();
    unsigned char bytes[300];

    (void)state;
    for (unsigned i = 0; i < 3; i++) {
        BIGNUM *one = weak_prime(context), *other = weak_prime(context);
        size_t length;
        char *text;

        BN_mul(one, one, other, context);
        length = (size_t)BN_bn2bin(one, bytes);
        assert_true(roca_weak(bytes, length));
        assert_false(roca_divisible(bytes, length));
        if (BN_num_bits(one) >= 2048) {
            text = quoted_bytes(bytes, length);
            assert_true(modulus_is_said(text, "CVE-2017-15361"));
            free(text);
        }
        BN_free(one);
        BN_free(other);
    }
    BN_CTX_free(context);
}

static void sound_moduli_are_not_taken_for_flawed_ones(void **state)
{
    unsigned char bytes[256];
    uint32_t random = 1;

    (void)state;
    for (unsigned i = 0; i < 20000; i++) {
        for (size_t at = 0; at < sizeof bytes; at++) {
            random = random * 1664525 + 1013904223;
            bytes[at] = (unsigned char)(random >> 24);
        }
        assert_false(roca_weak(bytes, sizeof bytes));
    }
}

static void some_sets_are_refused_whole(void **state)
{
    static const char *const entries[] = {"{\"kty\":\"oct\",\"k\":\"AAAA\"}",
                                          "{\"kty\":\"oct\",\"kid\":\"x\",\"k\":\"AAAA\"}",
                                          "{\"kty\":\"oct\"}",
                                          "{\"kty\":\"OCT\",\"k\":\"AAAA\"}",
                                          "{\"k\":\"AAAA\"}",
                                          "{\"kid\":\"a\",\"kid\":\"b\"}",
                                          "{\"kty\":\"RSA\",\"kty\":\"RSA\"}",
                                          "null",
                                          "1",
                                          "\"key\"",
                                          "[]",
                                          "{\"x\":{\"y\":1,\"y\":1}}"};
    static char good[SIGNER_TEXT_MOST], set[SET_MOST];

    (void)state;
    keys_made();
    signer_object(rsa, NULL, 0, good);
    for (size_t i = 0; i < 2 * sizeof entries / sizeof entries[0]; i++) {
        struct keys *keys = NULL;
        struct error why = {0};
        const char *entry = entries[i / 2];

        snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", i % 2 ? good : entry, i % 2 ? entry : good);
        if (parses(set, &keys, &why))
            fail_msg("accepted %s", entry);
        assert_null(keys);
        assert_true(why.kind == ERROR_MALFORMED || why.kind == ERROR_UNTRUSTED);
    }
}

static void what_is_no_key_set_is_refused(void **state)
{
    static const char *const bad[] = {"",
                                      "{}",
                                      "[]",
                                      "null",
                                      "{\"keys\":[]}",
                                      "{\"keys\":{}}",
                                      "{\"keys\":null}",
                                      "{\"keys\":\"\"}",
                                      "{\"Keys\":[]}",
                                      "<html>",
                                      "{\"kty\":\"RSA\"}",
                                      "{\"kty\":\"OKP\"}"};
    static char good[SIGNER_TEXT_MOST], text[SET_MOST];
    struct keys *keys = NULL;
    struct error why = {0};

    (void)state;
    keys_made();
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (parses(bad[i], &keys, &why))
            fail_msg("accepted %s", bad[i]);
    signer_object(rsa, NULL, 0, good);
    snprintf(text, sizeof text, "{\"keys\":[%s]} x", good);
    assert_false(parses(text, &keys, &why));
    snprintf(text, sizeof text, "{\"keys\":[%s],\"keys\":[%s]}", good, good);
    assert_false(parses(text, &keys, &why));
    snprintf(text, sizeof text, "{\"keys\":[%s],\"kty\":\"RSA\"}", good);
    assert_false(parses(text, &keys, &why));
    assert_null(keys);
}

static void a_set_without_one_fit_key_is_refused_and_says_why(void **state)
{
    static char text[SIGNER_TEXT_MOST];
    struct keys *keys = NULL;
    struct error why = {0};

    (void)state;
    keys_made();
    signer_object(rsa, &(struct member){"use", "\"enc\""}, 1, text);
    assert_false(parses(text, &keys, &why));
    assert_int_equal(why.kind, ERROR_UNTRUSTED);
    assert_non_null(strstr(why.text, "its use is not sig"));
}

static void more_keys_or_bytes_than_allowed_are_refused(void **state)
{
    static char good[SIGNER_TEXT_MOST], spaces[KEYS_BODY_MOST];

    (void)state;
    memset(spaces, ' ', sizeof spaces);
    keys_made();
    signer_object(p256, NULL, 0, good);
    for (unsigned count = KEYS_MOST; count <= KEYS_MOST + 1; count++) {
        OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(2 * (size_t)KEYS_BODY_MOST);
        struct keys *keys = NULL;
        struct error why = {0};

        assert_true(buffer_add(&text, "{\"keys\":[", 9));
        for (unsigned i = 0; i < count; i++) {
            assert_true(buffer_add(&text, ",", i > 0));
            assert_true(buffer_add(&text, good, strlen(good)));
        }
        assert_true(buffer_add(&text, "]}", 2));
        assert_int_equal(keys_parse(text.bytes, text.length, &keys, &why), count <= KEYS_MOST);
        keys_release(keys);
        keys = NULL;
        assert_true(buffer_add(&text, spaces, KEYS_BODY_MOST));
        assert_false(keys_parse(text.bytes, text.length, &keys, &why));
    }
}

static void a_name_means_all_keys_that_bear_it(void **state)
{
    static char one[SIGNER_TEXT_MOST], two[SIGNER_TEXT_MOST], set[SET_MOST];
    const struct key *key = NULL;
    struct keys *keys = NULL;
    struct error why = {0};

    (void)state;
    keys_made();
    signer_object(rsa, NULL, 0, one);
    assert_true(parses(one, &keys, &why));
    assert_int_equal(keys_meant(keys, "Mine", &key), 0);
    assert_int_equal(keys_meant(keys, "mine2", &key), 0);
    assert_int_equal(keys_meant(keys, "", &key), 0);
    assert_null(key);
    assert_int_equal(keys_meant(keys, NULL, &key), 1);
    assert_non_null(key);
    keys_release(keys);

    /* An unfit key still makes its name ambiguous. */
    key = NULL;
    signer_object(p256, &(struct member){"use", "\"enc\""}, 1, two);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", one, two);
    assert_true(parses(set, &keys, &why));
    assert_int_equal(keys_meant(keys, "mine", &key), 2);
    assert_int_equal(keys_meant(keys, NULL, &key), 2);
    assert_null(key);
    keys_release(keys);

    /* A key without a name bears none, not even an empty one. */
    signer_object(rsa, &(struct member){"kid", NULL}, 1, one);
    assert_true(parses(one, &keys, &why));
    assert_int_equal(keys_meant(keys, "", &key), 0);
    assert_int_equal(keys_meant(keys, "mine", &key), 0);
    assert_int_equal(keys_meant(keys, NULL, &key), 1);
    keys_release(keys);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_that_does_not_fit_is_kept_out_of_use_with_the_reason),
        cmocka_unit_test(a_modulus_must_be_of_a_sane_size),
        cmocka_unit_test(a_modulus_with_a_small_factor_or_a_spare_zero_is_unfit),
        cmocka_unit_test(moduli_of_the_flawed_generator_are_recognised),
        cmocka_unit_test(sound_moduli_are_not_taken_for_flawed_ones),
        cmocka_unit_test(some_sets_are_refused_whole),
        cmocka_unit_test(what_is_no_key_set_is_refused),
        cmocka_unit_test(a_set_without_one_fit_key_is_refused_and_says_why),
        cmocka_unit_test(more_keys_or_bytes_than_allowed_are_refused),
        cmocka_unit_test(a_name_means_all_keys_that_bear_it),
    };

    return check_main("keys", tests);
}
