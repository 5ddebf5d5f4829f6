/* SPDX-License-Identifier: MIT */
/*
 * The mapped file itself. A disk that fills up could end a process that writes to the mapping
 * (SIGBUS) where writing in place takes new room: on copy-on-write file systems. So the file is
 * made without that (private_file_create), and a write before mapping it shows a disk that takes
 * none. What is left: a snapshot of a btrfs volume makes the next write to each page a copy
 * again, and the disk may fill up between the look and the write. Then the helper dies: the
 * sign-in fails, and the attempt stays spent or was never begun.
 */
#include "base/own.h"
#include "cache/attempts_internal.h"
#include "cache/boot.h"
#include "cache/private_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>

#define FILE_NAME   "attempts"
#define PROBES_MOST 64u

static const char magic[8] = "lkatt\2\n";

static uint32_t seconds_up(void)
{
    return (uint32_t)(clock_ms() / 1000);
}

/* Time is `base` + seconds since boot + 1 (modulo 2^32). */
static uint32_t time_in(struct era era)
{
    return era.base + seconds_up() + 1;
}

/* Also when the same boot counts anew: its id could not be read, or a machine was restored. */
static bool era_is_over(struct era era, uint32_t boot, uint32_t latest)
{
    uint32_t now = time_in(era);

    return era.boot != boot || (now < latest && latest - now > DISORDER);
}

/*
 * The first one to open the file after a reboot lets time go on where it had stopped.
 * Wall clocks, which can be set, refill nothing.
 */
static void era_begin(struct file *file)
{
    union word era = {.bits = atomic_load(&file->head.era)}, next;
    uint32_t boot = boot_tag(), latest = atomic_load(&file->head.latest);

    while (era_is_over(era.era, boot, latest)) {
        next.era = (struct era){.boot = boot, .base = latest - seconds_up()};
        if (atomic_compare_exchange_weak(&file->head.era, &era.bits, next.bits))
            return;
    }
}

uint32_t file_time(struct file *file)
{
    union word era = {.bits = atomic_load(&file->head.era)};
    uint32_t now = time_in(era.era);
    uint32_t latest = atomic_load(&file->head.latest);

    while (latest < now && !atomic_compare_exchange_weak(&file->head.latest, &latest, now))
        ;
    return now;
}

static int file_open(int folder, struct error *why)
{
    struct error first, second;
    int fd = private_file_open(folder, FILE_NAME, O_RDWR, &first);

    if (fd < 0 && errno == ENOENT) {
        /* Of two creators one makes it, the other finds it made. */
        if (!private_file_create(folder, FILE_NAME, magic, sizeof magic, sizeof(struct file),
                                 &second) &&
            errno != EEXIST) {
            *why = second;
            return -1;
        }
        fd = private_file_open(folder, FILE_NAME, O_RDWR, &first);
    }
    if (fd < 0)
        *why = first;
    return fd;
}

static bool file_is_sound(int fd, struct error *why)
{
    char begins[sizeof magic];
    struct stat status;

    if (fstat(fd, &status) != 0)
        return error_set(why, ERROR_SYSTEM, FILE_NAME ": %m");
    /* A short file would end this process by SIGBUS. */
    if (status.st_size != sizeof(struct file))
        return error_set(why, ERROR_SYSTEM, FILE_NAME " has a wrong size: remove it");
    if (pread(fd, begins, sizeof begins, 0) != sizeof begins ||
        memcmp(begins, magic, sizeof magic) != 0)
        return error_set(why, ERROR_SYSTEM, FILE_NAME " is damaged: remove it");
    if (pwrite(fd, magic, sizeof magic, 0) != sizeof magic)
        return error_set(why, ERROR_SYSTEM, FILE_NAME " cannot be written: %m");
    return true;
}

struct file *file_map(int folder, struct error *why)
{
    OWNED(close_fd) int fd = file_open(folder, why);
    struct file *file;

    if (fd < 0 || !file_is_sound(fd, why))
        return NULL;
    file = mmap(NULL, sizeof *file, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (file == MAP_FAILED) {
        error_set(why, ERROR_SYSTEM, FILE_NAME ": %m");
        return NULL;
    }
    era_begin(file);
    return file;
}

/* Open addressing. */
struct slot *file_slot(struct file *file, uint32_t uid)
{
    uint32_t home = 1 + (uint32_t)((uid * 0x9e3779b97f4a7c15ULL) >> 32) % (SLOTS - 1);

    if (uid == ATTEMPTS_OF_STRANGERS)
        return &file->slots[0];
    for (uint32_t i = 0; i < PROBES_MOST; i++) {
        struct slot *slot = &file->slots[1 + (home - 1 + i) % (SLOTS - 1)];
        uint32_t owner = 0;

        if (atomic_compare_exchange_strong(&slot->uid, &owner, uid) || owner == uid)
            return slot;
    }
    return &file->slots[home];
}

void file_sync(struct file *file, const void *word)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t offset = (size_t)((const char *)word - (const char *)file);

    (void)msync((char *)file + offset / page * page, page, MS_SYNC);
}
