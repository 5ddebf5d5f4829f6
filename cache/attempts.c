#include "cache/attempts.h"

#include "base/own.h"
#include "cache/private_file.h"
#include "cache/wait.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <sys/mman.h>

#define FILE_NAME     "attempts"
#define BOOT_ID_FILE  "/proc/sys/kernel/random/boot_id"
#define KINDS         (ATTEMPT_REMOTE + 1)
#define SLOTS         16384u
#define PROBES_MOST   64u
#define WRONG_KEPT    4
#define WRONG_SECONDS 3600 /* after this, a password that was wrong may be checked once more */
#define LEASE_SECONDS 90   /* a lease older than this has lost its holder */
#define DISORDER      60   /* seconds by which two processes may read the time in another order */

static const char magic[8] = "lkatt\1\n";

/* One bucket in one word, so that a change is whole or not at all. Zero is a full bucket. */
struct bucket {
    uint32_t since;    /* the time from which the next refill counts */
    uint8_t used;      /* attempts gone, those in flight among them */
    uint8_t in_flight; /* leases neither given back nor spent yet, as far as is known */
    uint16_t leased;   /* low bits of the time of the last lease */
};

union word {
    struct bucket bucket;
    struct checks {
        uint32_t since, count;
    } checks;
    struct wrong {
        uint32_t at, tag;
    } wrong;
    struct era {
        uint32_t boot, base;
    } era;
    uint64_t bits;
};

struct slot {
    _Atomic uint32_t uid; /* 0: free, but for slot 0, which is the strangers' */
    uint32_t unused;
    _Atomic uint64_t buckets[KINDS];
    _Atomic uint64_t checks;
    _Atomic uint64_t wrong[WRONG_KEPT];
};

/* Time here is `base` + seconds since boot + 1 (modulo 2^32); it stands still between boots. */
struct head {
    char magic[sizeof magic];
    _Atomic uint64_t era;
    _Atomic uint32_t latest; /* the highest time used */
    char unused[44];
};

struct file {
    struct head head;
    struct slot slots[SLOTS];
};

_Static_assert(sizeof(union word) == 8, "a bucket is one word");
_Static_assert(sizeof(struct slot) == 64 && sizeof(struct head) == 64, "the file's layout");
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "words of 64 bits must be atomic between processes");

struct attempts {
    struct file *file;
    _Atomic uint64_t *leased; /* the bucket of the attempt that was taken last, or NULL */
};

OWN_DEFINE(attempts_release, struct attempts, attempts_close);

/* Which boot this is; FNV-1a of the kernel's boot id. A clash only costs a refill. */
static uint32_t boot_tag(void)
{
    OWNED(close_fd) int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
    char text[64];
    ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof text);
    uint32_t hash = 2166136261U;

    for (ssize_t i = 0; i < length; i++)
        hash = (hash ^ (unsigned char)text[i]) * 16777619U;
    return hash;
}

static uint32_t seconds_up(void)
{
    return (uint32_t)(clock_ms() / 1000);
}

/*
 * The first one to open the file after a reboot lets time go on where it had stopped.
 * Wall clocks, which can be set, refill nothing.
 */
static void era_begin(struct file *file)
{
    union word era = {.bits = atomic_load(&file->head.era)}, next;
    uint32_t boot = boot_tag();

    while (era.era.boot != boot) {
        next.era =
            (struct era){.boot = boot, .base = atomic_load(&file->head.latest) - seconds_up()};
        if (atomic_compare_exchange_weak(&file->head.era, &era.bits, next.bits))
            return;
    }
}

static uint32_t time_now(struct file *file)
{
    union word era = {.bits = atomic_load(&file->head.era)};
    uint32_t now = era.era.base + seconds_up() + 1;
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

bool attempts_open(int folder, struct attempts **opened, struct error *why)
{
    OWNED(close_fd) int fd = file_open(folder, why);
    OWNED(attempts_release) struct attempts *attempts = calloc(1, sizeof *attempts);
    struct stat status;
    void *bytes;

    if (fd < 0)
        return false;
    if (!attempts || fstat(fd, &status) != 0)
        return error_set(why, ERROR_SYSTEM, FILE_NAME ": %m");
    /* A short file would end this process by SIGBUS. */
    if (status.st_size != sizeof(struct file))
        return error_set(why, ERROR_SYSTEM, FILE_NAME " has a wrong size: remove it");
    bytes = mmap(NULL, sizeof(struct file), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (bytes == MAP_FAILED)
        return error_set(why, ERROR_SYSTEM, FILE_NAME ": %m");
    attempts->file = bytes;
    if (memcmp(attempts->file->head.magic, magic, sizeof magic) != 0)
        return error_set(why, ERROR_SYSTEM, FILE_NAME " is damaged: remove it");
    era_begin(attempts->file);
    *opened = OWN_TAKE(attempts);
    return true;
}

/* Open addressing; where a neighbourhood is full, people share a slot: rather too strict. */
static struct slot *slot_of(struct file *file, uint32_t uid)
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

/* The bucket as it is now: refilled for the time that went by. */
static struct bucket refilled(struct bucket bucket, uint32_t now)
{
    uint32_t gained;

    if (now < bucket.since) {
        if (bucket.since - now > DISORDER)
            bucket.since = now; /* never backwards by more than this within one era */
        return bucket;
    }
    gained = (now - bucket.since) / ATTEMPTS_REFILL_SECONDS;
    bucket.since = gained < bucket.used ? bucket.since + gained * ATTEMPTS_REFILL_SECONDS : now;
    bucket.used = gained < bucket.used ? (uint8_t)(bucket.used - gained) : 0;
    if ((uint16_t)(now - bucket.leased) > LEASE_SECONDS)
        bucket.in_flight = 0;
    return bucket;
}

enum take { TAKE_EMPTY, TAKE_WAIT, TAKE_DONE };

static enum take take_once(_Atomic uint64_t *place, uint32_t now)
{
    union word old = {.bits = atomic_load(place)}, next;

    do {
        next.bucket = refilled(old.bucket, now);
        if (next.bucket.used >= ATTEMPTS_MOST)
            return next.bucket.in_flight ? TAKE_WAIT : TAKE_EMPTY;
        next.bucket.used++;
        if (next.bucket.in_flight < UINT8_MAX)
            next.bucket.in_flight++;
        next.bucket.leased = (uint16_t)now;
    } while (!atomic_compare_exchange_weak(place, &old.bits, next.bits));
    return TAKE_DONE;
}

/* The lease is over; a good one also un-uses its attempt. */
static void lease_end(struct attempts *attempts, bool good)
{
    union word old, next;

    if (!attempts->leased)
        return;
    old.bits = atomic_load(attempts->leased);
    do {
        next = old;
        if (good && next.bucket.used)
            next.bucket.used--;
        if (next.bucket.in_flight)
            next.bucket.in_flight--;
    } while (!atomic_compare_exchange_weak(attempts->leased, &old.bits, next.bits));
    attempts->leased = NULL;
}

bool attempts_take(struct attempts *attempts, uint32_t uid, enum attempt_kind kind,
                   const struct deadline *deadline, struct error *why)
{
    struct slot *slot = slot_of(attempts->file, uid);
    _Atomic uint64_t *place =
        &slot->buckets[kind == ATTEMPT_LOCAL ? ATTEMPT_LOCAL : ATTEMPT_REMOTE];

    lease_end(attempts, false);
    for (;;) {
        switch (take_once(place, time_now(attempts->file))) {
        case TAKE_DONE:
            attempts->leased = place;
            return true;
        case TAKE_WAIT:
            if (wait_a_little(deadline))
                continue;
            return error_set(why, ERROR_REFUSED, "every attempt left is in use");
        default:
            return error_set(why, ERROR_REFUSED, "no attempt is left for now");
        }
    }
}

void attempts_give_back(struct attempts *attempts)
{
    lease_end(attempts, true);
}

void attempts_close(struct attempts *attempts)
{
    if (!attempts)
        return;
    if (attempts->file) {
        lease_end(attempts, false);
        munmap(attempts->file, sizeof *attempts->file);
    }
    free(attempts);
}

static bool was_wrong(const struct slot *slot, uint32_t tag, uint32_t now)
{
    for (size_t i = 0; i < WRONG_KEPT; i++) {
        union word word = {.bits = atomic_load(&slot->wrong[i])};

        if (word.wrong.at && word.wrong.tag == tag &&
            (now < word.wrong.at || now - word.wrong.at <= WRONG_SECONDS))
            return true;
    }
    return false;
}

bool attempts_reserve_check(struct attempts *attempts, uint32_t uid, uint32_t tag)
{
    struct slot *slot = slot_of(attempts->file, uid);
    union word old = {.bits = atomic_load(&slot->checks)}, next;
    uint32_t now = time_now(attempts->file);

    if (was_wrong(slot, tag, now))
        return false;
    do {
        next = old;
        if (next.checks.since < now && now - next.checks.since > WRONG_CHECKS_SECONDS)
            next.checks = (struct checks){.since = now};
        if (next.checks.count >= WRONG_CHECKS_MOST)
            return false;
        next.checks.count++;
    } while (!atomic_compare_exchange_weak(&slot->checks, &old.bits, next.bits));
    return true;
}

void attempts_return_check(struct attempts *attempts, uint32_t uid)
{
    struct slot *slot = slot_of(attempts->file, uid);
    union word old = {.bits = atomic_load(&slot->checks)}, next;

    do {
        next = old;
        if (!next.checks.count)
            return;
        next.checks.count--;
    } while (!atomic_compare_exchange_weak(&slot->checks, &old.bits, next.bits));
}

void attempts_remember_wrong(struct attempts *attempts, uint32_t uid, uint32_t tag)
{
    struct slot *slot = slot_of(attempts->file, uid);
    union word new = {.wrong = {.at = time_now(attempts->file), .tag = tag}};
    size_t oldest = 0;

    for (size_t i = 1; i < WRONG_KEPT; i++) {
        union word kept = {.bits = atomic_load(&slot->wrong[i])};
        union word least = {.bits = atomic_load(&slot->wrong[oldest])};

        if (kept.wrong.at < least.wrong.at)
            oldest = i;
    }
    atomic_store(&slot->wrong[oldest], new.bits);
}
