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

static const char magic[8] = "lkbrk\1\n";

struct note {
    char magic[sizeof magic];
    int64_t fields[BREAKER_FIELDS];
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
bool breaker_note_load(int fd, struct breaker *breaker)
{
    char longer[sizeof(struct note) + 1];
    struct note note;
    ssize_t length;

    for (int read = 0; read < READS_MOST; read++) {
        length = pread(fd, longer, sizeof longer, 0);
        if (length == 0)
            return false;
        memcpy(&note, longer, sizeof note);
        if (length == sizeof note && memcmp(note.magic, magic, sizeof magic) == 0 &&
            note.checksum == checksum_of(&note)) {
            breaker_from_fields(note.fields, breaker);
            return true;
        }
    }
    *breaker = (struct breaker){0};
    return true;
}

static bool file_read(int folder, const char *file, struct breaker *breaker)
{
    OWNED(close_fd) int fd = private_file_open(folder, file, O_RDONLY, &(struct error){0});

    return fd >= 0 && breaker_note_load(fd, breaker);
}

bool breaker_note_read(int folder, const char *name, struct breaker *breaker)
{
    char file[NAME_SIZE];

    name_of(name, file);
    return folder >= 0 && file_read(folder, file, breaker);
}

bool breaker_notes_tell_outage(int folder, time_t now)
{
    OWNED(close_fd) int fd = -1;
    OWNED(close_folder) DIR *list = NULL;
    const struct dirent *entry;
    struct breaker breaker;

    if (folder >= 0)
        fd = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || !(list = fdopendir(fd)))
        return false;
    take_fd(&fd); /* it is the list's now */
    while ((entry = readdir(list)))
        if (strncmp(entry->d_name, PREFIX, strlen(PREFIX)) == 0 &&
            file_read(folder, entry->d_name, &breaker) && breaker_is_outage(&breaker, now))
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

bool breaker_note_save(int fd, const struct breaker *breaker, struct error *why)
{
    struct note note = {0};

    memcpy(note.magic, magic, sizeof magic);
    breaker_to_fields(breaker, note.fields);
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
