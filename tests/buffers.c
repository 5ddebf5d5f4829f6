/* SPDX-License-Identifier: MIT */
/*
 * buffers: every entry point of the NSS module with every length of buffer from 0 to 8,192: the
 * right answer within it, or ERANGE, and nothing written behind it nor, without an answer, into
 * the result. Each question needs more than half of that length, so that both happen often.
 */
#include "tests/nss_judge.h"

#define LENGTH_MOST 8192u
#define MEMBERS     150u
#define LISTED      500u /* groups of the person */
#define LONG_ID     (ID_LEAST + 5000)
#define CLUB        (ID_LEAST + 1)
#define TAIL        64u

static char texts[3][1024], long_name[NAME_MOST + 1];
static unsigned passed;

static void must_publish(void)
{
    OWNED(builder_release) struct snapshot_builder *builder = NULL;
    static uint32_t gids[LISTED];
    struct error why = {0};
    char name[128];
    bool good = snapshot_builder_new(&builder, &why);

    for (size_t i = 0; i < 3; i++) {
        memset(texts[i], "gDs"[i], sizeof texts[i] - 1);
        texts[i][0] = '/';
    }
    snprintf(long_name, sizeof long_name, "%.200s@contoso.example", texts[0]);
    memset(long_name, 'n', 200);
    for (uint32_t i = 0; i < LISTED; i++) {
        gids[i] = CLUB + i;
        snprintf(name, sizeof name, i ? "g%u" : "club", i);
        good = good && snapshot_add_group(builder, gids[i], name, &why);
    }
    good = good && snapshot_add_person(builder, LONG_ID, long_name, texts[0], texts[1], texts[2],
                                       gids, LISTED, &why);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        snprintf(name, sizeof name, "member-%u.of.the.club@contoso.example", i);
        good = good && snapshot_add_person(builder, LONG_ID + 1 + i, name, "", "/", "/bin/sh", gids,
                                           1, &why);
    }
    if (!good || !snapshot_publish(builder, PUBLIC_DIR, &why)) {
        printf("%s\n", why.text);
        abort();
    }
}

enum question { BY_NAME, BY_UID, NEXT, GROUP_BY_NAME, GROUP_BY_GID, NEXT_GROUP, QUESTIONS };

static enum nss_status ask_with(enum question question, void *found, char *buffer, size_t size)
{
    switch (question) {
    case BY_NAME:
        return nss.getpwnam(long_name, found, buffer, size, &error);
    case BY_UID:
        return nss.getpwuid(LONG_ID, found, buffer, size, &error);
    case NEXT:
        nss.setpwent(0);
        return nss.getpwent(found, buffer, size, &error);
    case GROUP_BY_NAME:
        return nss.getgrnam("club", found, buffer, size, &error);
    case GROUP_BY_GID:
        return nss.getgrgid(CLUB, found, buffer, size, &error);
    default:
        return nss.getgrent(found, buffer, size, &error);
    }
}

/* Stands right before the club, which is the first of the groups of no one person. */
static void walk_to_the_club(void)
{
    static char large[JUDGE_ROOM];
    struct group group;

    nss.setgrent(0);
    for (uint32_t i = 0; i < MEMBERS + 1; i++)
        must(nss.getgrent(&group, large, sizeof large, &error) == NSS_STATUS_SUCCESS, "a walk");
}

static bool within(const char *text, const char *buffer, size_t size)
{
    return text >= buffer && text < buffer + size &&
           memchr(text, 0, (size_t)(buffer + size - text));
}

static bool person_is_right(const struct passwd *p, const char *buffer, size_t size)
{
    return within(p->pw_name, buffer, size) && strcmp(p->pw_name, long_name) == 0 &&
           within(p->pw_passwd, buffer, size) && strcmp(p->pw_passwd, "*") == 0 &&
           within(p->pw_gecos, buffer, size) && strcmp(p->pw_gecos, texts[0]) == 0 &&
           within(p->pw_dir, buffer, size) && strcmp(p->pw_dir, texts[1]) == 0 &&
           within(p->pw_shell, buffer, size) && strcmp(p->pw_shell, texts[2]) == 0 &&
           p->pw_uid == LONG_ID && p->pw_gid == LONG_ID;
}

static bool group_is_right(const struct group *g, const char *buffer, size_t size)
{
    unsigned count = 0;

    if (!within(g->gr_name, buffer, size) || strcmp(g->gr_name, "club") != 0 || g->gr_gid != CLUB ||
        !within(g->gr_passwd, buffer, size) || strcmp(g->gr_passwd, "*") != 0 ||
        (uintptr_t)g->gr_mem % sizeof(char *) != 0 || (char *)g->gr_mem < buffer ||
        (char *)(g->gr_mem + MEMBERS + 2) > buffer + size)
        return false;
    while (g->gr_mem[count] && within(g->gr_mem[count], buffer, size) &&
           name_is_person(g->gr_mem[count]))
        count++;
    return count == MEMBERS + 1 && !g->gr_mem[count];
}

static bool is_all(const char *bytes, size_t size, char byte)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte)
            return false;
    return true;
}

/* In memory of exactly that size, so that the address sanitizer sees the first byte behind. */
static bool try_length(enum question question, size_t size, size_t skew)
{
    char *memory = malloc(skew + size + TAIL), *buffer = memory + skew;
    char found[sizeof(struct passwd) + sizeof(struct group)];
    enum nss_status status;
    bool good;

    memset(memory, 0x5a, skew + size + TAIL);
    memset(found, 0x77, sizeof found);
    error = 0;
    status = ask_with(question, found, buffer, size);
    if (status == NSS_STATUS_SUCCESS)
        good = question < GROUP_BY_NAME ? person_is_right((const void *)found, buffer, size)
                                        : group_is_right((const void *)found, buffer, size);
    else
        good =
            status == NSS_STATUS_TRYAGAIN && error == ERANGE && is_all(found, sizeof found, 0x77);
    good = must(good && is_all(buffer + size, TAIL, 0x5a) && is_all(memory, skew, 0x5a),
                "question %u, %zu bytes at a distance of %zu", question, size, skew);
    free(memory);
    passed += good;
    return status == NSS_STATUS_SUCCESS;
}

static void try_lengths(enum question question)
{
    bool fitted[8] = {0};

    for (size_t size = 0; size <= LENGTH_MOST; size++)
        for (size_t skew = size % 2; skew < 8; skew += 3) {
            bool fits = try_length(question, size, skew);

            must(fits || !fitted[skew], "question %u fitted into less than %zu", question, size);
            fitted[skew] |= fits;
        }
    must(fitted[0] && fitted[3] && fitted[7 - 3], "question %u never fitted", question);
}

/* glibc's list of groups: `size` are allocated, of which `taken` are used. */
static void try_list(long length, long taken, long limit)
{
    gid_t *list = malloc((size_t)(length ? length : 1) * sizeof *list);
    long start = taken, size = length;
    long most = limit > 0 && limit < taken + (long)LISTED ? limit : taken + (long)LISTED;
    enum nss_status status;
    bool good;

    memset(list, 0x11, (size_t)length * sizeof *list);
    status = nss.initgroups(long_name, LONG_ID, &start, &size, &list, limit, &error);
    good = status == NSS_STATUS_SUCCESS && start == most && size >= start && size >= length &&
           (limit <= 0 || size <= limit);
    for (long i = 0; i < start && good; i++)
        good = list[i] == (i < taken ? 0x11111111u : CLUB + (uint32_t)(i - taken));
    passed += must(good, "a list of %ld, %ld taken, limit %ld", length, taken, limit);
    free(list);
}

static void try_lists(void)
{
    for (long length = 1; length <= (long)LENGTH_MOST; length++) {
        try_list(length, 1, 0);
        try_list(length, length / 2, length);
        try_list(length, length, length);
        try_list(length, length / 3, length + 77);
    }
}

int main(int argc, char **argv)
{
    unsigned bad;

    if (!load_module(argc, argv) || make_folders(NULL) != 0) {
        printf("buffers: 0 passed, 1 failed\n");
        return 1;
    }
    must_publish();
    for (enum question question = 0; question < NEXT_GROUP; question++)
        try_lengths(question);
    walk_to_the_club();
    /* What does not fit stays the next one, and so the walk need not begin anew but once it did. */
    for (size_t size = 0; size <= LENGTH_MOST; size++)
        if (try_length(NEXT_GROUP, size, size % 8))
            walk_to_the_club();
    try_lists();
    bad = atomic_load(&judged_bad);
    remove_folders(NULL);
    printf("buffers: %u passed, %u failed\n", passed, bad);
    return bad != 0;
}
