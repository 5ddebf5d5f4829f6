/* SPDX-License-Identifier: MIT */
#include "platform/http_header.h"
#include "tests/check.h"

#include <string.h>

#define NOW    ((time_t)1700000000) /* Tue, 14 Nov 2023 22:13:20 GMT */
#define ROUNDS 200000

static uint64_t seed = 88172645463325252u;

static uint32_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

/* Lines as they come, parted by newlines. */
static struct http_header read_all(const char *lines)
{
    struct http_header header = {0};

    while (*lines) {
        size_t length = strcspn(lines, "\n") + 1;

        http_header_add(&header, lines, length);
        lines += length;
    }
    return header;
}

static void retry_after_has_many_forms(void **state)
{
    static const struct {
        const char *lines;
        unsigned seconds;
    } rows[] = {
        {"Retry-After: 60\r\n", 60},
        {"retry-after:60\r\n", 60},
        {"RETRY-AFTER: \t 60 \t\r\n", 60},
        {"Retry-After: 1\r\n", 1},
        {"Retry-After: 0\r\n", 1},
        {"Retry-After: 00060\r\n", 60},
        {"Retry-After: 2.128\r\n", 3},
        {"Retry-After: 2.000\r\n", 2},
        {"Retry-After: 0.001\r\n", 1},
        {"Retry-After: 3599.5\r\n", 3600},
        {"Retry-After: 3600\r\n", 3600},
        {"Retry-After: 3601\r\n", 3600},
        {"Retry-After: 18446744073709551615\r\n", 3600},
        {"Retry-After: 18446744073709551616\r\n", 0},
        {"Retry-After: 99999999999999999999999999\r\n", 0},
        {"Retry-After: -5\r\n", 0},
        {"Retry-After: +5\r\n", 0},
        {"Retry-After: 5 s\r\n", 0},
        {"Retry-After: 5,10\r\n", 0},
        {"Retry-After: 1e3\r\n", 0},
        {"Retry-After: 0x10\r\n", 0},
        {"Retry-After: 5.\r\n", 0},
        {"Retry-After: .5\r\n", 0},
        {"Retry-After: 5.5.5\r\n", 0},
        {"Retry-After: soon\r\n", 0},
        {"Retry-After:\r\n", 0},
        {"Retry-After: \r\n", 0},
        {"Retry-After\r\n", 0},
        {"Retry-After : 60\r\n", 0},
        {"X-Retry-After: 60\r\n", 0},
        {" Retry-After: 60\r\n", 0},
        {"Retry-After: 10\r\nRetry-After: 30\r\nRetry-After: 20\r\n", 30},
        {"Retry-After: soon\r\nRetry-After: 30\r\n", 30},
        {"Retry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n", 60},
        {"Retry-After: Tuesday, 14-Nov-23 22:14:20 GMT\r\n", 60},
        {"Retry-After: Tue Nov 14 22:14:20 2023\r\n", 60},
        {"Retry-After: Tue, 14 Nov 2023 22:12:20 GMT\r\n", 1},
        {"Retry-After: Sun, 06 Nov 1994 08:49:37 GMT\r\n", 1},
        {"Retry-After: Fri, 31 Dec 9999 23:59:59 GMT\r\n", 3600},
        {"Retry-After: Tue, 14 Nov 2023 22:14:20 CET\r\n", 0},
        {"Retry-After: Tue, 14 Nov 2023 22:14:20 GMT x\r\n", 0},
        {"Retry-After: Tue, 99 Nov 2023 22:14:20 GMT\r\n", 0},
        {"Retry-After: Tue, 14 Nov 2023 25:14:20 GMT\r\n", 0},
        {"Retry-After: 2023-11-14T22:14:20Z\r\n", 0},
        /* Told by the server's clock, which is two hours behind, wherever its header stands. */
        {"Retry-After: Tue, 14 Nov 2023 20:14:20 GMT\r\nDate: Tue, 14 Nov 2023 20:13:50 GMT\r\n",
         30},
        {"Date: Tue, 14 Nov 2023 20:13:50 GMT\r\nRetry-After: Tue, 14 Nov 2023 20:14:20 GMT\r\n",
         30},
        {"Date: nonsense\r\nRetry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n", 60},
        {"Retry-After: 10\r\nRetry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n", 60},
        {"Retry-After: 100\r\nRetry-After: Tue, 14 Nov 2023 22:14:20 GMT\r\n", 100},
        /* The final answer counts, and no trailer. */
        {"HTTP/1.1 103 Early Hints\r\nRetry-After: 60\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n",
         0},
        {"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 503 Out\r\nRetry-After: 60\r\n\r\n", 60},
        {"HTTP/1.1 200 OK\r\nServer: x\r\n\r\nRetry-After: 60\r\n", 0},
        {"Retry-After: 60\n", 60},
        {"", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_header header = read_all(rows[i].lines);

        if (http_header_retry_after(&header, NOW) != rows[i].seconds)
            print_error("%s", rows[i].lines);
        assert_int_equal(http_header_retry_after(&header, NOW), rows[i].seconds);
    }
}

static void max_age_is_the_least_that_was_said(void **state)
{
    static const struct {
        const char *lines;
        long seconds; /* -1: none */
    } rows[] = {
        {"Cache-Control: max-age=86400, private\r\n", 86400},
        {"cache-control:private,MAX-AGE=60\r\n", 60},
        {"Cache-Control: \tmax-age=60\t,x\r\n", 60},
        {"Cache-Control: max-age=\"60\"\r\n", 60},
        {"Cache-Control: max-age=0\r\n", 0},
        {"Cache-Control: max-age=60, max-age=30\r\n", 30},
        {"Cache-Control: max-age=60\r\nCache-Control: max-age=90\r\n", 60},
        {"Cache-Control: max-age=99999999999999999999\r\n", 2147483647},
        {"Cache-Control: max-age=\r\n", -1},
        {"Cache-Control: max-age\r\n", -1},
        {"Cache-Control: max-age=\"\"\r\n", -1},
        {"Cache-Control: max-age=-1\r\n", -1},
        {"Cache-Control: max-age=1.5\r\n", -1},
        {"Cache-Control: max-age = 60\r\n", -1},
        {"Cache-Control: s-maxage=60\r\n", -1},
        {"Cache-Control: x-max-age=60\r\n", -1},
        {"Cache-Control: no-store, no-cache\r\n", -1},
        {"Expires: 60\r\n", -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_header header = read_all(rows[i].lines);

        if (header.has_max_age != (rows[i].seconds >= 0) ||
            (header.has_max_age && header.max_age != rows[i].seconds))
            print_error("%s", rows[i].lines);
        assert_int_equal(header.has_max_age, rows[i].seconds >= 0);
        if (header.has_max_age)
            assert_int_equal(header.max_age, rows[i].seconds);
    }
}

static void etags_are_kept_as_they_are_or_not_at_all(void **state)
{
    static const char *const rows[][2] = {
        {"ETag: \"abc\"\r\n", "\"abc\""},
        {"etag:W/\"abc\"\r\n", "W/\"abc\""},
        {"ETag: \"\"\r\n", "\"\""},
        {"ETag: \"a\"\r\nETag: \"b\"\r\n", "\"b\""},
        {"ETag: \"a\"\r\nETag: b\r\n", ""},
        {"ETag: abc\r\n", ""},
        {"ETag: \"abc\r\n", ""},
        {"ETag: \"\r\n", ""},
        {"ETag: w/\"abc\"\r\n", ""},
        {"ETag: \"a b\"\r\n", ""},
        {"ETag: \"a\"b\"\r\n", ""},
        {"ETag: \"a\rX-Evil: 1\"\r\n", ""},
        {"ETag: \"\x80\"\r\n", ""},
        {"ETag: \"a\"\r\nHTTP/1.1 200 OK\r\n", ""},
    };
    char line[600] = "ETag: \"";

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_string_equal(read_all(rows[i][0]).etag, rows[i][1]);
    memset(line + 7, 'x', DOCUMENT_ETAG_MOST - 2);
    memcpy(line + 7 + DOCUMENT_ETAG_MOST - 2, "\"\n", 3);
    assert_int_equal(strlen(read_all(line).etag), DOCUMENT_ETAG_MOST);
    memcpy(line + 7 + DOCUMENT_ETAG_MOST - 2, "x\"\n", 4);
    assert_string_equal(read_all(line).etag, "");
}

static void lines_that_are_too_long_count_as_not_there(void **state)
{
    static char line[3000] = "Retry-After: 60";
    struct http_header header = {0};

    (void)state;
    memset(line + 15, ' ', sizeof line - 16);
    http_header_add(&header, line, 1023);
    assert_int_equal(http_header_retry_after(&header, NOW), 60);
    header = (struct http_header){0};
    http_header_add(&header, line, 1024);
    http_header_add(&header, "Retry-After: 1\0 0", 17);
    assert_int_equal(http_header_retry_after(&header, NOW), 0);
}

/* Whatever is sent: nothing is made up, and an etag is fit to be sent back. */
static void any_bytes_do_no_harm(void **state)
{
    static const char *const names[] = {
        "Retry-After: ", "Date: ", "ETag: ", "Cache-Control: ", "HTTP/", "max-age=", ""};
    static const char bytes[] = "0123456789.,:;=\"-+ \tGMTNovTueW/xyz\r\n\\\x80\xff";

    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        struct http_header header = {0};
        unsigned seconds;

        for (unsigned lines = any() % 4; lines > 0; lines--) {
            char line[128];
            size_t length = (size_t)snprintf(line, sizeof line, "%s", names[any() % 7]);

            for (unsigned more = any() % 40; more > 0; more--)
                line[length++] = bytes[any() % sizeof bytes];
            http_header_add(&header, line, length);
        }
        seconds = http_header_retry_after(&header, any() % 2 ? NOW : (time_t)any());
        assert_in_range(seconds, 0, HTTP_RETRY_AFTER_MOST);
        for (const char *at = header.etag; *at; at++)
            assert_true(*at > ' ' && *at <= '~');
    }
}

static void write_date(char *line, size_t size, const struct tm *when, unsigned form)
{
    size_t used;

    if (form == 0) {
        strftime(line, size, "Retry-After: %a, %d %b %Y %H:%M:%S GMT\r\n", when);
    } else if (form == 1) {
        used = strftime(line, size, "Retry-After: %A, %d-%b-", when);
        used += (size_t)snprintf(line + used, size - used, "%02d", when->tm_year % 100);
        strftime(line + used, size - used, " %H:%M:%S GMT\r\n", when);
    } else {
        strftime(line, size, "Retry-After: %a %b %e %H:%M:%S %Y\r\n", when);
    }
}

/* Each way to write a moment means that moment. */
static void dates_are_read_as_they_were_written(void **state)
{
    (void)state;
    for (int round = 0; round < ROUNDS / 10; round++) {
        time_t now = NOW + (time_t)(any() % 1000000000);
        time_t wait = 1 + any() % HTTP_RETRY_AFTER_MOST;
        time_t then = now + wait;
        struct http_header header;
        struct tm parts;
        char line[128];

        assert_non_null(gmtime_r(&then, &parts));
        write_date(line, sizeof line, &parts, any() % 3);
        header = read_all(line);
        assert_int_equal(http_header_retry_after(&header, now), wait);
    }
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(retry_after_has_many_forms),
        cmocka_unit_test(max_age_is_the_least_that_was_said),
        cmocka_unit_test(etags_are_kept_as_they_are_or_not_at_all),
        cmocka_unit_test(lines_that_are_too_long_count_as_not_there),
        cmocka_unit_test(any_bytes_do_no_harm),
        cmocka_unit_test(dates_are_read_as_they_were_written),
    };

    return check_main("http_header", tests);
}
