/* SPDX-License-Identifier: MIT */
#include "tests/issuer.h"

#include <openssl/pem.h>
#include <openssl/x509.h>

static void each_algorithm_works_only_where_it_is_allowed(void **state)
{
    static const struct {
        const char *name;
        unsigned algorithm;
    } rows[] = {{"\"RS256\"", ALGORITHM_RS256},
                {"\"PS256\"", ALGORITHM_PS256},
                {"\"ES256\"", ALGORITHM_ES256}};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++)
        for (unsigned allowed = 0; allowed <= ALL; allowed++)
            assert_int_equal(taken_passes(good_token(rows[i].name), allowed),
                             (allowed & rows[i].algorithm) != 0);
}

static void a_token_changed_in_any_bit_or_cut_anywhere_is_refused(void **state)
{
    static const char *const algorithms[] = {"\"RS256\"", "\"PS256\"", "\"ES256\""};

    (void)state;
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        OWNED(free_memory) char *token = good_token(algorithms[i]);
        size_t length = strlen(token);

        assert_true(passes(token, ALL, &ada));
        for (size_t at = 0; at < length; at++)
            for (unsigned bit = 0; bit < 8; bit++) {
                token[at] = (char)(token[at] ^ 1 << bit);
                if (verify_with(token, length, issuer_keys, ALL, &ada) == SIGNATURE_GOOD)
                    fail_msg("%s: byte %zu, bit %u", algorithms[i], at, bit);
                token[at] = (char)(token[at] ^ 1 << bit);
            }
        for (size_t cut = 0; cut < length; cut++) {
            /* A block of exactly that size, so that a byte read beyond is seen. */
            OWNED(free_memory) char *part = malloc(cut ? cut : 1);

            memcpy(part, token, cut);
            assert_int_not_equal(verify_with(part, cut, issuer_keys, ALL, &ada), SIGNATURE_GOOD);
        }
        assert_true(passes(token, ALL, &ada));
    }
}

static void bytes_added_or_put_in_anywhere_are_refused(void **state)
{
    static const char added[] = "=. \n\r\t\0A+/";
    OWNED(free_memory) char *token = good_token("\"RS256\"");
    size_t length = strlen(token);
    OWNED(free_memory) char *longer = malloc(length + 1);

    (void)state;
    for (size_t at = 0; at <= length; at++)
        for (size_t i = 0; i < sizeof added - 1; i++) {
            memcpy(longer, token, at);
            longer[at] = added[i];
            memcpy(longer + at + 1, token + at, length - at);
            assert_int_not_equal(verify_with(longer, length + 1, issuer_keys, ALL, &ada),
                                 SIGNATURE_GOOD);
        }
}

static void a_token_has_three_parts(void **state)
{
    OWNED(free_memory) char *token = good_token("\"RS256\"");
    char *last = strrchr(token, '.');
    static const char *const parts[] = {"", ".", "..", "...", "....", "a.b.c", ".."};
    char text[8192];

    (void)state;
    for (size_t i = 0; i < ROWS(parts); i++)
        assert_false(passes(parts[i], ALL, &ada));
    snprintf(text, sizeof text, "%s.", token);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, "%s.%s", token, last + 1);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, "%s..%s", token, last + 1);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, ".%s", token);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, "%.*s", (int)(last - token), token);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, "%.*s.", (int)(last - token), token);
    assert_false(passes(text, ALL, &ada));
    snprintf(text, sizeof text, "%.*s..%s", (int)(last - token), token, last + 1);
    assert_false(passes(text, ALL, &ada));
}

/* Takes the token. */
static bool taken_is_signed(char *taken_token)
{
    OWNED(free_memory) char *token = taken_token;
    OWNED(buffer_release) struct buffer payload = {0};

    return token_signature(token, strlen(token), issuer_keys, ALL, &payload, &(struct error){0}) ==
           SIGNATURE_GOOD;
}

/* Signed as they stand, so that nothing but the spelling is wrong. */
static void parts_that_are_not_canonical_are_refused_though_signed(void **state)
{
    static char head[SIGNER_TEXT_MOST], payload[SIGNER_TEXT_MOST], padded[SIGNER_TEXT_MOST];
    static const char *const tails[] = {"=", "==", " ", "\n", "+", "%3d"};

    (void)state;
    signer_object(header, NULL, 0, head);
    signer_object(claims, NULL, 0, payload);
    for (size_t spaces = 0; spaces < 3; spaces++) {
        OWNED(free_memory) char *first = signer_encode(head, strlen(head)), *second = NULL;

        memset(padded, ' ', sizeof padded);
        memcpy(padded, payload, strlen(payload));
        padded[strlen(payload) + spaces] = '\0';
        second = signer_encode(padded, strlen(padded));
        assert_true(
            taken_is_signed(signer_token_of(signer_joined(first, second), rsa, &plain_sha256)));
        for (size_t i = 0; i < ROWS(tails); i++) {
            char longer[8192];

            snprintf(longer, sizeof longer, "%s%s", second, tails[i]);
            assert_false(
                taken_is_signed(signer_token_of(signer_joined(first, longer), rsa, &plain_sha256)));
            snprintf(longer, sizeof longer, "%s%s", first, tails[i]);
            assert_false(taken_is_signed(
                signer_token_of(signer_joined(longer, second), rsa, &plain_sha256)));
        }
        /* The last character has bits to spare; only zeros are canonical. */
        if (strlen(second) % 4 != 0) {
            second[strlen(second) - 1]++;
            assert_false(
                taken_is_signed(signer_token_of(signer_joined(first, second), rsa, &plain_sha256)));
        }
    }
}

static void documents_that_are_no_strict_objects_are_refused_though_signed(void **state)
{
    static char head[SIGNER_TEXT_MOST], payload[SIGNER_TEXT_MOST], text[SIGNER_TEXT_MOST];
    static const char *const shapes[] = {"[%s]",           "%s{}",   "%s,",
                                         "\xef\xbb\xbf%s", "%s\x01", "//\n%s"};

    (void)state;
    signer_object(header, NULL, 0, head);
    signer_object(claims, NULL, 0, payload);
    for (size_t i = 0; i < ROWS(shapes); i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(text, sizeof text, shapes[i], payload);
        assert_false(taken_passes(signer_token(head, text, rsa, &plain_sha256), ALL));
        snprintf(text, sizeof text, shapes[i], head);
        assert_false(taken_passes(signer_token(text, payload, rsa, &plain_sha256), ALL));
#pragma GCC diagnostic pop
    }
    assert_false(taken_passes(signer_token(head, "", rsa, &plain_sha256), ALL));
    assert_false(taken_passes(signer_token("", payload, rsa, &plain_sha256), ALL));
}

static void a_token_of_a_mebibyte_is_refused(void **state)
{
    static char head[SIGNER_TEXT_MOST];
    OWNED(free_memory) char *big = malloc(1u << 20), *token = NULL;

    (void)state;
    signer_object(claims, NULL, 0, big);
    memset(big + strlen(big), ' ', 8);
    for (size_t i = strlen(big), end = 60u << 10; i < end; i++)
        big[i] = ' ';
    big[60u << 10] = '\0';
    signer_object(header, NULL, 0, head);
    assert_false(taken_passes(signer_token(head, big, rsa, &plain_sha256), ALL));
    token = malloc(1u << 20);
    memset(token, 'A', 1u << 20);
    assert_int_not_equal(verify_with(token, 1u << 20, issuer_keys, ALL, &ada), SIGNATURE_GOOD);
}

static char *pem_of(EVP_PKEY *key)
{
    BIO *memory = BIO_new(BIO_s_mem());
    char *text = NULL, *copy;
    long length;

    PEM_write_bio_PUBKEY(memory, key);
    length = BIO_get_mem_data(memory, &text);
    copy = strndup(text, (size_t)length);
    BIO_free(memory);
    return copy;
}

static void public_bytes_are_no_secret_for_a_mac(void **state)
{
    static char head[SIGNER_TEXT_MOST], payload[SIGNER_TEXT_MOST];
    static const char *const algorithms[] = {"\"HS256\"", "\"RS256\"", "\"PS256\"", "\"none\""};
    OWNED(free_memory) char *pem = pem_of(rsa);
    unsigned char *der = NULL, modulus[256];
    int der_length = i2d_PUBKEY(rsa, &der);
    BIGNUM *n = NULL;

    (void)state;
    EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &n);
    BN_bn2bin(n, modulus);
    signer_object(claims, NULL, 0, payload);
    for (size_t i = 0; i < ROWS(algorithms); i++) {
        const struct {
            const void *bytes;
            size_t length;
        } secrets[] = {{"", 0},
                       {pem, strlen(pem)},
                       {pem, strlen(pem) - 1},
                       {der, (size_t)der_length},
                       {modulus, sizeof modulus},
                       {rsa_jwk, strlen(rsa_jwk)},
                       {issuer_set, strlen(issuer_set)}};

        signer_object(header, &(struct member){"alg", algorithms[i]}, 1, head);
        for (size_t j = 0; j < ROWS(secrets); j++)
            assert_false(taken_passes(
                signer_mac_token(head, payload, secrets[j].bytes, secrets[j].length), ~0u));
    }
    BN_free(n);
    OPENSSL_free(der);
}

static void signatures_by_another_key_or_in_another_manner_are_refused(void **state)
{
    static const struct {
        const char *algorithm;
        struct manner how;
    } rows[] = {
        {"\"RS256\"", {"SHA1", -1, NULL}},   {"\"RS256\"", {"SHA384", -1, NULL}},
        {"\"RS256\"", {"SHA512", -1, NULL}}, {"\"RS256\"", {"SHA256", 32, NULL}},
        {"\"PS256\"", {"SHA256", -1, NULL}}, {"\"PS256\"", {"SHA256", 0, NULL}},
        {"\"PS256\"", {"SHA256", 20, NULL}}, {"\"PS256\"", {"SHA256", 31, NULL}},
        {"\"PS256\"", {"SHA256", 33, NULL}}, {"\"PS256\"", {"SHA256", 222, NULL}},
        {"\"PS256\"", {"SHA384", 32, NULL}}, {"\"PS256\"", {"SHA256", 32, "SHA1"}},
        {"\"PS256\"", {"SHA512", 32, NULL}}, {"\"PS256\"", {"SHA256", 32, "SHA512"}},
    };
    struct mutation row = {0};

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        row.header[0] = (struct member){"alg", rows[i].algorithm};
        if (taken_passes(token_of(&row, rsa, &rows[i].how), ALL))
            fail_msg("row %zu", i);
    }
    row.header[0] = (struct member){NULL, NULL};
    assert_false(taken_passes(token_of(&row, stranger, &plain_sha256), ALL));
    assert_true(taken_passes(token_of(&row, rsa, &plain_sha256), ALL));
}

/* The good token for `algorithm`, its signature replaced. */
static bool passes_signed_by(const char *algorithm, const void *signature, size_t length)
{
    OWNED(free_memory) char *token = good_token(algorithm);
    char *encoded = strndup(token, (size_t)(strrchr(token, '.') - token));

    return taken_passes(signer_finish(encoded, signature, length), ALL);
}

/* The bytes of a signature over the good token, in the form that the token has. */
static size_t signature_of(const char *algorithm, unsigned char *bytes, size_t room, bool raw)
{
    OWNED(free_memory) char *token = good_token(algorithm);
    bool curve = strcmp(algorithm, "\"ES256\"") == 0;
    size_t length;

    *strrchr(token, '.') = '\0';
    length = signer_sign(curve ? p256 : rsa, &plain_sha256, token, bytes, room);
    return curve && raw ? signer_raw_ecdsa(bytes, length) : length;
}

static void an_rsa_signature_is_as_long_as_the_modulus(void **state)
{
    unsigned char bytes[1024] = {0};
    size_t length = signature_of("\"RS256\"", bytes + 1, sizeof bytes - 1, true);

    (void)state;
    assert_int_equal(length, 256);
    assert_true(passes_signed_by("\"RS256\"", bytes + 1, length));
    assert_false(passes_signed_by("\"RS256\"", bytes, length + 1));
    assert_false(passes_signed_by("\"RS256\"", bytes + 1, length + 1));
    assert_false(passes_signed_by("\"RS256\"", bytes + 1, length - 1));
    assert_false(passes_signed_by("\"RS256\"", bytes + 1, 0));
    memset(bytes, 0, sizeof bytes);
    assert_false(passes_signed_by("\"RS256\"", bytes, 256));
    bytes[255] = 1;
    assert_false(passes_signed_by("\"RS256\"", bytes, 256));
    assert_false(passes_signed_by("\"PS256\"", bytes, 256));
    memset(bytes, 0xff, 256);
    assert_false(passes_signed_by("\"RS256\"", bytes, 256));
}

/* A signature that is right but for the modulus added once: another spelling of the same number. */
static void an_rsa_signature_above_the_modulus_is_refused(void **state)
{
    unsigned char bytes[512];
    size_t length = signature_of("\"RS256\"", bytes, sizeof bytes, true);
    BIGNUM *signature = BN_bin2bn(bytes, (int)length, NULL), *modulus = NULL;

    (void)state;
    EVP_PKEY_get_bn_param(rsa, OSSL_PKEY_PARAM_RSA_N, &modulus);
    BN_add(signature, signature, modulus);
    length = (size_t)BN_bn2bin(signature, bytes);
    assert_false(passes_signed_by("\"RS256\"", bytes, length));
    BN_free(signature);
    BN_free(modulus);
}

static void an_ecdsa_signature_is_r_and_s_within_their_range(void **state)
{
    static const char order_hex[] =
        "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";
    unsigned char good[128], bytes[128], order[32], der[128];
    BIGNUM *n = NULL;
    size_t der_length;

    (void)state;
    BN_hex2bn(&n, order_hex);
    BN_bn2bin(n, order);
    BN_free(n);
    assert_int_equal(signature_of("\"ES256\"", good, sizeof good, true), 64);
    assert_true(passes_signed_by("\"ES256\"", good, 64));
    der_length = signature_of("\"ES256\"", der, sizeof der, false);
    assert_false(passes_signed_by("\"ES256\"", der, der_length));
    for (unsigned which = 0; which < 6; which++) {
        memcpy(bytes, good, 64);
        if (which % 3 != 1)
            which < 3 ? memset(bytes, 0, 32) : memcpy(bytes, order, 32);
        if (which % 3 != 0)
            which < 3 ? memset(bytes + 32, 0, 32) : memcpy(bytes + 32, order, 32);
        assert_false(passes_signed_by("\"ES256\"", bytes, 64));
    }
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + 1, good, 64);
    assert_false(passes_signed_by("\"ES256\"", bytes, 65));
    assert_false(passes_signed_by("\"ES256\"", bytes + 1, 65));
    assert_false(passes_signed_by("\"ES256\"", good, 63));
    assert_false(passes_signed_by("\"ES256\"", good, 32));
    assert_false(passes_signed_by("\"ES256\"", good, 0));
    memset(bytes, 0xff, 64);
    assert_false(passes_signed_by("\"ES256\"", bytes, 64));
    /* Each half with a zero in front, as ASN.1 would have it. */
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes + 1, good, 32);
    memcpy(bytes + 34, good + 32, 32);
    assert_false(passes_signed_by("\"ES256\"", bytes, 66));
}

/* How a token with this header fares against a set of its own. */
static enum signature against(const char *set, const struct member kid, const char *payload)
{
    static char head[SIGNER_TEXT_MOST];
    struct keys *keys = keys_of(set);
    OWNED(free_memory) char *token = NULL;
    OWNED(buffer_release) struct buffer out = {0};
    struct error why = {0};
    enum signature result;

    signer_object(header, &kid, 1, head);
    token = signer_token(head, payload, rsa, &plain_sha256);
    result = token_signature(token, strlen(token), keys, ALL, &out, &why);
    if (result == SIGNATURE_GOOD) {
        assert_int_equal(out.length, strlen(payload));
        assert_memory_equal(out.length ? out.bytes : "", payload, out.length);
    } else
        assert_null(out.bytes);
    keys_release(keys);
    return result;
}

static void a_token_means_exactly_one_key(void **state)
{
    char plain[4096], named[4096], foreign[4096], rs384[4096], set[SIGNER_TEXT_MOST];
    const struct member none = {"kid", NULL}, mine = {"kid", "\"rsa\""};

    (void)state;
    jwk_of_rsa(rsa, "", plain, sizeof plain);
    jwk_of_rsa(rsa, ",\"kid\":\"rsa\"", named, sizeof named);
    jwk_of_rsa(stranger, "", foreign, sizeof foreign);
    jwk_of_rsa(rsa, ",\"alg\":\"RS384\"", rs384, sizeof rs384);
    assert_int_equal(against(plain, none, "any bytes"), SIGNATURE_GOOD);
    assert_int_equal(against(plain, none, ""), SIGNATURE_GOOD);
    assert_int_equal(against(named, none, "{}"), SIGNATURE_GOOD);
    assert_int_equal(against(named, mine, "{}"), SIGNATURE_GOOD);
    assert_int_equal(against(plain, mine, "{}"), SIGNATURE_UNKNOWN_KEY);
    assert_int_equal(against(named, (struct member){"kid", "\"other\""}, "{}"),
                     SIGNATURE_UNKNOWN_KEY);
    assert_int_equal(against(rs384, none, "{}"), SIGNATURE_BAD);
    /* The one key may have been replaced by a new one that has no name either. */
    assert_int_equal(against(foreign, none, "{}"), SIGNATURE_UNKNOWN_KEY);
    snprintf(set, sizeof set, "{\"keys\":[%s]}", plain);
    assert_int_equal(against(set, none, "{}"), SIGNATURE_GOOD);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", plain, p256_jwk);
    assert_int_equal(against(set, none, "{}"), SIGNATURE_BAD);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", named, p256_jwk);
    assert_int_equal(against(set, mine, "{}"), SIGNATURE_GOOD);
    snprintf(set, sizeof set, "{\"keys\":[%s,%s]}", named, named);
    assert_int_equal(against(set, mine, "{}"), SIGNATURE_BAD);
}

static void a_key_fits_only_the_algorithm_it_names(void **state)
{
    static const char *const names[] = {"RS256", "PS256", "ES256", "RS384", "RS256x", "HS256"};
    static const struct manner *const manners[] = {&plain_sha256, &pss_sha256};
    char jwk[4096], more[64];

    (void)state;
    for (size_t i = 0; i < ROWS(names); i++)
        for (size_t used = 0; used < 2; used++) {
            OWNED(free_memory) char *token = NULL;
            struct mutation row = {
                .header = {{"alg", used ? "\"PS256\"" : "\"RS256\""}, {"kid", NULL}}};
            struct keys *keys;

            snprintf(more, sizeof more, ",\"alg\":\"%s\"", names[i]);
            jwk_of_rsa(rsa, more, jwk, sizeof jwk);
            keys = keys_of(jwk);
            token = token_of(&row, rsa, manners[used]);
            assert_int_equal(verify_with(token, strlen(token), keys, ALL, &ada) == SIGNATURE_GOOD,
                             i == used);
            keys_release(keys);
        }
}

/* These would fail in OpenSSL as well; they must not get there. */
static void a_key_that_is_not_meant_for_it_is_not_even_tried(void **state)
{
    static const struct {
        struct mutation row;
        const char *reason;
    } rows[] = {
        {{.says = "unfit", .header = {{"kid", "\"enc\""}}}, "unfit: its use is not sig"},
        {{.says = "RSA for a curve", .header = {{"kid", "\"ec\""}}}, "not for its algorithm"},
        {{.says = "a curve for RSA", .header = {{"alg", "\"ES256\""}}}, "not for its algorithm"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        OWNED(free_memory) char *token = token_of(&rows[i].row, rsa, &plain_sha256);
        struct identity identity = {0};
        struct error why = {0};

        assert_int_equal(
            token_verify(token, strlen(token), issuer_keys, ALL, &ada, &identity, &why),
            SIGNATURE_BAD);
        assert_non_null(strstr(why.text, rows[i].reason));
    }
}

/* RFC 7515 A.2 and A.3; their payload is the same. */
#define RFC_PAYLOAD                                                                                \
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVl" \
    "fQ"

static void the_examples_of_the_rfc_are_accepted(void **state)
{
    static const struct {
        unsigned algorithm;
        const char *key, *token;
    } rows[] = {
        {ALGORITHM_RS256,
         "{\"kty\":\"RSA\",\"n\":\"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_"
         "wWJcyQoTbji9k0l8W26mPddxHmfHQp-"
         "Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzj"
         "b_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZ"
         "lxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb"
         "54h4FRWyuXpoQ\",\"e\":\"AQAB\"}",
         "eyJhbGciOiJSUzI1NiJ9." RFC_PAYLOAD
         ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8"
         "W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvk"
         "SjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCn"
         "vWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
        {ALGORITHM_ES256,
         "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
         "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
         "eyJhbGciOiJFUzI1NiJ9." RFC_PAYLOAD
         ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    };

    (void)state;
    for (size_t i = 0; i < ROWS(rows); i++) {
        OWNED(buffer_release) struct buffer payload = {0};
        struct keys *keys = keys_of(rows[i].key);
        struct error why = {0};

        assert_int_equal(token_signature(rows[i].token, strlen(rows[i].token), keys,
                                         rows[i].algorithm, &payload, &why),
                         SIGNATURE_GOOD);
        assert_int_equal(strncmp(payload.bytes, "{\"iss\":\"joe\",", 13), 0);
        assert_int_equal(token_signature(rows[i].token, strlen(rows[i].token), keys,
                                         ALL & ~rows[i].algorithm, &payload, &why),
                         SIGNATURE_BAD);
        keys_release(keys);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_algorithm_works_only_where_it_is_allowed),
        cmocka_unit_test(a_token_changed_in_any_bit_or_cut_anywhere_is_refused),
        cmocka_unit_test(bytes_added_or_put_in_anywhere_are_refused),
        cmocka_unit_test(a_token_has_three_parts),
        cmocka_unit_test(parts_that_are_not_canonical_are_refused_though_signed),
        cmocka_unit_test(documents_that_are_no_strict_objects_are_refused_though_signed),
        cmocka_unit_test(a_token_of_a_mebibyte_is_refused),
        cmocka_unit_test(public_bytes_are_no_secret_for_a_mac),
        cmocka_unit_test(signatures_by_another_key_or_in_another_manner_are_refused),
        cmocka_unit_test(an_rsa_signature_is_as_long_as_the_modulus),
        cmocka_unit_test(an_rsa_signature_above_the_modulus_is_refused),
        cmocka_unit_test(an_ecdsa_signature_is_r_and_s_within_their_range),
        cmocka_unit_test(a_token_means_exactly_one_key),
        cmocka_unit_test(a_key_fits_only_the_algorithm_it_names),
        cmocka_unit_test(a_key_that_is_not_meant_for_it_is_not_even_tried),
        cmocka_unit_test(the_examples_of_the_rfc_are_accepted),
    };

    return check_done("signature", ROWS(tests),
                      cmocka_run_group_tests_name("signature", tests, make_keys, drop_keys));
}
