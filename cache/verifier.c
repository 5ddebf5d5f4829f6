/* SPDX-License-Identifier: MIT */
#include "cache/verifier.h"

#include "base/own.h"
#include "base/text.h"
#include "cache/private_file.h"
#include "cache/wait.h"

#include <crypt.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/random.h>

#define PREFIX     "$y$"
#define COST_LEAST 1
#define COST_MOST  9 /* 256 MiB: a stored text that asks for more is not ours */
#define SALT_SIZE  16
#define HASH_TEXT  43 /* characters of the hash at the end of a verifier, see crypt(5) */
#define SLOT_FILE  "kdf.slots"
#define SLOTS_MOST 64

_Static_assert(VERIFIER_MOST + 1 >= CRYPT_OUTPUT_SIZE, "a verifier holds what crypt_r makes");

/* One byte of the file is one slot; the kernel frees it when its holder dies. */
struct kdf_slots {
    int fd;
    unsigned count;
    void (*held)(void *context); /* who wants to know that a slot is; may be NULL */
    void *context;
};

bool kdf_slots_open(int folder, unsigned slots, struct kdf_slots **opened, struct error *why)
{
    OWNED(free_memory) struct kdf_slots *made = calloc(1, sizeof *made);

    if (!made)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (slots < 1 || slots > SLOTS_MOST)
        return error_set(why, ERROR_CONFIG, "%u slots for computing; 1 to %d are possible", slots,
                         SLOTS_MOST);
    made->count = slots;
    made->fd = private_file_open(folder, SLOT_FILE, O_RDWR | O_CREAT, why);
    if (made->fd < 0)
        return false;
    *opened = OWN_TAKE(made);
    return true;
}

unsigned kdf_slots_of_this_host(void)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);

    if (processors < 1)
        return 1;
    return processors < SLOTS_MOST ? (unsigned)processors : SLOTS_MOST;
}

void kdf_slots_close(struct kdf_slots *slots)
{
    if (slots)
        close(slots->fd);
    free(slots);
}

void kdf_slots_tell(struct kdf_slots *slots, void (*held)(void *context), void *context)
{
    slots->held = held;
    slots->context = context;
}

static bool slot_lock(const struct kdf_slots *slots, unsigned slot, short type)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = slot, .l_len = 1};

    return fcntl(slots->fd, F_OFD_SETLK, &lock) == 0;
}

static bool slot_take(const struct kdf_slots *slots, const struct deadline *deadline,
                      unsigned *taken, struct error *why)
{
    do {
        unsigned first = wait_jitter(slots->count);

        for (unsigned i = 0; i < slots->count; i++) {
            unsigned slot = (first + i) % slots->count;

            if (slot_lock(slots, slot, F_WRLCK)) {
                *taken = slot;
                return true;
            }
            if (errno != EAGAIN && errno != EACCES && errno != EINTR)
                return error_set(why, ERROR_SYSTEM, SLOT_FILE ": %m");
        }
    } while (wait_a_little(deadline));
    return error_set(why, ERROR_SYSTEM, "too many secrets are being checked at once");
}

/* The part of a verifier that says its cost: "$y$j9T$". NULL: not of ours. */
static const char *after_cost(const char *verifier)
{
    const char *end;

    if (strncmp(verifier, PREFIX, strlen(PREFIX)) != 0)
        return NULL;
    end = strchr(verifier + strlen(PREFIX), '$');
    return end ? end + 1 : NULL;
}

/* The cost that `verifier` was made with, 0 for none of ours. Only libxcrypt knows the letters. */
static unsigned cost_of(const char *verifier)
{
    static const char salt[SALT_SIZE];
    const char *end = after_cost(verifier);
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (!end)
        return 0;
    for (unsigned cost = COST_LEAST; cost <= COST_MOST; cost++)
        if (crypt_gensalt_rn(PREFIX, cost, salt, sizeof salt, setting, sizeof setting) &&
            strncmp(setting, verifier, (size_t)(end - verifier)) == 0)
            return cost;
    return 0;
}

static bool is_well_formed(const char *verifier)
{
    static const char letters[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    const char *salt = after_cost(verifier), *hash;

    if (!salt || !cost_of(verifier) || strlen(verifier) > VERIFIER_MOST)
        return false;
    hash = salt + strspn(salt, letters);
    return hash > salt && *hash == '$' && strspn(hash + 1, letters) == HASH_TEXT &&
           hash[1 + HASH_TEXT] == '\0';
}

static bool setting_make(unsigned cost, char setting[CRYPT_GENSALT_OUTPUT_SIZE], struct error *why)
{
    char salt[SALT_SIZE];

    if (getrandom(salt, sizeof salt, 0) != sizeof salt ||
        !crypt_gensalt_rn(PREFIX, cost, salt, sizeof salt, setting, CRYPT_GENSALT_OUTPUT_SIZE))
        return error_set(why, ERROR_SYSTEM, "no setting for yescrypt: %m");
    return true;
}

static void data_release(struct crypt_data **data)
{
    if (*data)
        explicit_bzero(*data, sizeof **data);
    free(*data);
}

/* crypt_r with the key step before it. `out` is filled up with zeros. */
static bool compute(const struct host_key *key, const char *secret, const char *setting,
                    char out[VERIFIER_MOST + 1], struct error *why)
{
    OWNED(data_release) struct crypt_data *data = calloc(1, sizeof *data);
    uint8_t keyed[KEYED_SIZE];
    unsigned char phrase[KEYED_SIZE * 2]; /* base64 takes 44 and a NUL */
    const char *made;

    if (!data)
        return error_set(why, ERROR_SYSTEM, "no memory");
    if (!secret_keyed(key, "verifier", secret, strlen(secret), keyed, why))
        return false;
    EVP_EncodeBlock(phrase, keyed, sizeof keyed);
    explicit_bzero(keyed, sizeof keyed);
    made = crypt_r((const char *)phrase, setting, data);
    explicit_bzero(phrase, sizeof phrase);
    if (!made || made[0] == '*')
        return error_set(why, ERROR_SYSTEM, "yescrypt could not be computed: %m");
    memset(out, 0, VERIFIER_MOST + 1);
    memcpy(out, made, strnlen(made, VERIFIER_MOST));
    return true;
}

static bool compute_in_slot(const struct host_key *key, const struct kdf_slots *slots,
                            const char *secret, const char *setting,
                            const struct deadline *deadline, char out[VERIFIER_MOST + 1],
                            struct error *why)
{
    unsigned slot = 0;
    bool done;

    if (!slot_take(slots, deadline, &slot, why))
        return false;
    if (slots->held)
        slots->held(slots->context);
    done = compute(key, secret, setting, out, why);
    slot_lock(slots, slot, F_UNLCK);
    return done;
}

bool verifier_make(const struct host_key *key, struct kdf_slots *slots, const char *secret,
                   unsigned cost, const struct deadline *deadline, char out[VERIFIER_MOST + 1],
                   struct error *why)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE], made[VERIFIER_MOST + 1];

    if (!*secret)
        return error_set(why, ERROR_MALFORMED, "an empty secret is not kept");
    if (cost < COST_LEAST || cost > COST_MOST)
        return error_set(why, ERROR_CONFIG, "a cost of %u; %d to %d are possible", cost, COST_LEAST,
                         COST_MOST);
    if (!setting_make(cost, setting, why) ||
        !compute_in_slot(key, slots, secret, setting, deadline, made, why))
        return false;
    memcpy(out, made, sizeof made);
    return true;
}

bool verifier_check(const struct host_key *key, struct kdf_slots *slots, const char *secret,
                    const char *verifier, const struct deadline *deadline, bool *right,
                    struct error *why)
{
    char made[VERIFIER_MOST + 1], wanted[VERIFIER_MOST + 1] = {0};
    char setting[VERIFIER_MOST + 1] = {0};
    bool real = is_well_formed(verifier), equal;

    /* Where there is nothing to compare with, the same work is done for nothing. */
    if (real) {
        text_copy(wanted, sizeof wanted, verifier);
        text_copy(setting, sizeof setting, verifier);
    } else if (!setting_make(VERIFIER_COST, setting, why)) {
        return false;
    }
    if (!compute_in_slot(key, slots, secret, setting, deadline, made, why))
        return false;
    equal = CRYPTO_memcmp(made, wanted, sizeof made) == 0;
    explicit_bzero(made, sizeof made);
    *right = equal && real && *secret;
    return true;
}

bool verifier_is_weak(const char *verifier, unsigned cost)
{
    return cost_of(verifier) < cost;
}
