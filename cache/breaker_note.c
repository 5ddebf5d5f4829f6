/* SPDX-License-Identifier: MIT */
#include "cache/breaker_note.h"

#include "base/own.h"
#include "cache/private_file.h"
#include "cache/wait.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>

#define PREFIX     "breaker-"
#define NAME_SIZE  64
#define READS_MOST 3 /* a reader may meet a writer; not so often */

static const char magic[8] = "lkbrk\2\n";

/* As it is kept. */
struct note {
    char magic[sizeof magic];
    int64_t fields[BREAKER_FIELDS], row_known, row[BREAKER_FIELDS];
    uint64_t checksum;
};

_Static_assert(sizeof(struct breaker) == 8 + 5 * sizeof(time_t), "each field has its number");

OWN_DEFINE(close_folder, DIR, closedir);

void breaker_to_fields(const struct breaker *breaker, int64_t fields[static BREAKER_FIELDS])
{
    fields[0] = breaker->failures;
    fields[1] = breaker->silent;
    fields[2] = breaker->answering;
    fields[3] = breaker->since;
    fields[4] = breaker->wait_until;
    fields[5] = breaker->told_until;
    fields[6] = breaker->tried_at;
    fields[7] = breaker->opened_at;
}

void breaker_from_fields(const int64_t fields[static BREAKER_FIELDS], struct breaker *breaker)
{
    *breaker = (struct breaker){0};
    for (int i = 0; i < BREAKER_FIELDS; i++)
        if (fields[i] < 0)
            return;
    if (fields[0] > UINT32_MAX || fields[1] > 1 || fields[2] > 1)
        return;
    *breaker = (struct breaker){
        .failures = (uint32_t)fields[0],
        .silent = fields[1],
        .answering = fields[2],
        .since = fields[3],
        .wait_until = fields[4],
        .told_until = fields[5],
        .tried_at = fields[6],
        .opened_at = fields[7],
    };
}

bool breaker_equal(const struct breaker *one, const struct breaker *other)
{
    int64_t fields[BREAKER_FIELDS], others[BREAKER_FIELDS];

    breaker_to_fields(one, fields);
    breaker_to_fields(other, others);
    return memcmp(fields, others, sizeof fields) == 0;
}

static time_t later_of(time_t one, time_t other)
{
    return one > other ? one : other;
}

static bool is_answering(const struct breaker *breaker)
{
    return breaker->failures == 0 || breaker->answering;
}

static struct breaker worse_of(const struct breaker *one, const struct breaker *other)
{
    struct breaker worse = other->failures > one->failures ? *other : *one;

    worse.answering = worse.failures > 0 && is_answering(one) && is_answering(other);
    worse.wait_until = later_of(one->wait_until, other->wait_until);
    worse.told_until = later_of(one->told_until, other->told_until);
    worse.tried_at = later_of(one->tried_at, other->tried_at);
    worse.opened_at = later_of(one->opened_at, other->opened_at);
    return worse;
}

/* Failures of both are in a row; that is asked only as far as it makes an outage. */
static struct breaker one_after_other(const struct breaker *earlier, const struct breaker *since)
{
    struct breaker both = worse_of(since, earlier);

    if (since->answering || earlier->failures == 0 || both.failures >= BREAKER_OUTAGE)
        return both;
    both.failures = earlier->failures + since->failures;
    both.since = earlier->since;
    return both;
}

struct breaker breaker_note_over(const struct breaker_note *note, const struct breaker *row)
{
    if (note->row_known && breaker_equal(&note->row, row))
        return note->breaker;
    return note->row_known ? worse_of(&note->breaker, row) : one_after_other(row, &note->breaker);
}

/* A part of a file's name: letters and digits stay. */
static void name_of(const char *name, char file[static NAME_SIZE])
{
    snprintf(file, NAME_SIZE, PREFIX "%s", name);
    for (char *at = file + strlen(PREFIX); *at; at++)
        if (!(*at >= 'a' && *at <= 'z') && !(*at >= '0' && *at <= '9'))
            *at = '-';
}

/* FNV-1a. Against halves of two notes, not against malice. */
static uint64_t checksum_of(const struct note *note)
{
    const unsigned char *bytes = (const unsigned char *)note;
    uint64_t hash = 14695981039346656037U;

    for (size_t i = 0; i < offsetof(struct note, checksum); i++)
        hash = (hash ^ bytes[i]) * 1099511628211U;
    return hash;
}

/* An empty one was made by somebody who has not written yet, and perhaps never will. */
bool breaker_note_load(int fd, struct breaker_note *loaded)
{
    char longer[sizeof(struct note) + 1];
    struct note note;

    for (int read = 0; read < READS_MOST; read++) {
        ssize_t length = pread(fd, longer, sizeof longer, 0);

        memcpy(&note, longer, sizeof note);
        if (length != sizeof note || memcmp(note.magic, magic, sizeof magic) != 0 ||
            note.checksum != checksum_of(&note))
            continue;
        breaker_from_fields(note.fields, &loaded->breaker);
        breaker_from_fields(note.row, &loaded->row);
        loaded->row_known = note.row_known != 0;
        return true;
    }
    return false;
}

static bool file_read(int folder, const char *file, struct breaker_note *note)
{
    OWNED(close_fd) int fd = private_file_open(folder, file, O_RDONLY, &(struct error){0});

    return fd >= 0 && breaker_note_load(fd, note);
}

bool breaker_note_read(int folder, const char *name, struct breaker_note *note)
{
    char file[NAME_SIZE];

    name_of(name, file);
    return folder >= 0 && file_read(folder, file, note);
}

bool breaker_notes_tell_outage(int folder, time_t now)
{
    OWNED(close_fd) int fd = -1;
    OWNED(close_folder) DIR *list = NULL;
    const struct dirent *entry;
    struct breaker_note note;

    if (folder >= 0)
        fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !(list = fdopendir(fd)))
        return false;
    take_fd(&fd); /* it is the list's now */
    while ((entry = readdir(list)))
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
            file_read(folder, entry->d_name, &note) && breaker_is_outage(&note.breaker, now))
            return true;
    return false;
}

static bool lock(int fd, const struct deadline *deadline)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    while (fcntl(fd, F_OFD_SETLK, &whole) != 0)
        if ((errno != EAGAIN && errno != EACCES && errno != EINTR) || !wait_a_little(deadline))
            return false;
    return true;
}

int breaker_note_lock(int folder, const char *name, bool make, const struct deadline *deadline,
                      struct error *why)
{
    char file[NAME_SIZE];
    struct stat status;

    name_of(name, file);
    do {
        OWNED(close_fd)
        int fd = private_file_open(folder, file, O_RDWR | (make ? O_CREAT : 0), why);

        if (fd < 0)
            return -1;
        if (!lock(fd, deadline) || fstat(fd, &status) != 0)
            break;
        if (status.st_nlink > 0)
            return take_fd(&fd);
        /* Whoever held it has dropped it. */
    } while (deadline_left_ms(deadline) > 0);
    error_set(why, ERROR_SYSTEM, "%s: another process has it for too long", file);
    errno = EAGAIN;
    return -1;
}

bool breaker_note_save(int fd, const struct breaker_note *saved, struct error *why)
{
    struct note note = {.row_known = saved->row_known};

    memcpy(note.magic, magic, sizeof magic);
    breaker_to_fields(&saved->breaker, note.fields);
    breaker_to_fields(&saved->row, note.row);
    note.checksum = checksum_of(&note);
    return (pwrite(fd, &note, sizeof note, 0) == sizeof note && ftruncate(fd, sizeof note) == 0) ||
           error_set(why, ERROR_SYSTEM, "a breaker cannot be kept in the runtime folder: %s",
                     strerror(errno));
}

void breaker_note_drop(int folder, const char *name)
{
    char file[NAME_SIZE];

    name_of(name, file);
    unlinkat(folder, file, 0);
}
