/* SPDX-License-Identifier: MIT */
/*
 * warm: a million hits and misses of a warm process make no system call but the one look at the file every two
 * seconds, and allocate nothing. Each system call of the child is seen by its parent.
 */
#include "tests/interrupt.h"
#include "tests/nss_questions.h"

#include <dlfcn.h>

#define ROUNDS 125000u /* of eight questions each */

static unsigned allocations;
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *old, size_t size);
void *malloc(size_t size);
void *calloc(size_t count, size_t size);
void *realloc(void *old, size_t size);

void *malloc(size_t size)
{
    allocations++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    allocations++;
    return __libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    allocations++;
    return __libc_realloc(old, size);
}

static bool ask_eight(void)
{
    gid_t gids[GROUPS + 1], *list = gids;
    long taken = 0, size = GROUPS + 1;
    struct passwd person;
    struct group group;

    return ada(&person) == NSS_STATUS_SUCCESS &&
           nss.getpwuid(ADA, &person, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
           nss.getgrnam("big", &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
           nss.getgrgid(BIG, &group, room, sizeof room, &error) == NSS_STATUS_SUCCESS &&
           nss.initgroups(ADAS, ADA, &taken, &size, &list, 0, &error) == NSS_STATUS_SUCCESS &&
           nss.getpwnam("eve@contoso.example", &person, room, sizeof room, &error) ==
               NSS_STATUS_NOTFOUND &&
           nss.getgrgid(ID_MOST, &group, room, sizeof room, &error) == NSS_STATUS_NOTFOUND &&
           nss.getpwnam("root", &person, room, sizeof room, &error) == NSS_STATUS_NOTFOUND;
}

static bool ask_a_million(const void *unused)
{
    struct timespec begin, now;
    bool good = true;

    (void)unused;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &begin);
    allocations = 0;
    for (unsigned i = 0; i < ROUNDS; i++)
        good &= ask_eight();
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    board->told[0] = allocations;
    board->told[1] = (uint32_t)(now.tv_sec - begin.tv_sec);
    return good;
}

int main(int argc, char **argv)
{
    static struct interruption plan;
    unsigned looks, good;

    if (!load_module(argc, argv) || make_folders(NULL) != 0 || !board_make()) {
        printf("warm: 0 passed, 1 failed\n");
        return 1;
    }
    publish(1);
    if (!ask_eight())
        abort();
    good = interrupted_run(ask_a_million, NULL, &plan) && board->good;
    /* A look is one stat for the snapshot, and one for the file of the local groups. */
    looks = plan.by_call[SYS_newfstatat];
#ifdef SYS_lstat
    looks += plan.by_call[SYS_lstat] + plan.by_call[SYS_stat];
#endif
    printf("%u questions in %u s: %u system calls, of which %u looks; %u allocations\n", ROUNDS * 8,
           board->told[1], plan.seen, looks, board->told[0]);
    good =
        good && plan.seen == looks && looks <= 2 * (board->told[1] / 2 + 1) && board->told[0] == 0;
    remove_folders(NULL);
    printf("warm: %u passed, %u failed\n", good, !good);
    return !good;
}
