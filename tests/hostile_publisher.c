/* SPDX-License-Identifier: MIT */
/*
 * hostile_publisher flip|replace MUCH: 64 threads ask the NSS module while the file that it maps has its
 * bytes flipped (MUCH million of them), or is replaced (MUCH times). No answer is illegal; a replaced file gives
 * whole answers, each of one generation, with neither descriptors nor mappings left behind.
 */
#include "tests/nss_judge.h"

#include "cache/snapshot_format.h"

#include <dirent.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define THREADS 64u

static atomic_bool done;
static atomic_uint asked;
static bool flipping;

static void ask_generation(char *space)
{
    struct passwd person;
    char home[64];
    int result;

    if (!must(nss.getpwnam(ADAS, &person, space, JUDGE_ROOM, &result) == NSS_STATUS_SUCCESS,
              "no ada"))
        return;
    snprintf(home, sizeof home, "/home/%u", round_of(&person));
    must(person.pw_uid == ADA && strcmp(person.pw_dir, home) == 0, "torn: %s in %s",
         person.pw_gecos, person.pw_dir);
}

static void *keep_asking(void *unused)
{
    char *space = malloc(JUDGE_ROOM);

    /* Of this thread alone: else the publisher is one of 65 who want the processor. */
    (void)setpriority(PRIO_PROCESS, 0, 19);
    while (!atomic_load(&done)) {
        if (!flipping)
            ask_generation(space);
        ask_about_name(ADAS, space);
        ask_about_name("team", space);
        ask_about_name("big", space);
        ask_about_name("sudo", space);
        ask_about_name("crowd7@contoso.example", space);
        ask_about_id(BOB, space);
        ask_about_id(BIG, space);
        ask_about_list(ADAS);
        atomic_fetch_add(&asked, 1);
    }
    free(space);
    return unused;
}

static unsigned descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    unsigned count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static unsigned mappings(void)
{
    OWNED(close_file) FILE *file = fopen("/proc/self/maps", "re");
    unsigned count = 0;
    char line[512];

    while (file && fgets(line, sizeof line, file))
        count += strstr(line, "/snapshot") != NULL;
    return count;
}

/* The header too, but for the mark: after that the threads would read another file. */
static void flip(unsigned long millions)
{
    OWNED(close_fd) int fd = open(SNAPSHOT_PATH, O_RDWR | O_CLOEXEC);
    struct stat status;
    unsigned char *bytes, *clean;
    uint64_t dice = 1;
    size_t size;

    if (fd < 0 || fstat(fd, &status) != 0)
        abort();
    size = (size_t)status.st_size;
    bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    clean = malloc(size);
    memcpy(clean, bytes, size);
    for (unsigned long i = 0; i < millions * 1000000; i++) {
        size_t at;

        dice = dice * UINT64_C(6364136223846793005) + 1442695040888963407u;
        at = 16 + (size_t)((dice >> 33) % (size - 16));
        __atomic_store_n(&bytes[at], clean[at] ^ (unsigned char)(1u << ((dice >> 25) & 7)),
                         __ATOMIC_RELAXED);
        if (i % 8 == 7) /* most of it stays good, so that much is answered */
            memcpy(bytes + 16, clean + 16, size - 16);
        if (i % 4096 == 0)
            sched_yield();
    }
    memcpy(bytes + 16, clean + 16, size - 16);
    munmap(bytes, size);
    free(clean);
}

static void replace(unsigned long times)
{
    for (unsigned round = 2; round < 2 + times; round++) {
        publish(round);
        must(mappings() <= 8 + THREADS, "%u mappings", mappings());
        sched_yield();
    }
}

int main(int argc, char **argv)
{
    pthread_t threads[THREADS];
    unsigned before, bad, rounds;

    if (argc != 3 || !load_module(1, argv) || make_folders(NULL) != 0) {
        printf("threads: 0 passed, 1 failed\n");
        return 1;
    }
    flipping = strcmp(argv[1], "flip") == 0;
    publish(1);
    expect_round(1);
    before = descriptors();
    for (size_t i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, keep_asking, NULL) != 0)
            abort();
    (flipping ? flip : replace)(strtoul(argv[2], NULL, 10));
    atomic_store(&done, true);
    for (size_t i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    must(descriptors() == before, "descriptors were left behind");
    must(mappings() <= 8, "%u mappings were left behind", mappings());
    must(atomic_load(&judged_answers) > 10000, "only %u answers", atomic_load(&judged_answers));
    rounds = atomic_load(&asked);
    bad = atomic_load(&judged_bad);
    remove_folders(NULL);
    printf("%s: %u rounds of questions, %u answers\n", argv[1], rounds,
           atomic_load(&judged_answers));
    printf("threads: %u passed, %u failed\n", rounds, bad);
    return bad != 0;
}
