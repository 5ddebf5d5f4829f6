/* SPDX-License-Identifier: MIT */
/*
 * damage EVERY: a snapshot of about 64 KiB, damaged in one place, opened and asked by the NSS module: every
 * value of every byte of the header, every bit of the rest, every length, the latter with a header
 * that agrees too. Of all but the header one of EVERY files is tried, by chance.
 *
 * Two files take turns: the one that is not read is damaged, gets the name, and the other one is
 * marked. Asked are those whose entries or records stand in the damaged line, a few others, and
 * now and then everybody.
 */
#include "tests/damage_model.h"

#define FILES_LEAST 600000u /* where all are tried */

/* ---- one damaged file ---- */

static unsigned char *spare(void)
{
    return files[!current].bytes;
}

static void mark(unsigned i, uint32_t word)
{
    if (files[i].length >= sizeof(struct snapshot_header))
        memcpy(files[i].bytes + offsetof(struct snapshot_header, superseded), &word, sizeof word);
}

/* The spare file gets the name; the reader learns of it by the mark. */
static void serve(void)
{
    if (renameat2(AT_FDCWD, SNAPSHOT_PATH, AT_FDCWD, OTHER, RENAME_EXCHANGE) != 0)
        abort();
    mark(current, htole32(1));
    current = !current;
}

/* Nobody asks any more. */
static void mend(size_t at, size_t length)
{
    memcpy(files[current].bytes + at, clean + at, length);
    mark(!current, 0);
}

static uint32_t owner_at(size_t at)
{
    uint32_t low = 0, high = PEOPLE + TEAMS;

    while (high - low > 1) {
        uint32_t middle = (low + high) / 2;

        if (owners[middle].at <= at)
            low = middle;
        else
            high = middle;
    }
    return low;
}

static void ask_owner(uint32_t i)
{
    ask_about_name(owners[i].name, space);
    ask_about_id(owners[i].id, space);
    if (i < PEOPLE)
        ask_about_list(owners[i].name);
}

/* Those who have something in the line of this byte: eight entries, or a few records. */
static void ask_near(size_t at)
{
    size_t line = at / SNAPSHOT_LINE * SNAPSHOT_LINE;

    if (at < sizeof(struct snapshot_header))
        return;
    if (at >= records_at) {
        uint32_t first = owner_at(line), last = owner_at(line + SNAPSHOT_LINE - 1);

        for (uint32_t i = first ? first - 1 : 0; i <= last && i < first + NEAR; i++)
            ask_owner(i);
        if (first < PEOPLE) /* whose name is also told by the group */
            ask_about_id(owners[PEOPLE + first % TEAMS].id, space);
        return;
    }
    for (size_t entry = line; entry < line + SNAPSHOT_LINE;
         entry += sizeof(struct snapshot_entry)) {
        uint32_t place;

        memcpy(&place, clean + entry + offsetof(struct snapshot_entry, place), sizeof place);
        if (place)
            ask_owner(owner_at((size_t)le32toh(place) * SNAPSHOT_UNIT));
    }
}

static void ask(size_t at)
{
    static const uint32_t others[] = {0,           1,         999, 1200, 65534, ID_LEAST - 1,
                                      ID_MOST + 1, UINT32_MAX};
    uint32_t one = roll(PEOPLE), two = PEOPLE + roll(TEAMS);
    struct passwd person;
    int result;

    if (tried++ % 1000 == 0)
        alarm(HANG);
    if (nss.getpwuid(owners[one].id, &person, space, JUDGE_ROOM, &result) == NSS_STATUS_UNAVAIL)
        refused++;
    ask_owner(one);
    ask_owner(two);
    ask_near(at);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        ask_about_id(others[i], space);
    for (const char *const *local = locals; *local; local++)
        ask_about_name(*local, space);
    ask_about_name("root", space);
    ask_about_name("sudo", space);
    if (tried % 512 == 0)
        ask_about_all(space);
    if (tried % 4096 == 0)
        for (uint32_t i = 0; i < PEOPLE + TEAMS; i++)
            ask_owner(i);
}

static void try_change(size_t at, unsigned char byte)
{
    unsigned before = atomic_load(&judged_bad);

    spare()[at] = byte;
    serve();
    ask(at);
    if (atomic_load(&judged_bad) != before)
        printf("  byte %zu was %02x and is %02x\n", at, clean[at], byte);
    mend(at, 1);
}

/*
 * A file that is marked from the start, which a process then looks at every two seconds only: so
 * this is asked in a process of its own, and afterwards the name leads to where it did before.
 */
static void try_mark(size_t at, unsigned char byte)
{
    unsigned before = atomic_load(&judged_bad);
    int status;
    pid_t child;

    spare()[at] = byte;
    serve();
    fflush(stdout);
    child = fork();
    if (child == 0) {
        ask(at);
        _exit(atomic_load(&judged_bad) != before);
    }
    waitpid(child, &status, 0);
    tried++;
    must(status == 0, "  byte %zu was %02x and is %02x: %d", at, clean[at], byte, status);
    mend(at, 1);
    serve();
    mend(0, 0);
}

static bool is_mark(size_t at)
{
    return at / 4 == offsetof(struct snapshot_header, superseded) / 4;
}

static void headers(void)
{
    for (size_t at = 0; at < sizeof(struct snapshot_header); at++)
        for (unsigned byte = 0; byte < 256; byte++)
            if (byte != clean[at])
                (is_mark(at) ? try_mark : try_change)(at, (unsigned char)byte);
}

/* The groups whose names are one bit away from others' are never left to chance. */
static bool is_near_name(size_t at)
{
    uint32_t owner = owner_at(at);

    return owner >= PEOPLE && owner < PEOPLE + NEAR_NAMES &&
           at < owners[owner].at + sizeof(struct snapshot_group_record) + sizeof "backoffice";
}

static void bits(void)
{
    for (size_t bit = sizeof(struct snapshot_header) * 8; bit < size * 8; bit++)
        if (roll(every) == 0 || is_near_name(bit / 8))
            try_change(bit / 8, clean[bit / 8] ^ (unsigned char)(1u << bit % 8));
}

static void cut(size_t length, bool agree)
{
    uint64_t said = htole64(agree ? length : size);
    int fd = files[!current].fd;

    if (ftruncate(fd, (off_t)length) != 0)
        abort();
    files[!current].length = length;
    if (length >= sizeof(struct snapshot_header) &&
        pwrite(fd, &said, sizeof said, offsetof(struct snapshot_header, size)) != sizeof said)
        abort();
}

static void try_length(size_t length, bool agree)
{
    unsigned before = atomic_load(&judged_bad);

    cut(length, agree);
    serve();
    ask(length);
    mend(0, 0);
    if (atomic_load(&judged_bad) != before)
        printf("  cut at %zu, which the header %s\n", length, agree ? "knows" : "does not know");
}

/* From long to short, so that what is left is as it was. */
static void lengths(void)
{
    for (size_t length = size; length--;)
        for (int agree = 0; agree < 2; agree++)
            if (roll(every) == 0 || length < sizeof(struct snapshot_header))
                try_length(length, agree);
}

int main(int argc, char **argv)
{
    unsigned bad;

    every = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1;
    if (!every || !load_module(1, argv) || begin(NULL) != 0 || !may_mount) {
        printf("damage: 0 passed, 1 failed\n");
        return 1;
    }
    write_local(local_file, sizeof local_file - 1);
    judge_locals = locals;
    judge_local_gid = LOCAL_GID;
    alarm(HANG);
    if (!prepare())
        abort();
    headers();
    bits();
    lengths();
    bad = atomic_load(&judged_bad);
    unlink(OTHER);
    end(NULL);
    printf("%u files of up to %zu bytes, %u refused, %u answers, all legal but %u\n", tried, size,
           refused, atomic_load(&judged_answers), bad);
    if (every == 1 && tried < FILES_LEAST)
        bad += (unsigned)printf("so few files are not all of them\n");
    if (refused < tried / 20 || refused > tried / 2)
        bad += (unsigned)printf("that many refused is not what was meant to be tried\n");
    printf("damage: %u passed, %u failed\n", tried - (bad < tried ? bad : tried), bad);
    return bad != 0;
}
