/* SPDX-License-Identifier: MIT */
#include "pam_module/gate.h"

#include "base/lookup.h"
#include "base/own.h"
#include "base/text.h"
#include "cache/naming.h"
#include "cache/window_in_force.h"
#include "config/paths.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <sys/stat.h>

#define LOCAL_BYTES_MOST (64l * 1024 * 1024)
#define ENTRY_LEAST      1024 /* first try for what getpwnam_r writes to */
#define ENTRY_MOST       (256ul * 1024)

static bool is_blank(int c)
{
    return c == ' ' || (c >= '\t' && c <= '\r'); /* isspace(3), whatever the locale */
}

/*
 * Looks for the first field of a line, byte by byte: no line is too long and none is parsed.
 * Blanks before it are left out, because glibc leaves them out.
 */
static enum lookup find_first_field(FILE *file, const char *name)
{
    bool fits = true;
    size_t matched = 0;

    for (int c; (c = getc_unlocked(file)) != EOF;) {
        if (c == '\n') {
            fits = true;
            matched = 0;
        } else if (fits && !matched && is_blank(c)) {
            continue;
        } else if (fits && c == ':' && !name[matched]) {
            return LOOKUP_FOUND;
        } else if (fits && name[matched] && c == (unsigned char)name[matched]) {
            matched++;
        } else {
            fits = false;
        }
    }
    return ferror(file) ? LOOKUP_UNAVAILABLE : LOOKUP_ABSENT;
}

/* Not through NSS: whatever stands before or behind `files` there, a local name is never ours. */
static enum lookup find_local(const char *name)
{
    OWNED(close_file) FILE *file = NULL;
    struct stat status;
    int fd = open(LOCAL_PASSWD, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

    if (fd < 0)
        return LOOKUP_UNAVAILABLE;
    file = fdopen(fd, "r");
    if (!file) {
        close(fd);
        return LOOKUP_UNAVAILABLE;
    }
    if (fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_size > LOCAL_BYTES_MOST)
        return LOOKUP_UNAVAILABLE;
    return find_first_field(file, name);
}

/* How libc is asked for an entry: by name, or by uid where there is none. */
static int find_entry(const char *name, uid_t uid, struct passwd *entry, char *memory, size_t size,
                      struct passwd **found)
{
    return name ? getpwnam_r(name, entry, memory, size, found)
                : getpwuid_r(uid, entry, memory, size, found);
}

/*
 * The uid of `name`; or, where `by_uid`, whether `*uid` has this name. LOOKUP_ABSENT also when
 * the entry found is not exactly the one asked for.
 */
static enum lookup find_person(const char *name, bool by_uid, uid_t *uid)
{
    int failed = ERANGE;

    for (size_t size = ENTRY_LEAST; failed == ERANGE && size <= ENTRY_MOST; size *= 4) {
        OWNED(free_memory) char *memory = malloc(size);
        struct passwd entry, *found = NULL;

        if (!memory)
            return LOOKUP_UNAVAILABLE;
        failed = find_entry(by_uid ? NULL : name, *uid, &entry, memory, size, &found);
        if (failed || !found)
            continue;
        if (strcmp(found->pw_name, name) != 0 || (by_uid && found->pw_uid != *uid))
            return LOOKUP_ABSENT;
        *uid = found->pw_uid;
        return LOOKUP_FOUND;
    }
    return failed ? LOOKUP_UNAVAILABLE : LOOKUP_ABSENT;
}

/*
 * FOUND: the uid is one of ours. Read anew each time: a session may go on for longer than a window
 * is in force.
 */
static enum lookup find_in_window(uid_t uid)
{
    struct id_window window;

    if (!window_read(&window))
        return LOOKUP_UNAVAILABLE;
    id_window_use(window);
    return uid != 0 && id_is_ours(uid) ? LOOKUP_FOUND : LOOKUP_ABSENT;
}

/* sshd may have been told of somebody who is not enrolled: only the name leads to her then. */
static enum gate both_ways(const char *name, uid_t uid)
{
    switch (find_person(name, true, &uid)) {
    case LOOKUP_FOUND:
        return GATE_KNOWN;
    case LOOKUP_ABSENT:
        return GATE_PROMISED;
    default:
        return GATE_UNAVAILABLE;
    }
}

static enum gate failed(struct error *why, const char *what, const char *name)
{
    error_set(why, ERROR_SYSTEM, "%s: whose name %s is stays open", what, name);
    return GATE_FAILED;
}

/*
 * `fits`: people are called like this here. NSS may still find one who is not, in a process that has
 * read the settings before they were changed, and this must not make her nobody's.
 */
static enum gate by_uid(const char *name, uid_t uid, bool fits, struct error *why)
{
    switch (find_in_window(uid)) {
    case LOOKUP_FOUND:
        return fits ? both_ways(name, uid)
                    : failed(why, "an ID of ours, and no name that we give", name);
    case LOOKUP_ABSENT:
        return GATE_NOT_OURS;
    default:
        return failed(why, "the window of IDs cannot be told", name);
    }
}

enum gate gate_ask(const char *name, struct error *why)
{
    struct naming naming;
    uid_t uid = (uid_t)-1;
    bool told, fits;

    if (strcmp(name, "root") == 0 || (!name_is_person(name) && !name_is_short(name)))
        return GATE_NOT_OURS;
    told = naming_read(&naming, why);
    fits = told && name_fits(name, naming.names);
    switch (find_local(name)) {
    case LOOKUP_FOUND:
        return GATE_NOT_OURS; /* a damaged nss.conf must not keep a local user out */
    case LOOKUP_ABSENT:
        break;
    default:
        if (fits)
            return failed(why, LOCAL_PASSWD " cannot be read", name);
    }
    if (!told)
        return GATE_FAILED;
    switch (find_person(name, false, &uid)) {
    case LOOKUP_FOUND:
        return by_uid(name, uid, fits, why);
    case LOOKUP_ABSENT:
        return fits ? GATE_UNKNOWN : GATE_NOT_OURS;
    default:
        /* A source of names that is down must not turn one of ours into nobody's. */
        return GATE_UNAVAILABLE;
    }
}

bool gate_spelling(const char *name, char right[NAME_MOST + 1])
{
    char folded[NAME_MOST + 1];
    struct naming naming;

    if (!text_copy(folded, sizeof folded, name) || !naming_read(&naming, &(struct error){0}))
        return false;
    text_fold(folded);
    if (naming.names == NAMES_SHORT && naming_shown(&naming, folded, right))
        return find_local(right) == LOOKUP_ABSENT;
    if (strcmp(folded, name) == 0 || !name_fits(folded, naming.names) ||
        find_local(folded) != LOOKUP_ABSENT)
        return false;
    return text_copy(right, NAME_MOST + 1, folded);
}
