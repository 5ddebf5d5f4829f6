/* SPDX-License-Identifier: MIT */
#include "platform/signature.h"
#include "base/own.h"
#include "platform/base64url.h"
#include "platform/json.h"

#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#define HEADER_TEXT_MOST 255 /* bytes of `alg` and `kid` */
#define HALF_OF_ECDSA    32  /* bytes of r and of s, RFC 7518 3.4 */
#define SALT_OF_PSS      32  /* bytes, RFC 7518 3.5 */
#define SIGNATURE_MOST   1024

struct method {
    const char *name;
    enum algorithm algorithm;
    enum key_type type;
    bool (*prepare)(EVP_PKEY_CTX *context); /* NULL: nothing to set */
};

/* A part of the compact form, as it stands there. */
struct part {
    const char *text;
    size_t length;
};

enum { HEADER, PAYLOAD, SIGNATURE, PARTS };

OWN_DEFINE(digest_release, EVP_MD_CTX, EVP_MD_CTX_free);
OWN_DEFINE(ecdsa_release, ECDSA_SIG, ECDSA_SIG_free);
OWN_DEFINE(number_release, BIGNUM, BN_free);

void signed_message_release(struct signed_message *message)
{
    json_decref(message->header);
    buffer_release(&message->payload);
    *message = (struct signed_message){0};
}

static bool pkcs1(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) == 1;
}

static bool pss(EVP_PKEY_CTX *context)
{
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1 &&
           EVP_PKEY_CTX_set_rsa_pss_saltlen(context, SALT_OF_PSS) == 1 &&
           EVP_PKEY_CTX_set_rsa_mgf1_md(context, EVP_sha256()) == 1;
}

static const struct method methods[] = {
    {"RS256", ALGORITHM_RS256, KEY_RSA, pkcs1},
    {"PS256", ALGORITHM_PS256, KEY_RSA, pss},
    {"ES256", ALGORITHM_ES256, KEY_P256, NULL},
};

static const struct method *method_named(const char *name)
{
    for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
        if (strcmp(methods[i].name, name) == 0)
            return &methods[i];
    return NULL;
}

unsigned signature_algorithm(const char *name)
{
    const struct method *method = method_named(name);

    return method ? method->algorithm : 0;
}

static bool split(const char *compact, size_t length, struct part parts[PARTS], struct error *why)
{
    const char *rest = compact, *end = compact + length;

    if (length > SIGNED_TEXT_MOST)
        return error_set(why, ERROR_UNTRUSTED, "token of %zu bytes", length);
    for (size_t i = 0; i < PARTS; i++) {
        const char *dot = memchr(rest, '.', (size_t)(end - rest));

        if (!dot != (i == PARTS - 1))
            return error_set(why, ERROR_UNTRUSTED, "token does not have three parts");
        parts[i] = (struct part){rest, (size_t)((dot ? dot : end) - rest)};
        rest = dot ? dot + 1 : end;
    }
    return true;
}

static bool decode(const struct part *part, const char *what, struct buffer *bytes,
                   struct error *why)
{
    return base64url_decode(part->text, part->length, bytes) ||
           error_set(why, ERROR_UNTRUSTED, "%s is not strict base64url, or too long", what);
}

static bool header_read(const struct part *part, json_t **header, struct error *why)
{
    static const char *const refused[] = {"crit", "b64", "jwk", "jku", "x5u",
                                          "x5c",  "zip", "enc", "cty"};
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(SIGNED_TEXT_MOST);
    json_auto_t *draft = NULL;

    if (!decode(part, "header", &text, why))
        return false;
    if (!json_read(text.bytes, text.length, SIGNED_TEXT_MOST, &draft, why))
        return error_context(why, "header");
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++)
        if (json_object_get(draft, refused[i]))
            return error_set(why, ERROR_UNTRUSTED, "header with %s", refused[i]);
    *header = json_incref(draft);
    return true;
}

/* NULL when there is none that both the token and we want. */
static const struct method *method_allowed(const json_t *header, unsigned algorithms,
                                           struct error *why)
{
    const struct method *method;
    const char *name = "";

    if (!json_text(header, "alg", HEADER_TEXT_MOST, &name, why)) {
        error_context(why, "header");
        return NULL;
    }
    method = method_named(name);
    if (method && (method->algorithm & algorithms))
        return method;
    error_set(why, ERROR_UNTRUSTED, "the token's algorithm is not allowed here");
    return NULL;
}

static enum signature key_chosen(const struct keys *keys, const char *kid,
                                 const struct method *method, const struct key **chosen,
                                 struct error *why)
{
    const struct key *key = NULL;
    size_t count = keys_meant(keys, kid, &key);

    if (count == 0) {
        error_set(why, ERROR_UNTRUSTED, "the token names a key that the issuer does not have");
        return SIGNATURE_UNKNOWN_KEY;
    }
    if (!key)
        return error_set(why, ERROR_UNTRUSTED, "the token could mean %zu keys", count);
    if (key->type == KEY_UNFIT)
        return error_set(why, ERROR_UNTRUSTED, "the token's key is unfit: %s", key->unfit.text);
    if (key->type != method->type || (key->algorithm && strcmp(key->algorithm, method->name) != 0))
        return error_set(why, ERROR_UNTRUSTED, "the token's key is not for its algorithm");
    *chosen = key;
    return SIGNATURE_GOOD;
}

/* From r and s side by side to what OpenSSL reads. It checks their range itself. */
static bool ecdsa_to_der(struct buffer *bytes, struct error *why)
{
    OWNED(ecdsa_release) ECDSA_SIG *pair = ECDSA_SIG_new();
    const unsigned char *halves = (const unsigned char *)bytes->bytes;
    unsigned char *der = NULL;
    int length;

    if (bytes->length != 2 * (size_t)HALF_OF_ECDSA)
        return error_set(why, ERROR_UNTRUSTED, "signature of %zu bytes", bytes->length);
    OWNED(number_release) BIGNUM *r = BN_bin2bn(halves, HALF_OF_ECDSA, NULL);
    OWNED(number_release) BIGNUM *s = BN_bin2bn(halves + HALF_OF_ECDSA, HALF_OF_ECDSA, NULL);
    if (!pair || !r || !s || ECDSA_SIG_set0(pair, r, s) != 1)
        return error_set(why, ERROR_SYSTEM, "out of memory");
    (void)OWN_TAKE(r);
    (void)OWN_TAKE(s);
    length = i2d_ECDSA_SIG(pair, &der);
    if (length <= 0)
        return error_set(why, ERROR_SYSTEM, "out of memory");
    buffer_release(bytes);
    if (!buffer_add(bytes, der, (size_t)length))
        error_set(why, ERROR_SYSTEM, "out of memory");
    OPENSSL_free(der);
    return bytes->length != 0;
}

static bool matches(const struct method *method, EVP_PKEY *key, const struct part *signed_text,
                    const struct buffer *signature)
{
    OWNED(digest_release) EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *context = NULL; /* belongs to the digest */
    bool good;

    good = digest &&
           EVP_DigestVerifyInit_ex(digest, &context, "SHA256", NULL, NULL, key, NULL) == 1 &&
           (!method->prepare || method->prepare(context)) &&
           EVP_DigestVerify(digest, (const unsigned char *)signature->bytes, signature->length,
                            (const unsigned char *)signed_text->text, signed_text->length) == 1;
    ERR_clear_error();
    return good;
}

static bool signature_matches(const struct method *method, const struct key *key,
                              const struct part *signed_text, const struct part *encoded,
                              struct error *why)
{
    OWNED(buffer_release) struct buffer signature = BUFFER_WITH_LIMIT(SIGNATURE_MOST);

    if (!decode(encoded, "signature", &signature, why))
        return false;
    if (method->type == KEY_P256 && !ecdsa_to_der(&signature, why))
        return false;
    if (method->type == KEY_RSA && signature.length != (size_t)EVP_PKEY_get_size(key->public_part))
        return error_set(why, ERROR_UNTRUSTED, "signature of %zu bytes", signature.length);
    return matches(method, key->public_part, signed_text, &signature) ||
           error_set(why, ERROR_UNTRUSTED, "the signature does not match");
}

static enum signature checked(const struct part parts[PARTS], const struct keys *keys,
                              unsigned algorithms, struct signed_message *draft, struct error *why)
{
    struct part signed_text = {parts[HEADER].text,
                               parts[HEADER].length + 1 + parts[PAYLOAD].length};
    const struct method *method;
    const char *kid = NULL;
    enum signature found;

    if (!header_read(&parts[HEADER], &draft->header, why))
        return SIGNATURE_BAD;
    method = method_allowed(draft->header, algorithms, why);
    if (!method || !json_text_if_any(draft->header, "kid", HEADER_TEXT_MOST, &kid, why))
        return SIGNATURE_BAD;
    found = key_chosen(keys, kid, method, &draft->key, why);
    if (found != SIGNATURE_GOOD)
        return found;
    /* An issuer that gives no names and has a new key looks like this. */
    if (!signature_matches(method, draft->key, &signed_text, &parts[SIGNATURE], why))
        return kid ? SIGNATURE_BAD : SIGNATURE_UNKNOWN_KEY;
    return decode(&parts[PAYLOAD], "payload", &draft->payload, why) ? SIGNATURE_GOOD
                                                                    : SIGNATURE_BAD;
}

enum signature signature_check(const char *compact, size_t length, const struct keys *keys,
                               unsigned algorithms, struct signed_message *message,
                               struct error *why)
{
    OWNED(signed_message_release)
    struct signed_message draft = {.payload = BUFFER_WITH_LIMIT(SIGNED_TEXT_MOST)};
    struct part parts[PARTS] = {0};
    enum signature result;

    if (!split(compact, length, parts, why))
        return SIGNATURE_BAD;
    result = checked(parts, keys, algorithms, &draft, why);
    if (result != SIGNATURE_GOOD) {
        if (why->kind == ERROR_MALFORMED)
            why->kind = ERROR_UNTRUSTED;
        return result;
    }
    *message = draft;
    draft = (struct signed_message){0};
    return SIGNATURE_GOOD;
}
