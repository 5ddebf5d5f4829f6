/* SPDX-License-Identifier: MIT */
/* cache/verifier.c: checking a typed secret without the platform. */
#include "cache/verifier.h"
#include "tests/place.h"

#include <crypt.h>
#include <openssl/evp.h>
#include <sys/resource.h>

#define COST 1 /* quick; the product's own is used where it matters */

static const struct host_key key = {{1, 2, 3}}, other_key = {{1, 2, 4}};

static struct place place;
static struct kdf_slots *slots;

static int begin(void **state)
{
    struct error why;

    (void)state;
    place_make(&place);
    return !kdf_slots_open(place.folder, 2, &slots, &why);
}

static int end(void **state)
{
    (void)state;
    kdf_slots_close(slots);
    place_remove(&place);
    return 0;
}

static void make(const char *secret, char out[VERIFIER_MOST + 1])
{
    struct deadline deadline = deadline_in_ms(60000);
    struct error why = {0};

    if (!verifier_make(&key, slots, secret, COST, &deadline, out, &why))
        fail_msg("%s", why.text);
}

static bool is_right(const struct host_key *with, const char *secret, const char *verifier)
{
    struct deadline deadline = deadline_in_ms(60000);
    struct error why = {0};
    bool right = true;

    if (!verifier_check(with, slots, secret, verifier, &deadline, &right, &why))
        fail_msg("%s", why.text);
    return right;
}

static void only_the_very_secret_is_right(void **state)
{
    static char long_one[5000], long_other[5000];
    const char *const secrets[] = {"a",       "A",  "a ",     "pass word", "p\xc3\xa4ss",
                                   "pa:ss\n", "$y", long_one, long_other};
    const size_t count = sizeof secrets / sizeof secrets[0];

    (void)state;
    memset(long_one, 'x', sizeof long_one - 1);
    memset(long_other, 'x', sizeof long_other - 1);
    long_other[sizeof long_other - 2] = 'y'; /* no secret is cut */
    for (size_t i = 0; i < count; i++) {
        char verifier[VERIFIER_MOST + 1];

        make(secrets[i], verifier);
        assert_int_equal(strncmp(verifier, "$y$", 3), 0);
        for (size_t j = 0; j < count; j++)
            assert_int_equal(is_right(&key, secrets[j], verifier), i == j);
    }
}

static void a_verifier_is_of_no_use_without_the_host_key(void **state)
{
    char verifier[VERIFIER_MOST + 1], again[VERIFIER_MOST + 1];
    struct crypt_data data = {0};

    (void)state;
    make("secret", verifier);
    make("secret", again);
    assert_string_not_equal(verifier, again);
    assert_false(is_right(&other_key, "secret", verifier));
    assert_string_not_equal(crypt_r("secret", verifier, &data), verifier);
}

static void any_other_letter_in_salt_or_hash_is_wrong(void **state)
{
    char verifier[VERIFIER_MOST + 1];
    size_t length, salt;

    (void)state;
    make("secret", verifier);
    length = strlen(verifier);
    salt = (size_t)(strchr(verifier + 3, '$') - verifier) + 1;
    for (size_t i = salt; i < length; i++) {
        char kept = verifier[i];

        /* The last letter of the salt holds two bits only. */
        if (kept == '$' || verifier[i + 1] == '$')
            continue;
        verifier[i] = kept == 'a' ? 'b' : 'a';
        assert_false(is_right(&key, "secret", verifier));
        verifier[i] = kept;
    }
    assert_true(is_right(&key, "secret", verifier));
}

static void what_is_no_verifier_is_never_right(void **state)
{
    char verifier[VERIFIER_MOST + 1], cut[VERIFIER_MOST + 1], dear[CRYPT_GENSALT_OUTPUT_SIZE];
    struct crypt_data data = {0};

    (void)state;
    make("secret", verifier);
    assert_false(is_right(&key, "", verifier));
    assert_false(is_right(&key, "", ""));
    assert_false(is_right(&key, "secret", ""));
    assert_false(is_right(&key, "secret", "*"));
    assert_false(is_right(&key, "secret", "secret"));
    memcpy(cut, verifier, sizeof cut);
    cut[strlen(cut) - 1] = '\0';
    assert_false(is_right(&key, "secret", cut));
    memcpy(cut, verifier, sizeof cut);
    cut[strlen(cut)] = 'a';
    assert_false(is_right(&key, "secret", cut));
    /* A right answer of another method of crypt(3), and one that would take 1 GiB. */
    assert_false(is_right(&key, "secret", crypt_r("secret", "$6$salt", &data)));
    assert_non_null(crypt_gensalt_rn("$y$", 11, "0123456789abcdef", 16, dear, sizeof dear));
    snprintf(cut, sizeof cut, "%s$%043d", dear, 0);
    assert_false(is_right(&key, "secret", cut));
}

static void an_empty_secret_is_wrong_even_where_it_was_kept(void **state)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    unsigned char phrase[KEYED_SIZE * 2];
    struct crypt_data data = {0};
    uint8_t keyed[KEYED_SIZE];
    struct error why = {0};

    (void)state;
    assert_true(secret_keyed(&key, "verifier", "", 0, keyed, &why));
    EVP_EncodeBlock(phrase, keyed, sizeof keyed);
    assert_non_null(crypt_gensalt_rn("$y$", COST, "0123456789abcdef", 16, setting, sizeof setting));
    assert_non_null(crypt_r((const char *)phrase, setting, &data));
    assert_false(is_right(&key, "", data.output));
}

static int check_nobody(const void *argument)
{
    struct rusage before, after;

    getrusage(RUSAGE_SELF, &before);
    if (is_right(&key, "secret", argument))
        return 1;
    getrusage(RUSAGE_SELF, &after);
    return after.ru_maxrss - before.ru_maxrss < 60000; /* KiB */
}

static void nobody_costs_as_much_as_somebody(void **state)
{
    (void)state;
    assert_true(in_child(check_nobody, ""));
    assert_true(in_child(check_nobody, "no verifier"));
}

static void a_raised_cost_makes_old_verifiers_weak(void **state)
{
    char verifier[VERIFIER_MOST + 1];
    struct deadline deadline = deadline_in_ms(60000);
    struct error why = {0};

    (void)state;
    for (unsigned cost = 1; cost <= 3; cost++) {
        assert_true(verifier_make(&key, slots, "secret", cost, &deadline, verifier, &why));
        for (unsigned wanted = 1; wanted <= 9; wanted++)
            assert_int_equal(verifier_is_weak(verifier, wanted), cost < wanted);
    }
    assert_true(verifier_is_weak("", 1));
    assert_true(verifier_is_weak("$y$", 1));
}

static void impossible_costs_secrets_and_slots_are_errors(void **state)
{
    static const unsigned costs[] = {0, 10, 11, 12, 1000};
    static const unsigned counts[] = {0, 65, 100000};
    struct deadline deadline = deadline_in_ms(60000);
    char verifier[VERIFIER_MOST + 1] = "kept";
    struct kdf_slots *opened = NULL;
    struct error why = {0};

    (void)state;
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++)
        assert_false(verifier_make(&key, slots, "x", costs[i], &deadline, verifier, &why));
    assert_false(verifier_make(&key, slots, "", COST, &deadline, verifier, &why));
    assert_string_equal(verifier, "kept");
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        assert_false(kdf_slots_open(place.folder, counts[i], &opened, &why));
    assert_null(opened);
    assert_in_range(kdf_slots_of_this_host(), 1, 64);
}

/* Holds both slots until it is killed. */
static pid_t hold_slots(void)
{
    int told[2];
    char byte;
    pid_t child;

    assert_int_equal(pipe(told), 0);
    child = fork();
    if (child == 0) {
        int fd = openat(place.folder, "kdf.slots", O_RDWR | O_CLOEXEC);
        struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 2};

        if (fcntl(fd, F_OFD_SETLK, &lock) == 0 && write(told[1], "", 1) == 1)
            pause();
        _exit(1);
    }
    close(told[1]);
    assert_int_equal(read(told[0], &byte, 1), 1);
    close(told[0]);
    return child;
}

static void without_a_free_slot_nothing_is_computed_until_a_holder_dies(void **state)
{
    pid_t holder = hold_slots();
    struct deadline soon = deadline_in_ms(30);
    char verifier[VERIFIER_MOST + 1] = "kept";
    struct error why = {0};
    bool right = false;

    (void)state;
    assert_false(verifier_make(&key, slots, "x", COST, &soon, verifier, &why));
    assert_string_equal(verifier, "kept");
    assert_int_equal(why.kind, ERROR_SYSTEM);
    assert_false(verifier_check(&key, slots, "x", "", &soon, &right, &why));
    assert_false(right);
    kill(holder, SIGKILL);
    assert_int_equal(waitpid(holder, NULL, 0), holder);
    make("x", verifier);
    assert_true(is_right(&key, "x", verifier));
}

static void a_slot_is_free_again_after_use(void **state)
{
    struct flock lock = {.l_type = F_WRLCK, .l_start = 0, .l_len = 64};
    int fd = openat(place.folder, "kdf.slots", O_RDWR | O_CLOEXEC);
    char verifier[VERIFIER_MOST + 1];
    struct stat status;

    (void)state;
    make("x", verifier);
    assert_int_equal(fcntl(fd, F_OFD_SETLK, &lock), 0);
    assert_int_equal(fstat(fd, &status), 0);
    assert_int_equal(status.st_mode, S_IFREG | 0600);
    close(fd);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(only_the_very_secret_is_right),
    cmocka_unit_test(a_verifier_is_of_no_use_without_the_host_key),
    cmocka_unit_test(any_other_letter_in_salt_or_hash_is_wrong),
    cmocka_unit_test(what_is_no_verifier_is_never_right),
    cmocka_unit_test(an_empty_secret_is_wrong_even_where_it_was_kept),
    cmocka_unit_test(nobody_costs_as_much_as_somebody),
    cmocka_unit_test(a_raised_cost_makes_old_verifiers_weak),
    cmocka_unit_test(impossible_costs_secrets_and_slots_are_errors),
    cmocka_unit_test(without_a_free_slot_nothing_is_computed_until_a_holder_dies),
    cmocka_unit_test(a_slot_is_free_again_after_use),
};

int main(void)
{
    int bad;

    begin(NULL);
    bad = check_main("verifier", tests);
    end(NULL);
    return bad;
}
