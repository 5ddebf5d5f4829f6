/* SPDX-License-Identifier: MIT */
#include "platform/http_header.h"

#include "base/text.h"

#include <limits.h>
#include <string.h>

#define VALUE_MOST 1023u /* bytes; longer values are none of ours */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Any of the three forms of RFC 9110 5.6.7; 0: none of them. */
static time_t date_of(const char *value)
{
    static const char *const forms[] = {"%a, %d %b %Y %H:%M:%S GMT", "%a, %d-%b-%y %H:%M:%S GMT",
                                        "%a %b %d %H:%M:%S %Y"};

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        struct tm when = {0};
        const char *end = strptime(value, forms[i], &when);
        time_t date = end && !*end ? timegm(&when) : 0;

        if (date > 0)
            return date;
    }
    return 0;
}

/* Decimal, since some services send "2.128" (platform.md 4.2); rounded up. 0: no such number. */
static unsigned delta_of(char *value)
{
    char *fraction = strchr(value, '.');
    unsigned long long seconds = 0;
    bool more = false;

    if (fraction) {
        *fraction++ = '\0';
        if (!*fraction || fraction[strspn(fraction, "0123456789")] != '\0')
            return 0;
        more = fraction[strspn(fraction, "0")] != '\0';
    }
    if (!text_number(value, 0, ULLONG_MAX, &seconds))
        return 0;
    if (seconds >= HTTP_RETRY_AFTER_MOST)
        return HTTP_RETRY_AFTER_MOST;
    seconds += more;
    return seconds > 0 ? (unsigned)seconds : 1;
}

static void take_retry_after(struct http_header *header, char *value)
{
    unsigned delta = is_digit(*value) ? delta_of(value) : 0;
    time_t date = is_digit(*value) ? 0 : date_of(value);

    if (delta > header->retry_delta)
        header->retry_delta = delta;
    if (date > header->retry_date)
        header->retry_date = date;
}

static void take_date(struct http_header *header, char *value)
{
    header->date = date_of(value);
}

/* RFC 9110 8.8.3; goes into a request as it is, so nothing unusual may be in it. */
static void take_etag(struct http_header *header, char *value)
{
    const char *quoted = strncmp(value, "W/", 2) == 0 ? value + 2 : value;
    size_t length = strlen(quoted);

    header->etag[0] = '\0';
    if (length < 2 || quoted[0] != '"' || quoted[length - 1] != '"')
        return;
    for (size_t i = 1; i < length - 1; i++)
        if (quoted[i] <= ' ' || quoted[i] > '~' || quoted[i] == '"')
            return;
    (void)text_copy(header->etag, sizeof header->etag, value);
}

/* The least of several; a number too large to be held is a large one, RFC 9111 1.2.2. */
static void take_max_age(struct http_header *header, char *text)
{
    unsigned long long seconds = 0;
    size_t length = strlen(text);

    if (length > 2 && text[0] == '"' && text[length - 1] == '"') {
        text[length - 1] = '\0';
        text++;
    }
    if (!*text || text[strspn(text, "0123456789")] != '\0')
        return;
    if (!text_number(text, 0, INT_MAX, &seconds))
        seconds = INT_MAX;
    if (!header->has_max_age || seconds < header->max_age)
        header->max_age = (unsigned)seconds;
    header->has_max_age = true;
}

static void take_cache_control(struct http_header *header, char *value)
{
    static const char wanted[] = "max-age=";

    for (char *rest = value, *directive; (directive = strsep(&rest, ","));) {
        directive += strspn(directive, " \t");
        for (size_t end = strlen(directive); end > 0 && is_blank(directive[end - 1]);)
            directive[--end] = '\0';
        text_fold(directive);
        if (strncmp(directive, wanted, strlen(wanted)) == 0)
            take_max_age(header, directive + strlen(wanted));
    }
}

static const struct {
    const char *name;
    void (*take)(struct http_header *header, char *value);
} fields[] = {
    {"retry-after", take_retry_after},
    {"date", take_date},
    {"etag", take_etag},
    {"cache-control", take_cache_control},
};

static void take_field(struct http_header *header, char *line)
{
    char *value = strchr(line, ':');
    size_t length;

    if (!value)
        return;
    *value++ = '\0';
    value += strspn(value, " \t");
    for (length = strlen(value); length > 0 && is_blank(value[length - 1]);)
        value[--length] = '\0';
    for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
        if (text_equal_folded(line, fields[i].name))
            fields[i].take(header, value);
}

void http_header_add(struct http_header *header, const char *line, size_t length)
{
    char copy[VALUE_MOST + 1];

    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        length--;
    if (length == 0)
        header->ended = true;
    if (length > 5 && memcmp(line, "HTTP/", 5) == 0)
        *header = (struct http_header){0};
    if (length == 0 || length > VALUE_MOST || header->ended || memchr(line, '\0', length))
        return;
    memcpy(copy, line, length);
    copy[length] = '\0';
    take_field(header, copy);
}

unsigned http_header_retry_after(const struct http_header *header, time_t now)
{
    time_t clock = header->date ? header->date : now;
    unsigned seconds = header->retry_delta;

    if (header->retry_date) {
        time_t left = header->retry_date > clock ? header->retry_date - clock : 1;

        if (left > HTTP_RETRY_AFTER_MOST)
            left = HTTP_RETRY_AFTER_MOST;
        if ((unsigned)left > seconds)
            seconds = (unsigned)left;
    }
    return seconds;
}
