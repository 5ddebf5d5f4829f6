/* SPDX-License-Identifier: MIT */
#include "cache/secret.h"

#include "base/own.h"
#include "cache/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <sys/random.h>

#define KEY_FILE   "host.key"
#define NONCE_SIZE 12
#define TAG_SIZE   16

_Static_assert(SEAL_OVERHEAD == NONCE_SIZE + TAG_SIZE, "what a seal adds");

OWN_DEFINE(cipher_release, EVP_CIPHER_CTX, EVP_CIPHER_CTX_free);

bool host_key_read(int folder, struct host_key *key, struct error *why)
{
    OWNED(close_fd) int fd = private_file_open(folder, KEY_FILE, O_RDONLY, why);
    uint8_t bytes[HOST_KEY_SIZE + 1];
    bool whole;

    if (fd < 0)
        return false;
    whole = pread(fd, bytes, sizeof bytes, 0) == HOST_KEY_SIZE;
    if (whole)
        memcpy(key->bytes, bytes, HOST_KEY_SIZE);
    explicit_bzero(bytes, sizeof bytes);
    return whole || error_set(why, ERROR_SYSTEM, KEY_FILE " must be %d bytes", HOST_KEY_SIZE);
}

bool host_key_create(int folder, struct host_key *key, struct error *why)
{
    OWNED(host_key_wipe) struct host_key made = {0};

    if (getrandom(made.bytes, sizeof made.bytes, 0) != sizeof made.bytes)
        return error_set(why, ERROR_SYSTEM, "no random bytes: %m");
    if (!private_file_create(folder, KEY_FILE, made.bytes, HOST_KEY_SIZE, HOST_KEY_SIZE, why))
        return false;
    *key = made;
    return true;
}

void host_key_wipe(struct host_key *key)
{
    explicit_bzero(key, sizeof *key);
}

static bool keyed(const uint8_t *key, const void *bytes, size_t length, uint8_t out[KEYED_SIZE])
{
    unsigned made = 0;

    return HMAC(EVP_sha256(), key, HOST_KEY_SIZE, bytes, length, out, &made) && made == KEYED_SIZE;
}

bool secret_equal(const char *one, const char *other)
{
    size_t length = strlen(one);

    return strlen(other) == length && CRYPTO_memcmp(one, other, length) == 0;
}

bool secret_keyed(const struct host_key *key, const char *purpose, const void *bytes, size_t length,
                  uint8_t out[KEYED_SIZE], struct error *why)
{
    uint8_t derived[KEYED_SIZE], result[KEYED_SIZE];
    /* One key per purpose: an answer given for one says nothing about another. */
    bool done = keyed(key->bytes, purpose, strlen(purpose), derived) &&
                keyed(derived, bytes, length, result);

    if (done)
        memcpy(out, result, KEYED_SIZE);
    explicit_bzero(derived, sizeof derived);
    explicit_bzero(result, sizeof result);
    return done || error_set(why, ERROR_SYSTEM, "HMAC failed");
}

/* A context with key, nonce and bound text in place. */
static bool cipher_begin(EVP_CIPHER_CTX *cipher, const struct host_key *key, const char *bound,
                         const uint8_t *nonce, bool sealing)
{
    struct error why;
    uint8_t derived[KEYED_SIZE];
    size_t length = strlen(bound);
    int taken;
    bool done;

    if (length > INT_MAX || !secret_keyed(key, "seal", "", 0, derived, &why))
        return false;
    done = EVP_CipherInit_ex2(cipher, EVP_aes_256_gcm(), derived, nonce, sealing, NULL) == 1 &&
           EVP_CipherUpdate(cipher, NULL, &taken, (const uint8_t *)bound, (int)length) == 1;
    explicit_bzero(derived, sizeof derived);
    return done;
}

bool secret_seal(const struct host_key *key, const char *bound, const void *text, size_t length,
                 uint8_t *out, struct error *why)
{
    OWNED(cipher_release) EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t nonce[NONCE_SIZE], *body = out + NONCE_SIZE;
    int made = 0, last = 0;

    if (!cipher || length > INT_MAX - SEAL_OVERHEAD ||
        getrandom(nonce, sizeof nonce, 0) != sizeof nonce ||
        !cipher_begin(cipher, key, bound, nonce, true) ||
        EVP_CipherUpdate(cipher, body, &made, text, (int)length) != 1 ||
        EVP_CipherFinal_ex(cipher, body + made, &last) != 1 ||
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, TAG_SIZE, body + length) != 1)
        return error_set(why, ERROR_SYSTEM, "a secret could not be sealed");
    memcpy(out, nonce, sizeof nonce);
    return true;
}

bool secret_open(const struct host_key *key, const char *bound, const uint8_t *sealed,
                 size_t length, void *out, struct error *why)
{
    OWNED(cipher_release) EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    OWNED(free_memory) uint8_t *text = NULL;
    size_t inside = length - SEAL_OVERHEAD;
    uint8_t tag[TAG_SIZE];
    int made = 0, last = 0;
    bool genuine;

    if (length < SEAL_OVERHEAD || length > INT_MAX)
        return error_set(why, ERROR_UNTRUSTED, "a sealed secret of %zu bytes", length);
    text = malloc(inside + 1);
    if (!cipher || !text)
        return error_set(why, ERROR_SYSTEM, "no memory");
    memcpy(tag, sealed + length - TAG_SIZE, TAG_SIZE);
    genuine = cipher_begin(cipher, key, bound, sealed, false) &&
              EVP_CipherUpdate(cipher, text, &made, sealed + NONCE_SIZE, (int)inside) == 1 &&
              EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_SET_TAG, TAG_SIZE, tag) == 1 &&
              EVP_CipherFinal_ex(cipher, text + made, &last) == 1;
    if (genuine)
        memcpy(out, text, inside);
    explicit_bzero(text, inside);
    return genuine || error_set(why, ERROR_UNTRUSTED, "a sealed secret does not open");
}
