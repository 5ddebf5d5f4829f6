/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include "base/own.h"

#include <errno.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#define LINE_MOST 1024

/* Control bytes, and bytes that may be half of one, become \xNN; a cut line ends in dots. */
static void escape(const char *text, char *out, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    size_t used = 0;

    for (; *text && used + 8 < size; text++) {
        unsigned char byte = (unsigned char)*text;

        if (byte >= 0x20 && byte < 0x7f && byte != '\\') {
            out[used++] = (char)byte;
            continue;
        }
        out[used++] = '\\';
        out[used++] = 'x';
        out[used++] = digits[byte >> 4];
        out[used++] = digits[byte & 15];
    }
    memcpy(out + used, *text ? "..." : "", *text ? 4 : 1);
}

/* Not syslog(3): that waits for ever when the log's reader stands still. */
static void to_journal(int priority, const char *line)
{
    const struct sockaddr_un place = {.sun_family = AF_UNIX, .sun_path = "/dev/log"};
    OWNED(close_fd) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    char packet[LINE_MOST + 128], when[32];
    time_t now = time(NULL);
    struct tm parts;
    int length;

    if (fd < 0 || !localtime_r(&now, &parts) || !strftime(when, sizeof when, "%b %e %T", &parts))
        return;
    length = snprintf(packet, sizeof packet, "<%d>%s %s[%ld]: %s", LOG_AUTHPRIV | priority, when,
                      program_invocation_short_name, (long)getpid(), line);
    if (length > 0 && (size_t)length < sizeof packet)
        (void)sendto(fd, packet, (size_t)length, MSG_NOSIGNAL, (const struct sockaddr *)&place,
                     sizeof place);
}

/* A socket as standard error is the journal already. */
static void to_standard_error(const char *line)
{
    struct stat kind;

    if (fstat(STDERR_FILENO, &kind) == 0 && !S_ISSOCK(kind.st_mode))
        dprintf(STDERR_FILENO, "%s: %s\n", program_invocation_short_name, line);
}

void log_line(enum log_level level, const char *format, ...)
{
    char text[LINE_MOST / 2], line[LINE_MOST];
    int saved = errno;
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    escape(text, line, sizeof line);
    to_standard_error(line);
    to_journal((int)level, line);
    errno = saved;
}
