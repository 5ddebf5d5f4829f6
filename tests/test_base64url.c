/* SPDX-License-Identifier: MIT */
#include "platform/base64url.h"
#include "tests/check.h"
#include "tests/signer.h"

static bool decodes(const char *text, const char *bytes, size_t length)
{
    struct buffer out = BUFFER_WITH_LIMIT(64);
    bool good = base64url_decode(text, strlen(text), &out) && out.length == length &&
                (length == 0 || memcmp(out.bytes, bytes, length) == 0);

    buffer_release(&out);
    return good;
}

static void decodes_the_examples_of_the_rfc(void **state)
{
    (void)state;
    /* RFC 4648 10, without padding; RFC 7515 appendix C. */
    assert_true(decodes("", "", 0));
    assert_true(decodes("Zg", "f", 1));
    assert_true(decodes("Zm8", "fo", 2));
    assert_true(decodes("Zm9v", "foo", 3));
    assert_true(decodes("Zm9vYg", "foob", 4));
    assert_true(decodes("Zm9vYmE", "fooba", 5));
    assert_true(decodes("Zm9vYmFy", "foobar", 6));
    assert_true(decodes("A-z_4ME", "\x03\xec\xff\xe0\xc1", 5));
}

static void whatever_is_not_canonical_is_refused_and_changes_nothing(void **state)
{
    static const char *const bad[] = {"Z",     "A",       "Zm9vA", "Zm9vY",    "Zg==",  "Zm8=",
                                      "Zm9v=", "Zm9vYg=", "Zh",    "Zm9",      "Z+8",   "Z/8",
                                      "Zm 9v", "Zm9v\n",  " Zm9v", "Zm9v\r\n", "Zm9v.", "Zm9\t",
                                      "Z\xc3", "====",    "_-~v"};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buffer out = BUFFER_WITH_LIMIT(64);

        assert_true(buffer_add(&out, "before", 6));
        if (base64url_decode(bad[i], strlen(bad[i]), &out))
            fail_msg("accepted \"%s\"", bad[i]);
        assert_int_equal(out.length, 6);
        assert_memory_equal(out.bytes, "before", 6);
        buffer_release(&out);
    }
    assert_false(base64url_decode("Zm\0v", 4, &BUFFER_WITH_LIMIT(64)));
}

static void every_text_of_two_or_three_characters_decodes_only_if_it_encodes_back(void **state)
{
    struct buffer out = BUFFER_WITH_LIMIT(8);
    unsigned accepted = 0;

    (void)state;
    for (unsigned code = 0; code < 2u * 256 * 256; code++) {
        char text[4] = {(char)(code & 0xff), (char)(code >> 8 & 0xff), 'A', '\0'};
        size_t length = 2 + (code >> 16);
        char *back;

        if (!base64url_decode(text, length, &out))
            continue;
        accepted++;
        back = signer_encode(out.bytes, out.length);
        assert_int_equal(strlen(back), length);
        assert_memory_equal(back, text, length);
        free(back);
        buffer_release(&out);
    }
    assert_int_equal(accepted, 256 + 64 * 64); /* bytes; pairs of them that end in 'A' */
}

static void the_limit_of_the_buffer_holds(void **state)
{
    struct buffer out = BUFFER_WITH_LIMIT(3);

    (void)state;
    assert_false(base64url_decode("Zm9vYg", 6, &out));
    assert_int_equal(out.length, 0);
    assert_true(base64url_decode("Zm9v", 4, &out));
    assert_false(base64url_decode("Zg", 2, &out));
    assert_true(base64url_decode("", 0, &out));
    assert_int_equal(out.length, 3);
    buffer_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decodes_the_examples_of_the_rfc),
        cmocka_unit_test(whatever_is_not_canonical_is_refused_and_changes_nothing),
        cmocka_unit_test(every_text_of_two_or_three_characters_decodes_only_if_it_encodes_back),
        cmocka_unit_test(the_limit_of_the_buffer_holds),
    };

    return check_main("base64url", tests);
}
