/* SPDX-License-Identifier: MIT */
/*
 * store_flips EVERY: a store of at least 256 KiB, with one bit of one byte after the other flipped,
 * and each bit of the heads of its pages; one of EVERY bytes is tried. The same with a store of two people,
 * in which one bit empties a table or puts an index out of order. It opens or is refused in words, and
 * is never taken for an empty one:
 * - whoever is asked for is found, or an error says why not, or (where the flip is in her name, or in one
 *   page of an index) some are missed, never all, who then get no other id;
 * - what it publishes has everybody by her uid, but for one at the most whose own name the flip has
 *   changed; or an error says why not;
 * - no id that was ever given can be given again.
 * Other texts of a person, and who is in which group, stand nowhere twice: they are not judged.
 */
#include "tests/place.h"

#include "cache/first_id.h"
#include "cache/snapshot_file.h"
#include "cache/snapshot_format.h"

#include <sqlite3.h>

#define STORE_LEAST 262144
#define PEOPLE_MOST 280u
#define FEW         2u
#define SHARES      4u /* of the flips, tried side by side, with a line each */
#define BUCKETS     65536u
#define ASKED       8u /* of the people, in each damaged store */
#define PAGE        4096u
#define PAGE_HEAD   16u
#define HASHES      (1u << 24)

static struct place place;
static bool thieves_known;
static unsigned share, turn;
static uint32_t uids[PEOPLE_MOST], gids[PEOPLE_MOST];
static unsigned thief_of[PEOPLE_MOST]; /* a number, plus 1 */
static unsigned people, tried, bad, opened, published, all_found, some_missed, thieves;

__attribute__((format(printf, 2, 3))) static bool must(bool good, const char *format, ...)
{
    va_list args;

    if (good || bad++ > 20)
        return good;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
    return false;
}

static void object_of(unsigned i, char text[64])
{
    snprintf(text, 64, "0000%04u-aaaa-bbbb-cccc-1234567890ab", i);
}

static bool enrol(struct store *store, const char *name, const char *object_id,
                  struct person *person, struct error *why)
{
    OWNED(strings_release) struct strings groups = STRINGS_WITH_LIMIT(2);
    struct account account = account_of(object_id);
    struct acceptance acceptance = ACCEPTANCE(&account);
    bool changed;

    acceptance.name = name;
    acceptance.verifier = "$y$j9T$0123456789abcdef0123456789abcdef0123456789abcdef";
    acceptance.refresh_token = "a refresh token, which in truth is longer than this one here";
    acceptance.group_ids = &groups;
    return strings_add(&groups, object_id) &&
           store_accept(store, &acceptance, person, &changed, NULL, why);
}

static void name_of(unsigned i, char name[64])
{
    snprintf(name, 64, "person-%u@contoso.example", i);
}

static size_t fill_store(size_t least)
{
    struct store *store = place_store(&place);
    struct error why = {0};
    struct person person = {0};
    char name[64], object[64];
    struct stat status;

    for (unsigned i = 0; i < people; i++) {
        name_of(i, name);
        object_of(i, object);
        if (!enrol(store, name, object, &person, &why))
            fail_msg("%s", why.text);
        uids[i] = person.uid;
        gids[i] = first_id("group", "https://login.example", object);
    }
    store_close(store);
    assert_int_equal(fstatat(place.folder, "store.db", &status, 0), 0);
    assert_true((size_t)status.st_size >= least);
    return (size_t)status.st_size;
}

/* ---- one damaged store ---- */

/* Whether an id that was given is still known as given, or nothing can be said at all. */
static bool is_kept(sqlite3_stmt *query, uint32_t id)
{
    int step;

    sqlite3_reset(query);
    sqlite3_bind_int64(query, 1, id);
    step = sqlite3_step(query);
    return step == SQLITE_ROW || step != SQLITE_DONE;
}

/* For some of the ids the name of somebody who would have it first, by the hash of her name. */
static void find_thieves(void)
{
    static unsigned first_with[BUCKETS], after[PEOPLE_MOST];
    char name[64];

    for (unsigned i = 0; i < people; i++) {
        after[i] = first_with[uids[i] % BUCKETS];
        first_with[uids[i] % BUCKETS] = i + 1;
    }
    for (unsigned i = 0; i < HASHES; i++) {
        uint32_t id;

        snprintf(name, sizeof name, "a%x@contoso.example", i);
        id = first_id("person", "https://login.example", name);
        for (unsigned k = first_with[id % BUCKETS]; k; k = after[k - 1])
            if (uids[k - 1] == id)
                thief_of[k - 1] = i + 1;
    }
}

/* Of an id that is missing among those given. Its person's entry may keep it, too. */
static bool is_held(sqlite3 *db, uint32_t id)
{
    static const char sql[] = "SELECT 1 FROM person WHERE uid = ?1 UNION ALL"
                              " SELECT 1 FROM directory_group WHERE gid = ?1";
    sqlite3_stmt *query = NULL;
    bool held = sqlite3_prepare_v2(db, sql, -1, &query, NULL) != SQLITE_OK || is_kept(query, id);

    sqlite3_finalize(query);
    return held;
}

static void try_to_steal(unsigned victim, size_t at)
{
    struct store *store = NULL;
    struct error why = {0};
    struct person thief;
    char name[64];

    thieves++;
    snprintf(name, sizeof name, "a%x@contoso.example", thief_of[victim] - 1);
    if (!store_open(place.private, &store, &why))
        return;
    if (enrol(store, name, "somebody-new", &thief, &why))
        must(thief.uid != uids[victim], "byte %zu: %u is given a second time", at, uids[victim]);
    store_close(store);
}

/* How many ids that were given are not known as given any more; the last one's number in `lost`. */
static unsigned ids_lost(unsigned *lost, size_t at)
{
    static const char sql[] = "SELECT 1 FROM id WHERE id = ?1";
    sqlite3_stmt *query = NULL;
    unsigned count = 0;
    char path[64];
    sqlite3 *db;

    place_path(&place, "store.db", path);
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
        sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &query, NULL) == SQLITE_OK)
        for (unsigned i = 0; i < 2 * people; i++) {
            uint32_t id = i < people ? uids[i] : gids[i - people];

            if (!is_kept(query, id)) {
                must(is_held(db, id), "byte %zu: %u is free again", at, id);
                *lost = i;
                count++;
            }
        }
    sqlite3_finalize(query);
    sqlite3_close(db);
    return count;
}

/* Whoever is missed and signs in once more gets the uid that she had, or is refused in words. */
static void enrol_again(struct store *store, unsigned who, size_t at)
{
    struct error why = {0};
    struct person person;
    char name[64], object[64];

    name_of(who, name);
    object_of(who, object);
    if (enrol(store, name, object, &person, &why))
        must(person.uid == uids[who], "byte %zu: %s was %u and is %u", at, name, uids[who],
             person.uid);
    else
        must(*why.text != '\0', "byte %zu: %s is refused without a word", at, name);
}

static unsigned asked(void)
{
    return people < ASKED ? people : ASKED;
}

/* Asks about a few; the last one who is missed in `who`. */
static unsigned missed_among(struct store *store, size_t at, unsigned *who)
{
    unsigned missed = 0;
    char name[64];

    for (unsigned i = 0; i < asked(); i++) {
        unsigned number = (unsigned)(at * 31 + i * 67ul) % people;
        struct error why = {0};
        struct person person;
        enum lookup lookup;

        name_of(number, name);
        lookup = store_person_by_name(store, name, &person, &why);
        if (lookup == LOOKUP_ABSENT) {
            *who = number;
            missed++;
        }
        if (lookup == LOOKUP_UNAVAILABLE)
            must(*why.text != '\0', "byte %zu: no word about %s", at, name);
        if (lookup == LOOKUP_FOUND)
            must(id_is_ours(person.uid) && strcmp(person.name, name) == 0, "byte %zu: %s is %u", at,
                 name, person.uid);
    }
    return missed;
}

/* What everybody is shown of this store. */
static void publish_from(struct store *store, size_t at)
{
    OWNED(close_fd) int folder = open(place.public, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    OWNED(snapshot_file_unmap) struct snapshot snapshot = {0};
    char texts[NAME_MOST + 3 * SNAPSHOT_TEXT_MOST + 4], name[64];
    struct error why = {0};
    unsigned absent = 0;

    if (!store_publish(store, place.public, &why)) {
        must(*why.text != '\0', "byte %zu: not published, without a word", at);
        return;
    }
    published++;
    if (!must(snapshot_file_map(folder, "snapshot", &snapshot), "byte %zu: no snapshot", at))
        return;
    for (unsigned i = 0; i < people; i++) {
        struct answer_space space = {.bytes = texts, .size = sizeof texts};
        struct snapshot_person person;

        name_of(i, name);
        if (snapshot_person_by_name(&snapshot, name, &space, &person) != LOOKUP_FOUND)
            absent++;
        else
            must(person.uid == uids[i], "byte %zu: published %s as %u", at, name, person.uid);
    }
    must(absent <= 1 && snapshot.people + 1 >= people, "byte %zu: published without %u, %u in all",
         at, absent, snapshot.people);
}

static void examine(size_t at)
{
    struct store *store = NULL;
    struct error why = {0};
    unsigned missed, gone, lost = 0, who = 0;

    if (!store_open(place.private, &store, &why)) {
        must(*why.text && why.kind != ERROR_NONE, "byte %zu: refused without a word", at);
        return;
    }
    opened++;
    missed = missed_among(store, at, &who);
    all_found += missed == 0;
    some_missed += missed != 0;
    must(missed < asked(), "byte %zu: nobody is there", at);
    gone = ids_lost(&lost, at);
    publish_from(store, at);
    if (missed)
        enrol_again(store, who, at);
    store_close(store);
    if (gone && lost < people && thief_of[lost])
        try_to_steal(lost, at);
}

static void try_flip(char *whole, size_t length, size_t at, unsigned bit)
{
    if (turn++ % SHARES != share)
        return;
    whole[at] ^= (char)(1u << bit);
    place_write(&place, "store.db", whole, length, 0600);
    examine(at);
    unlinkat(place.folder, "store.db-journal", 0);
    whole[at] ^= (char)(1u << bit);
    tried++;
}

/* Every bit of these bytes, wherever they stand. */
static void flip_all(char *whole, size_t length, const char *bytes, size_t size)
{
    for (char *at = whole; (at = memmem(at, length - (size_t)(at - whole), bytes, size)); at++)
        for (unsigned bit = 0; bit < 8 * size; bit++)
            try_flip(whole, length, (size_t)(at - whole) + bit / 8, bit % 8);
}

/* An id as SQLite writes it where it is the key of a row: that row's id is another then. */
static void flip_keys(char *whole, size_t length, unsigned victim)
{
    const char key[] = {(char)(uids[victim] >> 28 | 0x80), (char)(uids[victim] >> 21 | 0x80),
                        (char)(uids[victim] >> 14 | 0x80), (char)(uids[victim] >> 7 | 0x80),
                        (char)(uids[victim] & 0x7f)};

    flip_all(whole, length, key, sizeof key);
}

/* Names in rows and in the index, of few people, whom an index in disorder may all lose. */
static void flip_names(char *whole, size_t length)
{
    char name[64];

    for (unsigned i = 0; i < people; i++) {
        name_of(i, name);
        flip_all(whole, length, name, strlen(name));
    }
}

static bool is_head(size_t at)
{
    return at % PAGE < PAGE_HEAD || (at >= 100 && at < 100 + PAGE_HEAD);
}

static void flip_everywhere(unsigned how_many, size_t least, size_t every)
{
    OWNED(free_memory) char *whole = NULL;
    size_t length, size;

    people = how_many;
    place_make(&place);
    size = fill_store(least);
    if (!thieves_known)
        find_thieves();
    thieves_known = true;
    whole = place_bytes(&place, "store.db", &length);
    for (size_t at = 0; at < size; at++)
        for (unsigned bit = 0; bit < 8; bit++)
            if (at % every == 0 ? bit == at / every % 8 || (is_head(at) && every == 1)
                                : is_head(at) && (at + bit) % every == 0)
                try_flip(whole, length, at, bit);
    for (unsigned i = 0; i < people; i++)
        if (thief_of[i])
            flip_keys(whole, length, i);
    if (people <= FEW)
        flip_names(whole, length);
    place_remove(&place);
}

static int try_share(size_t every)
{
    flip_everywhere(PEOPLE_MOST, STORE_LEAST, every);
    flip_everywhere(FEW, 0, (every + 3) / 4);
    must(thieves > 10, "only %u could try to get an id", thieves);
    printf("%u flips: %u opened, everybody found in %u, somebody missed in %u, %u published, %u "
           "tried to get an id that was not known as given\n",
           tried, opened, all_found, some_missed, published, thieves);
    printf("store: %u passed, %u failed\n", tried - (bad < tried ? bad : tried), bad);
    fflush(stdout);
    return bad != 0;
}

int main(int argc, char **argv)
{
    size_t every = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    bool good = true;
    int status;

    for (share = 0; share < SHARES; share++)
        if (fork() == 0)
            _exit(try_share(every));
    while (wait(&status) > 0)
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    return !good;
}
