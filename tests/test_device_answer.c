/* SPDX-License-Identifier: MIT */
/* What may be shown to a person of a device authorization response, byte by byte. */
#include "platform/device_answer.h"

#include "base/own.h"
#include "tests/check.h"

#define ASKED_MS INT64_C(1000000)

static bool reads(const char *user_code, const char *uri, const char *rest,
                  struct device_code *device)
{
    char body[8192];
    struct error why = {0};
    int length = snprintf(body, sizeof body,
                          "{\"device_code\":\"secret\",\"user_code\":\"%s\","
                          "\"verification_uri\":\"%s\"%s}",
                          user_code, uri, rest);

    assert_true(length > 0 && (size_t)length < sizeof body);
    if (device_answer_read(body, (size_t)length, ASKED_MS, device, &why))
        return true;
    assert_int_equal(why.kind, ERROR_MALFORMED);
    assert_null(strstr(why.text, "secret"));
    return false;
}

#define PAGE  "https://microsoft.com/devicelogin"
#define TIMES ",\"expires_in\":900,\"interval\":5"

static void a_documented_response_is_read(void **state)
{
    OWNED(device_code_release) struct device_code device = {0};

    (void)state;
    assert_true(reads("LPEFAVQ94", PAGE, TIMES, &device));
    assert_string_equal(device.code, "secret");
    assert_string_equal(device.user_code, "LPEFAVQ94");
    assert_string_equal(device.uri, PAGE);
    assert_string_equal(device.uri_complete, "");
    assert_int_equal(device.expires_at_ms, ASKED_MS + 900000);
    assert_int_equal(device.interval_seconds, 5);
}

/* As JSON writes it, so that each of the bytes comes through whatever it is. */
static void only_printable_ascii_gets_through(void **state)
{
    (void)state;
    for (unsigned letter = 1; letter <= 0x2fff; letter++) {
        OWNED(device_code_release) struct device_code device = {0};
        char code[32], uri[64];
        bool typable = letter > ' ' && letter <= '~';

        snprintf(code, sizeof code, "A\\u%04xB", letter);
        snprintf(uri, sizeof uri, "https://host/\\u%04x", letter);
        assert_int_equal(reads(code, PAGE, TIMES, &device), typable || letter == ' ');
        device_code_release(&device);
        assert_int_equal(reads("A", uri, TIMES, &device),
                         typable && !strchr("#\\\"<>^`{|}", (int)letter));
    }
}

static void only_whole_https_addresses_get_through(void **state)
{
    static const char *const unfit[] = {
        "",          "x",          "http://a/",         "HTTPS://a/",    "https:/a",
        "https://",  "https:///",  "https://:80/",      "https://a@b/",  "javascript:alert(1)",
        "file:///x", " https://a", "https://a/\\u001b", "https://a/ b/", "https://a/#f",
    };

    (void)state;
    for (size_t i = 0; i < sizeof unfit / sizeof unfit[0]; i++) {
        OWNED(device_code_release) struct device_code device = {0};
        char complete[256];

        assert_false(reads("A", unfit[i], TIMES, &device));
        assert_null(device.code);
        snprintf(complete, sizeof complete, TIMES ",\"verification_uri_complete\":\"%s\"",
                 unfit[i]);
        assert_true(reads("A", PAGE, complete, &device));
        assert_string_equal(device.uri_complete, "");
    }
}

static void each_text_has_its_length_and_no_byte_more(void **state)
{
    char text[DEVICE_URI_COMPLETE_MOST + 2], rest[2048];

    (void)state;
    for (unsigned more = 0; more < 2; more++) {
        OWNED(device_code_release) struct device_code device = {0};

        snprintf(text, sizeof text, "%0*d", (int)(DEVICE_USER_CODE_MOST + more), 7);
        assert_int_equal(reads(text, PAGE, TIMES, &device), more == 0);
        device_code_release(&device);
        snprintf(text, sizeof text, "https://a/%0*d", (int)(DEVICE_URI_MOST - 10 + more), 7);
        assert_int_equal(reads("A", text, TIMES, &device), more == 0);
        device_code_release(&device);
        snprintf(text, sizeof text, "https://a/%0*d", (int)(DEVICE_URI_COMPLETE_MOST - 10 + more),
                 7);
        snprintf(rest, sizeof rest, TIMES ",\"verification_uri_complete\":\"%s\"", text);
        assert_true(reads("A", PAGE, rest, &device));
        assert_int_equal(*device.uri_complete != '\0', more == 0);
    }
}

static void times_are_sound_whatever_comes(void **state)
{
    static const struct {
        const char *expires, *interval;
        int64_t lives; /* seconds; 0: no usable response */
        unsigned every;
    } cases[] = {
        {"900", "5", 900, 5},
        {"\"900\"", "\"7\"", 900, 7},
        {"1", "1", 1, 1},
        {"899.9", "2.5", 899, 2},
        {"1e9", "1e9", DEVICE_SECONDS_MOST, DEVICE_INTERVAL_MOST},
        {"9007199254740993", "\"99999999999\"", DEVICE_SECONDS_MOST, DEVICE_INTERVAL_MOST},
        {"900", "0", 900, 5},
        {"900", "-5", 900, 5},
        {"900", "null", 900, 5},
        {"900", "[5]", 900, 5},
        {"900", "\"5s\"", 900, 5},
        {"900", "0.5", 900, 5},
        {"0", "5", 0, 0},
        {"-1", "5", 0, 0},
        {"null", "5", 0, 0},
        {"\"\"", "5", 0, 0},
        {"\"-1\"", "5", 0, 0},
        {"true", "5", 0, 0},
        {"{}", "5", 0, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        OWNED(device_code_release) struct device_code device = {0};
        char rest[256];

        snprintf(rest, sizeof rest, ",\"expires_in\":%s,\"interval\":%s", cases[i].expires,
                 cases[i].interval);
        assert_int_equal(reads("A", PAGE, rest, &device), cases[i].lives > 0);
        if (cases[i].lives == 0)
            continue;
        assert_int_equal(device.expires_at_ms, ASKED_MS + cases[i].lives * 1000);
        assert_int_equal(device.interval_seconds, cases[i].every);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_documented_response_is_read),
        cmocka_unit_test(only_printable_ascii_gets_through),
        cmocka_unit_test(only_whole_https_addresses_get_through),
        cmocka_unit_test(each_text_has_its_length_and_no_byte_more),
        cmocka_unit_test(times_are_sound_whatever_comes),
    };

    return check_main("device_answer", tests);
}
