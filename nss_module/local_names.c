/* SPDX-License-Identifier: MIT */
#include "nss_module/local_names.h"

#include "config/paths.h"
#include "nss_module/bloom.h"
#include "nss_module/coarse.h"
#include "nss_module/form.h"
#include "nss_module/local_file.h"
#include "nss_module/settings.h"

#include <errno.h>
#include <stdatomic.h>
#include <string.h>

struct filter {
    const char *path;
    atomic_uint stamp;       /* of the file as it was last read; 0: never */
    atomic_uint checked_at;  /* seconds of the coarse clock */
    atomic_uint least, most; /* the window when it was read */
    atomic_bool has_id;      /* some line has a number of that */
    struct bloom bloom;
};

static struct filter groups = {.path = LOCAL_GROUP}, users = {.path = LOCAL_PASSWD};

/*
 * For each mapping of root's: the stamp of the file it was looked for in, and whether it was there.
 * In one word, so that what one thread has read is not taken for what another has.
 */
static atomic_uint mappings[NSS_CONF_GROUPS_MOST];
_Static_assert(NSS_CONF_GROUPS_MOST <= 64, "a bit for each mapping");

static unsigned mapping_word(unsigned stamp, bool there)
{
    return stamp << 1 | there;
}

/* ---- the filter ---- */

static char lower(char letter)
{
    return letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a') : letter;
}

static uint64_t hash_of(const char *name)
{
    uint64_t hash = 1;

    for (; *name; name++)
        hash = mix(hash, (unsigned char)lower(*name));
    return hash;
}

static uint64_t hash_of_id(uint32_t id)
{
    return mix(mix(0, id), 2);
}

static void filter_add_id(struct filter *filter, uint32_t id)
{
    bloom_add(&filter->bloom, hash_of_id(id));
    atomic_store_explicit(&filter->has_id, true, memory_order_relaxed);
}

/* ---- the file ---- */

/* What is known of a line: its first field, after blanks, which glibc skips too, and the third. */
struct line {
    char name[NAME_MOST + 1];
    size_t length;
    bool over; /* the field has ended, or is longer than a name of ours */
    unsigned colons;
    uint64_t id; /* of the digits; beyond 32 bits it grows no more */
};

struct reading {
    struct filter *filter;
    const char *wanted; /* a name */
    uint32_t *ids;      /* whose numbers are taken out of these; neither: all go to the filter */
    size_t count;
    bool found;
    const struct nss_conf *conf; /* whose mappings are looked for, or NULL */
    uint64_t mapped;             /* a bit for each that is there */
    struct line line;
};

static void end_name(struct reading *reading)
{
    struct line *line = &reading->line;

    line->name[line->length] = '\0';
    if (!line->over && line->length && reading->wanted)
        reading->found = reading->found || strcmp(line->name, reading->wanted) == 0;
    else if (!line->over && line->length && !reading->ids)
        bloom_add(&reading->filter->bloom, hash_of(line->name));
    line->over = true;
}

static void take_out(struct reading *reading, uint32_t gid)
{
    size_t left = 0;

    for (size_t i = 0; i < reading->count; i++)
        if (reading->ids[i] != gid)
            reading->ids[left++] = reading->ids[i];
    reading->count = left;
}

static bool is_called(const struct line *line, const char *name)
{
    size_t i = 0;

    while (i < line->length && line->name[i] == lower(name[i]))
        i++;
    return i == line->length && !name[i];
}

static void find_mappings(struct reading *reading)
{
    const struct nss_conf *conf = reading->conf;

    for (size_t i = 0; conf && i < conf->group_count; i++)
        if (conf->groups[i].local == reading->line.id &&
            is_called(&reading->line, conf->groups[i].name))
            reading->mapped |= UINT64_C(1) << i;
}

static void end_line(struct reading *reading)
{
    uint64_t id = reading->line.id;

    end_name(reading);
    find_mappings(reading);
    if (id <= UINT32_MAX && id_is_ours((uint32_t)id)) {
        if (reading->ids)
            take_out(reading, (uint32_t)id);
        else if (!reading->wanted)
            filter_add_id(reading->filter, (uint32_t)id);
    }
    reading->line = (struct line){.length = 0};
}

static void take(struct reading *reading, const char *bytes, size_t size)
{
    struct line *line = &reading->line;

    for (size_t i = 0; i < size; i++) {
        char byte = bytes[i];

        if (byte == '\n')
            end_line(reading);
        else if (byte == ':') {
            end_name(reading);
            line->colons++;
        } else if (line->colons == 2 && byte >= '0' && byte <= '9' && line->id <= UINT32_MAX)
            line->id = line->id * 10 + (unsigned)(byte - '0');
        else if (line->length == NAME_MOST) {
            line->over = true;
            line->length = 0;
        } else if (!line->over && (line->length || (byte != ' ' && byte != '\t')))
            line->name[line->length++] = lower(byte);
    }
}

static void take_piece(void *reading, const char *bytes, size_t size)
{
    take(reading, bytes, size);
}

static bool read_file(struct reading *reading, unsigned *stamp)
{
    if (!local_file_read(reading->filter->path, take_piece, reading, stamp))
        return false;
    end_line(reading); /* the last line may have no end */
    return true;
}

/* ---- how fresh ---- */

/* One thread at a time looks; the others go on meanwhile. */
static bool is_fresh(struct filter *filter, unsigned now)
{
    unsigned stamp = atomic_load_explicit(&filter->stamp, memory_order_acquire);
    unsigned checked_at = atomic_load_explicit(&filter->checked_at, memory_order_relaxed);

    if (!stamp)
        return false;
    return now - checked_at < CHECK_SECONDS ||
           !atomic_compare_exchange_strong(&filter->checked_at, &checked_at, now) ||
           !local_file_has_changed(filter->path, stamp);
}

static __attribute__((noinline)) bool fill(struct filter *filter)
{
    const struct nss_conf *conf = filter == &groups ? settings_of_this_process() : NULL;
    struct reading reading = {.filter = filter, .conf = conf};
    unsigned now = coarse_seconds(), stamp = 0;
    struct id_window window = id_window();
    bool filled = read_file(&reading, &stamp);

    for (size_t i = 0; filled && conf && i < conf->group_count; i++)
        atomic_store(&mappings[i], mapping_word(stamp, reading.mapped >> i & 1));
    atomic_store(&filter->least, window.least);
    atomic_store(&filter->most, window.most);
    atomic_store(&filter->checked_at, now);
    atomic_store_explicit(&filter->stamp, stamp, memory_order_release);
    return filled;
}

/* The file itself is asked. */
static __attribute__((noinline)) enum lookup look_up(struct filter *filter, const char *name)
{
    struct reading reading = {.filter = filter, .wanted = name};
    unsigned stamp;

    if (!read_file(&reading, &stamp))
        return LOOKUP_UNAVAILABLE;
    return reading.found ? LOOKUP_ABSENT : LOOKUP_FOUND;
}

static enum lookup permits(struct filter *filter, const char *name)
{
    int before = errno;
    enum lookup lookup = LOOKUP_UNAVAILABLE;

    if (is_fresh(filter, coarse_seconds()) || fill(filter))
        lookup =
            bloom_may_have(&filter->bloom, hash_of(name)) ? look_up(filter, name) : LOOKUP_FOUND;
    errno = before;
    return lookup;
}

/* A person brings a group of the same name, so both are asked for both. */
enum lookup local_names_permit(const char *name)
{
    enum lookup lookup;

    if (strchr(name, '@'))
        return LOOKUP_FOUND;
    lookup = permits(&groups, name);
    return lookup == LOOKUP_FOUND && names_here() == NAMES_SHORT ? permits(&users, name) : lookup;
}

/* Apart, for this needs room that would be cleared for each question. */
static __attribute__((noinline)) enum lookup take_out_local(struct filter *filter, uint32_t *ids,
                                                            size_t *count)
{
    struct reading reading = {.filter = filter, .ids = ids, .count = *count};
    unsigned stamp;

    if (!read_file(&reading, &stamp))
        return LOOKUP_UNAVAILABLE;
    *count = reading.count;
    return LOOKUP_FOUND;
}

/* A process may be told its window late. */
static bool has_this_window(struct filter *filter)
{
    struct id_window window = id_window();

    return atomic_load_explicit(&filter->least, memory_order_relaxed) == window.least &&
           atomic_load_explicit(&filter->most, memory_order_relaxed) == window.most;
}

static bool filter_may_have_any(struct filter *filter, const uint32_t *ids, size_t count)
{
    if (!atomic_load_explicit(&filter->has_id, memory_order_relaxed))
        return false;
    for (size_t i = 0; i < count; i++)
        if (bloom_may_have(&filter->bloom, hash_of_id(ids[i])))
            return true;
    return false;
}

/* As local_gids_leave, of either file. */
static enum lookup ids_leave(struct filter *filter, uint32_t *ids, size_t *count, unsigned now)
{
    int before = errno;
    enum lookup lookup = LOOKUP_UNAVAILABLE;

    if ((is_fresh(filter, now) && has_this_window(filter)) || fill(filter))
        lookup = filter_may_have_any(filter, ids, *count) ? take_out_local(filter, ids, count)
                                                          : LOOKUP_FOUND;
    errno = before;
    return lookup;
}

enum lookup local_gids_leave(uint32_t *gids, size_t *count, unsigned now)
{
    return ids_leave(&groups, gids, count, now);
}

/* Not as in the file that the filter has seen, so nobody has looked for it there. */
static bool is_unknown(size_t i)
{
    return atomic_load_explicit(&mappings[i], memory_order_relaxed) >> 1 !=
           mapping_word(atomic_load_explicit(&groups.stamp, memory_order_acquire), false) >> 1;
}

bool local_mapping_stands(size_t i)
{
    int before = errno;
    bool known = !is_unknown(i) || (fill(&groups) && !is_unknown(i));

    errno = before;
    return known && (atomic_load_explicit(&mappings[i], memory_order_relaxed) & 1);
}

static enum lookup leaves(struct filter *filter, uint32_t id, unsigned now)
{
    size_t count = 1;
    enum lookup lookup = ids_leave(filter, &id, &count, now);

    return lookup == LOOKUP_FOUND && !count ? LOOKUP_ABSENT : lookup;
}

enum lookup local_names_permit_with(const char *name, uint32_t gid, unsigned now)
{
    enum lookup lookup = local_names_permit(name);

    return lookup == LOOKUP_FOUND ? leaves(&groups, gid, now) : lookup;
}

enum lookup local_gid_permits(uint32_t gid, unsigned now)
{
    return leaves(&groups, gid, now);
}

enum lookup local_ids_permit(uint32_t id)
{
    unsigned now = coarse_seconds();
    enum lookup lookup = leaves(&groups, id, now);

    return lookup == LOOKUP_FOUND ? leaves(&users, id, now) : lookup;
}
