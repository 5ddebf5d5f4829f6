/* SPDX-License-Identifier: MIT */
/* Reads the configuration's files, which must be in the hands of root alone. */
#include "base/buffer.h"
#include "base/own.h"
#include "config/draft.h"
#include "config/window.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#define FILE_MOST  (64u << 10) /* bytes of one file */
#define DROPS_MOST 256         /* files in conf.d */

static bool is_roots_alone(int fd, const char *path, struct error *why)
{
    struct stat status;

    if (fstat(fd, &status) != 0)
        return error_set(why, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
    if (status.st_uid != 0)
        return error_set(why, ERROR_CONFIG, "%s belongs to uid %u: run chown root %s", path,
                         (unsigned)status.st_uid, path);
    if (status.st_mode & (S_IWGRP | S_IWOTH))
        return error_set(why, ERROR_CONFIG, "%s can be changed by others: run chmod go-w %s", path,
                         path);
    return true;
}

static bool read_all(int fd, const char *path, struct buffer *text, struct error *why)
{
    char piece[4096];
    ssize_t n;

    while ((n = read(fd, piece, sizeof piece)) != 0) {
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return error_set(why, ERROR_SYSTEM, "%s: %s", path, strerror(errno));
        if (!buffer_add(text, piece, (size_t)n))
            return error_set(why, ERROR_CONFIG, "%s is longer than %zu bytes", path, text->limit);
    }
    if (text->bytes && strlen(text->bytes) != text->length)
        return error_set(why, ERROR_CONFIG, "%s holds a NUL byte", path);
    return true;
}

enum lookup config_text(const char *path, struct buffer *text, struct error *why)
{
    OWNED(close_fd) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 && errno == ENOENT)
        return LOOKUP_ABSENT;
    if (fd < 0) {
        error_set(why, ERROR_CONFIG, "%s: %s", path, strerror(errno));
        return LOOKUP_UNAVAILABLE;
    }
    return is_roots_alone(fd, path, why) && read_all(fd, path, text, why) ? LOOKUP_FOUND
                                                                          : LOOKUP_UNAVAILABLE;
}

static bool read_file(struct draft *draft, const char *path, struct error *why)
{
    OWNED(buffer_release) struct buffer text = BUFFER_WITH_LIMIT(FILE_MOST);

    switch (config_text(path, &text, why)) {
    case LOOKUP_UNAVAILABLE:
        return false;
    case LOOKUP_ABSENT:
        return error_set(why, ERROR_CONFIG, "%s: %s; latchkey.conf(5) has an example", path,
                         strerror(ENOENT));
    case LOOKUP_FOUND:
        break;
    }
    return draft_read(draft, text.bytes ? text.bytes : "", path, why);
}

static int is_drop(const struct dirent *entry)
{
    size_t length = strlen(entry->d_name);

    return entry->d_name[0] != '.' && length > 5 &&
           strcmp(entry->d_name + length - 5, ".conf") == 0;
}

static int by_bytes(const struct dirent **one, const struct dirent **other)
{
    return strcmp((*one)->d_name, (*other)->d_name);
}

/* The names of the drop-ins in order; none when there is no such folder. */
static bool list_drops(const char *folder, struct strings *names, struct error *why)
{
    OWNED(close_fd) int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    struct dirent **entries = NULL;
    bool complete = true;
    int count;

    if (fd < 0 && errno == ENOENT)
        return true;
    if (fd < 0)
        return error_set(why, ERROR_CONFIG, "%s: %s", folder, strerror(errno));
    if (!is_roots_alone(fd, folder, why))
        return false;
    count = scandirat(fd, ".", &entries, is_drop, by_bytes);
    if (count < 0)
        return error_set(why, ERROR_SYSTEM, "%s: %s", folder, strerror(errno));
    for (int i = 0; i < count; i++) {
        complete = complete && strings_add(names, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return complete ||
           error_set(why, ERROR_CONFIG, "%s holds more than %d files", folder, DROPS_MOST);
}

bool config_read(const char *file, const char *folder, struct config **config, struct error *why)
{
    OWNED(strings_release) struct strings drops = STRINGS_WITH_LIMIT(DROPS_MOST);
    OWNED(draft_release) struct draft draft = {.config = config_new()};

    if (!draft.config)
        return error_set(why, ERROR_SYSTEM, "out of memory");
    if (!read_file(&draft, file, why) || !list_drops(folder, &drops, why))
        return false;
    for (size_t i = 0; i < drops.count; i++) {
        char path[512];

        if ((size_t)snprintf(path, sizeof path, "%s/%s", folder, drops.items[i]) >= sizeof path)
            return error_set(why, ERROR_CONFIG, "%s: a name in it is too long", folder);
        if (!read_file(&draft, path, why))
            return false;
    }
    if (!draft_finish(&draft, file, why))
        return false;
    window_put_in_force(draft.config);
    *config = OWN_TAKE(draft.config);
    return true;
}
