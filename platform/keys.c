/* SPDX-License-Identifier: MIT */
#include "platform/keys.h"
#include "base/buffer.h"
#include "base/own.h"
#include "base/text.h"
#include "platform/base64url.h"
#include "platform/json.h"
#include "platform/roca.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#define RSA_BYTES_LEAST    256  /* 2048 bits */
#define RSA_BYTES_MOST     1024 /* 8192 bits: what a forged set can make us compute is bounded */
#define MEMBER_TEXT_MOST   2048 /* characters of a number */
#define RSA_EXPONENT_LEAST 65537
#define RSA_EXPONENT_MOST  8  /* bytes; OpenSSL computes with no more for large moduli */
#define COORDINATE         32 /* bytes, of P-256 */
#define POINT_UNCOMPRESSED 4  /* SEC 1, 2.3.3 */

struct keys {
    size_t count;
    struct key items[];
};

OWN_DEFINE(context_release, EVP_PKEY_CTX, EVP_PKEY_CTX_free);
OWN_DEFINE(number_release, BIGNUM, BN_free);
OWN_DEFINE(builder_release, OSSL_PARAM_BLD, OSSL_PARAM_BLD_free);
OWN_DEFINE(params_release, OSSL_PARAM, OSSL_PARAM_free);
OWN_DEFINE(draft_release, struct keys, keys_release);

static bool copied(const json_t *jwk, const char *name, char **copy, struct error *why)
{
    const char *text = NULL;

    if (!json_text_if_any(jwk, name, KEYS_TEXT_MOST, &text, why))
        return false;
    if (text && !(*copy = strdup(text)))
        return error_set(why, ERROR_SYSTEM, "out of memory");
    return true;
}

/* A private key in a published set is no secret any more. */
static bool public_only(const json_t *jwk, struct error *why)
{
    static const char *const secrets[] = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"};

    for (size_t i = 0; i < sizeof secrets / sizeof secrets[0]; i++)
        if (json_object_get(jwk, secrets[i]))
            return error_set(why, ERROR_UNTRUSTED, "it holds private members");
    return true;
}

static size_t times_in(const json_t *list, const char *text)
{
    size_t times = 0;

    for (size_t i = 0; i < json_array_size(list); i++)
        if (strcmp(json_string_value(json_array_get(list, i)), text) == 0)
            times++;
    return times;
}

/* RFC 7517 4.3: a list of texts, none of them twice, and ours among them. */
static bool may_verify(const json_t *jwk, struct error *why)
{
    const json_t *operations = json_object_get(jwk, "key_ops");

    if (!operations)
        return true;
    for (size_t i = 0; i < json_array_size(operations); i++)
        if (!json_is_string(json_array_get(operations, i)))
            return error_set(why, ERROR_UNTRUSTED, "key_ops holds something that is no text");
    for (size_t i = 0; i < json_array_size(operations); i++)
        if (times_in(operations, json_string_value(json_array_get(operations, i))) > 1)
            return error_set(why, ERROR_UNTRUSTED, "key_ops names one operation twice");
    return times_in(operations, "verify") == 1 ||
           error_set(why, ERROR_UNTRUSTED, "key_ops does not allow verifying");
}

static bool made_for_signatures(const json_t *jwk, struct error *why)
{
    const char *use = "sig";

    if (!json_text_if_any(jwk, "use", KEYS_TEXT_MOST, &use, why))
        return false;
    if (strcmp(use, "sig") != 0)
        return error_set(why, ERROR_UNTRUSTED, "its use is not sig");
    return may_verify(jwk, why) && public_only(jwk, why);
}

static bool bytes_of(const json_t *jwk, const char *name, struct buffer *bytes, struct error *why)
{
    const char *text;

    if (!json_text(jwk, name, MEMBER_TEXT_MOST, &text, why))
        return false;
    if (!base64url_decode(text, strlen(text), bytes))
        return error_set(why, ERROR_UNTRUSTED, "%s is not strict base64url, or too long", name);
    return true;
}

/* RFC 7518 6.3.1: as few bytes as the number needs, never 0 bytes in front. */
static bool rsa_number(const json_t *jwk, const char *name, struct buffer *bytes, struct error *why)
{
    if (!bytes_of(jwk, name, bytes, why))
        return false;
    if (bytes->bytes[0] == 0)
        return error_set(why, ERROR_UNTRUSTED, "%s begins with a zero byte", name);
    return true;
}

static bool modulus_is_fit(const struct buffer *modulus, struct error *why)
{
    const unsigned char *bytes = (const unsigned char *)modulus->bytes;
    size_t length = modulus->length;

    if (length < RSA_BYTES_LEAST || (length == RSA_BYTES_LEAST && bytes[0] < 0x80))
        return error_set(why, ERROR_UNTRUSTED, "its modulus has less than 2048 bits");
    if (bytes[length - 1] % 2 == 0 || roca_divisible(bytes, length))
        return error_set(why, ERROR_UNTRUSTED, "its modulus has a small factor");
    if (roca_weak(bytes, length))
        return error_set(why, ERROR_UNTRUSTED, "its modulus is weak (CVE-2017-15361)");
    return true;
}

static bool exponent_is_fit(const struct buffer *exponent, struct error *why)
{
    uint64_t value = 0;

    for (size_t i = 0; i < exponent->length; i++)
        value = value << 8 | (unsigned char)exponent->bytes[i];
    if (value < RSA_EXPONENT_LEAST || value % 2 == 0)
        return error_set(why, ERROR_UNTRUSTED, "its exponent is even or below 65537");
    return true;
}

/*
 * EVP_PKEY_public_check is left out: for RSA it looks for primes, 4 to 22 ms a key,
 * and for a curve it repeats what happens here.
 */
static bool key_build(const char *type, OSSL_PARAM *params, struct key *key, struct error *why)
{
    OWNED(context_release) EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);

    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key->public_part, EVP_PKEY_PUBLIC_KEY, params) != 1)
        return error_set(why, ERROR_UNTRUSTED, "it is no key of its type");
    return true;
}

static bool rsa_build(const struct buffer *modulus, const struct buffer *exponent, struct key *key,
                      struct error *why)
{
    OWNED(number_release)
    BIGNUM *n = BN_bin2bn((const unsigned char *)modulus->bytes, (int)modulus->length, NULL);
    OWNED(number_release)
    BIGNUM *e = BN_bin2bn((const unsigned char *)exponent->bytes, (int)exponent->length, NULL);
    OWNED(builder_release) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
    OWNED(params_release) OSSL_PARAM *params = NULL;

    if (!n || !e || !builder || !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) ||
        !OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) ||
        !(params = OSSL_PARAM_BLD_to_param(builder)))
        return error_set(why, ERROR_SYSTEM, "out of memory");
    return key_build("RSA", params, key, why);
}

static bool rsa_read(const json_t *jwk, struct key *key, struct error *why)
{
    OWNED(buffer_release) struct buffer modulus = BUFFER_WITH_LIMIT(RSA_BYTES_MOST);
    OWNED(buffer_release) struct buffer exponent = BUFFER_WITH_LIMIT(RSA_EXPONENT_MOST);

    if (!rsa_number(jwk, "n", &modulus, why) || !rsa_number(jwk, "e", &exponent, why) ||
        !modulus_is_fit(&modulus, why) || !exponent_is_fit(&exponent, why) ||
        !rsa_build(&modulus, &exponent, key, why))
        return false;
    key->type = KEY_RSA;
    return true;
}

static bool coordinate(const json_t *jwk, const char *name, struct buffer *point, struct error *why)
{
    size_t before = point->length;

    if (!bytes_of(jwk, name, point, why))
        return false;
    if (point->length != before + COORDINATE)
        return error_set(why, ERROR_UNTRUSTED, "%s does not have 32 bytes", name);
    return true;
}

/* That the point is on the curve OpenSSL sees to when the key is built. */
static bool p256_read(const json_t *jwk, struct key *key, struct error *why)
{
    OWNED(buffer_release) struct buffer point = BUFFER_WITH_LIMIT(1 + 2 * COORDINATE);
    const char *curve;
    OSSL_PARAM params[3];

    if (!json_text(jwk, "crv", KEYS_TEXT_MOST, &curve, why))
        return false;
    if (strcmp(curve, "P-256") != 0)
        return error_set(why, ERROR_UNTRUSTED, "its curve is not P-256");
    if (!buffer_add(&point, (const char[]){POINT_UNCOMPRESSED}, 1))
        return error_set(why, ERROR_SYSTEM, "out of memory");
    if (!coordinate(jwk, "x", &point, why) || !coordinate(jwk, "y", &point, why))
        return false;
    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char[]){"prime256v1"}, 0);
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point.bytes, point.length);
    params[2] = OSSL_PARAM_construct_end();
    if (!key_build("EC", params, key, why))
        return false;
    key->type = KEY_P256;
    return true;
}

/* The id is read first: an unfit key must still be seen by who looks for its name. */
static bool key_read(const json_t *jwk, struct key *key, struct error *why)
{
    const char *type;

    if (!copied(jwk, "kid", &key->id, why) || !copied(jwk, "alg", &key->algorithm, why) ||
        !copied(jwk, "issuer", &key->issuer, why) ||
        !copied(jwk, "cloud_instance_name", &key->cloud, why) || !made_for_signatures(jwk, why) ||
        !json_text(jwk, "kty", KEYS_TEXT_MOST, &type, why))
        return false;
    if (strcmp(type, "RSA") == 0)
        return rsa_read(jwk, key, why);
    if (strcmp(type, "EC") == 0)
        return p256_read(jwk, key, why);
    return error_set(why, ERROR_UNTRUSTED, "keys of its type are not used here");
}

/* A secret in what everybody can read: whoever publishes it has mixed things up. */
static bool is_symmetric(const json_t *jwk)
{
    const char *type = json_string_value(json_object_get(jwk, "kty"));

    return type ? text_equal_folded(type, "oct") : json_object_get(jwk, "k") != NULL;
}

static bool entry_add(const json_t *jwk, struct keys *keys, struct error *why)
{
    struct key *key = &keys->items[keys->count];

    if (!json_is_object(jwk))
        return error_set(why, ERROR_MALFORMED, "a key of the set is not an object");
    if (is_symmetric(jwk))
        return error_set(why, ERROR_UNTRUSTED, "the key set holds a symmetric key");
    keys->count++;
    if (key_read(jwk, key, &key->unfit))
        return true;
    if (key->unfit.kind == ERROR_SYSTEM)
        return error_set(why, ERROR_SYSTEM, "%s", key->unfit.text);
    EVP_PKEY_free(OWN_TAKE(key->public_part));
    return true;
}

static bool some_are_fit(const struct keys *keys, struct error *why)
{
    for (size_t i = 0; i < keys->count; i++)
        if (keys->items[i].type != KEY_UNFIT)
            return true;
    return error_set(why, ERROR_UNTRUSTED, "no key of %zu is fit, of the first: %s", keys->count,
                     keys->items[0].unfit.text);
}

bool keys_parse(const char *json, size_t length, struct keys **keys, struct error *why)
{
    OWNED(draft_release) struct keys *draft = NULL;
    json_auto_t *document = NULL;
    const json_t *list;
    size_t count;

    if (!json_read(json, length, KEYS_BODY_MOST, &document, why))
        return error_context(why, "key set");
    list = json_object_get(document, "keys");
    if (list && json_object_get(document, "kty"))
        return error_set(why, ERROR_MALFORMED, "a key and a key set in one");
    count = list ? json_array_size(list) : 1;
    if (count == 0 || count > KEYS_MOST)
        return error_set(why, ERROR_MALFORMED, "a key set of %zu keys, or not a list", count);
    draft = calloc(1, sizeof *draft + count * sizeof draft->items[0]);
    if (!draft)
        return error_set(why, ERROR_SYSTEM, "out of memory");
    for (size_t i = 0; i < count; i++)
        if (!entry_add(list ? json_array_get(list, i) : document, draft, why))
            return false;
    if (!some_are_fit(draft, why))
        return false;
    *keys = OWN_TAKE(draft);
    return true;
}

void keys_release(struct keys *keys)
{
    for (size_t i = 0; keys && i < keys->count; i++) {
        free(keys->items[i].id);
        free(keys->items[i].algorithm);
        free(keys->items[i].issuer);
        free(keys->items[i].cloud);
        EVP_PKEY_free(keys->items[i].public_part);
    }
    free(keys);
}

size_t keys_meant(const struct keys *keys, const char *kid, const struct key **key)
{
    const struct key *found = NULL;
    size_t count = 0;

    for (size_t i = 0; i < keys->count; i++) {
        const struct key *candidate = &keys->items[i];

        if (kid && (!candidate->id || strcmp(candidate->id, kid) != 0))
            continue;
        found = candidate;
        count++;
    }
    if (count == 1)
        *key = found;
    return count;
}
