/* SPDX-License-Identifier: MIT */
/* Keys and signatures that tests make themselves, with OpenSSL alone, apart from the code under test. */
#pragma once

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SIGNER_TEXT_MOST (96u << 10)

/* Base64url without padding; the caller frees. */
static inline char *signer_encode(const void *bytes, size_t length)
{
    char *text = malloc(length / 3 * 4 + 8);
    size_t filled = (size_t)EVP_EncodeBlock((unsigned char *)text, bytes, (int)length);

    while (filled > 0 && text[filled - 1] == '=')
        filled--;
    text[filled] = '\0';
    for (char *c = text; *c; c++)
        *c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
    return text;
}

static inline char *signer_number(EVP_PKEY *key, const char *parameter, int least)
{
    unsigned char bytes[2048];
    BIGNUM *number = NULL;
    int length;

    EVP_PKEY_get_bn_param(key, parameter, &number);
    length = BN_num_bytes(number) > least ? BN_num_bytes(number) : least;
    BN_bn2binpad(number, bytes, length);
    BN_free(number);
    return signer_encode(bytes, (size_t)length);
}

/* ECDSA as RFC 7518 3.4 has it, from the DER that OpenSSL makes. */
static inline size_t signer_raw_ecdsa(unsigned char *bytes, size_t length)
{
    const unsigned char *der = bytes;
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)length);
    unsigned char raw[64];

    BN_bn2binpad(ECDSA_SIG_get0_r(pair), raw, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(pair), raw + 32, 32);
    ECDSA_SIG_free(pair);
    memcpy(bytes, raw, sizeof raw);
    return sizeof raw;
}

/* How to sign: `salt` below zero is PKCS #1 v1.5 or ECDSA. */
struct manner {
    const char *digest;
    int salt;
    const char *mask_digest; /* NULL: as `digest` */
};

static const struct manner plain_sha256 = {"SHA256", -1, NULL};
static const struct manner pss_sha256 = {"SHA256", 32, NULL};

static inline size_t signer_sign(EVP_PKEY *key, const struct manner *how, const char *text,
                                 unsigned char *signature, size_t room)
{
    EVP_MD_CTX *digest = EVP_MD_CTX_new();
    EVP_PKEY_CTX *context = NULL;

    EVP_DigestSignInit_ex(digest, &context, how->digest, NULL, NULL, key, NULL);
    if (how->salt >= 0) {
        EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING);
        EVP_PKEY_CTX_set_rsa_pss_saltlen(context, how->salt);
        if (how->mask_digest)
            EVP_PKEY_CTX_set_rsa_mgf1_md_name(context, how->mask_digest, NULL);
    }
    EVP_DigestSign(digest, signature, &room, (const unsigned char *)text, strlen(text));
    EVP_MD_CTX_free(digest);
    return room;
}

static inline char *signer_joined(const char *one, const char *other)
{
    size_t room = strlen(one) + strlen(other) + 2;
    char *joined = malloc(room);

    snprintf(joined, room, "%s.%s", one, other);
    return joined;
}

/* Takes `encoded`: header and payload as they shall stand. The caller frees what comes back. */
static inline char *signer_finish(char *encoded, const void *signature, size_t length)
{
    char *last = signer_encode(signature, length);
    char *token = signer_joined(encoded, last);

    free(encoded);
    free(last);
    return token;
}

static inline char *signer_encoded(const char *header, const char *payload)
{
    char *first = signer_encode(header, strlen(header));
    char *second = signer_encode(payload, strlen(payload));
    char *both = signer_joined(first, second);

    free(first);
    free(second);
    return both;
}

/* Takes `encoded`. */
static inline char *signer_token_of(char *encoded, EVP_PKEY *key, const struct manner *how)
{
    unsigned char signature[2048];
    size_t length = signer_sign(key, how, encoded, signature, sizeof signature);

    if (EVP_PKEY_is_a(key, "EC") && EVP_PKEY_get_bits(key) == 256)
        length = signer_raw_ecdsa(signature, length);
    return signer_finish(encoded, signature, length);
}

static inline char *signer_token(const char *header, const char *payload, EVP_PKEY *key,
                                 const struct manner *how)
{
    return signer_token_of(signer_encoded(header, payload), key, how);
}

static inline char *signer_mac_token(const char *header, const char *payload, const void *secret,
                                     size_t length)
{
    char *encoded = signer_encoded(header, payload);
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned filled = 0;

    HMAC(EVP_sha256(), secret, (int)length, (const unsigned char *)encoded, strlen(encoded), mac,
         &filled);
    return signer_finish(encoded, mac, filled);
}

/* Members of a JSON object as raw text; a NULL name ends a list, a NULL value leaves one out. */
struct member {
    const char *name, *value;
};

/*
 * Writes the object with the changes made: a name that is there already gets the
 * new value, another is added; with a '+' in front it is added in any case.
 */
static inline void signer_object(const struct member *members, const struct member *changes,
                                 size_t count, char text[SIGNER_TEXT_MOST])
{
    bool used[8] = {false};
    size_t filled = 1;

    text[0] = '{';
    for (; members->name; members++) {
        const char *value = members->value;

        for (size_t i = 0; i < count; i++)
            if (changes[i].name && strcmp(changes[i].name, members->name) == 0) {
                value = changes[i].value;
                used[i] = true;
            }
        if (value)
            filled += (size_t)snprintf(text + filled, SIGNER_TEXT_MOST - filled, "%s\"%s\":%s",
                                       filled > 1 ? "," : "", members->name, value);
    }
    for (size_t i = 0; i < count; i++)
        if (!used[i] && changes[i].name && changes[i].value)
            filled += (size_t)snprintf(
                text + filled, SIGNER_TEXT_MOST - filled, "%s\"%s\":%s", filled > 1 ? "," : "",
                changes[i].name + (changes[i].name[0] == '+'), changes[i].value);
    snprintf(text + filled, SIGNER_TEXT_MOST - filled, "}");
}
