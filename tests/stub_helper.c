/* SPDX-License-Identifier: MIT */
/*
 * A login helper that does as it is told, for the tests of the PAM module: the
 * file `script` beside this program says what, one letter after the other.
 *
 *   b  take BEGIN           T E  tell, fail          A S  ask, ask for a secret
 *   v? verdict: the byte that follows            p  admit for "right", else deny
 *   u...;  admissions are offline, until that second; else they are online
 *   V? a ruling of one byte                      m? the mode of admissions: that byte
 *   n  verdict frame without a verdict            d  write what we found to `seen`
 *   r  random bytes   H  a huge frame   R  a reply, which is not ours to send
 *   c  control bytes  F  tell for ever  h  hang   z  stop   x  leave
 *   w...;  wait: the text up to the semicolon     k  nap for a second
 *   o  waits, each in time, for ever              O  waits at once, for ever
 */
#include "base/own.h"
#include "login/frame.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/random.h>
#include <sys/socket.h>

static char folder[4096];
static struct frame frame;
static struct error why;

static int beside(const char *name, int flags)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    return open(path, flags | O_CLOEXEC, 0600);
}

static void put(enum frame_kind kind, const void *text, size_t length)
{
    struct deadline deadline = deadline_in_ms(60000);

    if (!frame_send(STDIN_FILENO, kind, text, length, &deadline, &why))
        _exit(0);
}

/* The length of its text. */
static size_t put_wait(const char *text)
{
    size_t length = strcspn(text, ";");

    put(FRAME_WAIT, text, length);
    return length;
}

static struct ruling ruling = {.mode = MODE_ONLINE};

static void put_ruling(enum verdict verdict)
{
    char text[RULING_BYTES];
    struct ruling given = {.verdict = verdict};

    if (verdict == VERDICT_ADMIT)
        given = (struct ruling){verdict, ruling.mode, ruling.offline_until};
    ruling_encode(&given, text);
    put(FRAME_VERDICT, text, sizeof text);
}

/* The length of its text. */
static size_t take_until(const char *text)
{
    char *end;

    ruling = (struct ruling){.mode = MODE_OFFLINE, .offline_until = strtoll(text, &end, 10)};
    return (size_t)(end - text);
}

static void take(void)
{
    struct deadline deadline = deadline_in_ms(60000);

    if (!frame_receive(STDIN_FILENO, &frame, &deadline, &why))
        _exit(0);
}

static void write_files(int out)
{
    DIR *open_files = opendir("/proc/self/fd");

    for (struct dirent *entry; open_files && (entry = readdir(open_files));) {
        long fd = strtol(entry->d_name, NULL, 10);

        if (entry->d_name[0] != '.' && fd != dirfd(open_files) && fd != out)
            dprintf(out, "fd %ld\n", fd);
    }
    if (open_files)
        closedir(open_files);
}

/* What a helper inherits, and what it was asked; one fact per line. */
static void write_seen(int count, char **arguments, char **environment)
{
    int out = beside("seen", O_WRONLY | O_CREAT | O_APPEND);
    struct sigaction action;
    sigset_t mask;

    write_files(out);
    for (int i = 0; i < count; i++)
        dprintf(out, "argument %s\n", arguments[i]);
    for (; *environment; environment++)
        dprintf(out, "environment %s\n", *environment);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int number = 1; number < SIGRTMAX; number++) {
        if (sigismember(&mask, number) == 1)
            dprintf(out, "blocked %d\n", number);
        if (sigaction(number, NULL, &action) == 0 && action.sa_handler == SIG_IGN)
            dprintf(out, "ignored %d\n", number);
    }
    if (getsid(0) != getpid())
        dprintf(out, "session of somebody else\n");
    if (frame.kind == FRAME_BEGIN)
        dprintf(out, "action %c\n", frame.text[0]);
    close(out);
}

static void misbehave(char letter)
{
    char bytes[FRAME_TEXT_MOST];

    switch (letter) {
    case 'r':
        (void)!getrandom(bytes, sizeof bytes, 0);
        bytes[0] |= 1; /* never this version, so never by chance an ADMIT */
        (void)!send(STDIN_FILENO, bytes, sizeof bytes, MSG_NOSIGNAL);
        break;
    case 'H':
        (void)!send(STDIN_FILENO, "\3T\xff\xff", 4, MSG_NOSIGNAL);
        (void)!send(STDIN_FILENO, bytes, memset(bytes, 'H', sizeof bytes) ? sizeof bytes : 0,
                    MSG_NOSIGNAL);
        break;
    case 'F':
        for (;;)
            put(FRAME_TELL, "and", 3);
    case 'o':
        for (;; poll(NULL, 0, 300))
            put(FRAME_WAIT, "1000", 4);
    case 'O':
        for (;;)
            put(FRAME_WAIT, "1000", 4);
    case 'h':
        for (;;)
            pause();
    case 'z':
        raise(SIGSTOP);
        break;
    default:
        _exit(0);
    }
}

int main(int count, char **arguments, char **environment)
{
    char script[512] = "";
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    int fd;

    *strrchr(folder, '/') = '\0';
    fd = beside("script", O_RDONLY);
    if (length < 0 || fd < 0 || read(fd, script, sizeof script - 1) < 0)
        return 1;
    close(fd);
    for (const char *letter = script; *letter; letter++)
        if (*letter == 'b')
            take();
        else if (strchr("TERN", *letter))
            put((enum frame_kind) * letter, "told", 4);
        else if (*letter == 'A' || *letter == 'S')
            put((enum frame_kind) * letter, "asked", 5), take();
        else if (*letter == 'c')
            put(FRAME_TELL, "a\x1b[2J\r\0b", 8);
        else if (*letter == 'v')
            put_ruling((enum verdict)(unsigned char)*++letter);
        else if (*letter == 'V')
            put(FRAME_VERDICT, ++letter, 1);
        else if (*letter == 'u')
            letter += 1 + take_until(letter + 1);
        else if (*letter == 'm')
            ruling.mode = (enum mode) * ++letter;
        else if (*letter == 'w')
            letter += 1 + put_wait(letter + 1);
        else if (*letter == 'k')
            poll(NULL, 0, 1000);
        else if (*letter == 'n')
            put(FRAME_VERDICT, "", 0);
        else if (*letter == 'p')
            put_ruling(strcmp(frame.text, "right") == 0 ? VERDICT_ADMIT : VERDICT_DENY);
        else if (*letter == 'd')
            write_seen(count, arguments, environment);
        else
            misbehave(*letter);
    return 0;
}
