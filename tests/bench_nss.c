/* SPDX-License-Identifier: MIT */
/*
 * How long lookups take, and whether the answers are right. Run by tests/container/bench_nss.py,
 * which prepares those who are asked.
 *
 *     bench_nss measure WAY FOLDER KEYS SEED ROW...   a line for each row: its name and nanoseconds
 *     bench_nss fill WAY FOLDER KEYS ROW...           asks once for all that these rows ask for
 *     bench_nss repeat WAY FOLDER COUNT               hits and misses between two calls of write(-1)
 *     bench_nss cold NAME | -                         one question, or none
 *     bench_nss starts NAME TIMES                     what a fresh process takes more for one question
 *     bench_nss cost FILE COMMAND...                  CPU seconds and KiB of a command that reads FILE
 *
 * WAY is glibc, probe:SNAPSHOT or module:SERVICE:PATH. KEYS: how many of the people are asked for;
 * 0: all. ROW: see `rows`; with `/2` for two threads. Instead of a number there may stand absent (no
 * such function), wrong (an answer was not right), slow or crashed.
 */
#include "tests/bench_questions.h"

#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>

#define SPAN_NS       25000000  /* that one measurement takes, at the least */
#define LONG_NS       300000000 /* the most that SAMPLES_LEAST may take */
#define WARM_NS       50000000  /* the most, before it */
#define BATCH_NS      10000     /* calls are timed in batches of about this */
#define CELL_SECONDS  3         /* that a row may take */
#define SAMPLES_LEAST 7u
#define SAMPLES_MOST  20000u
#define STARTS_MOST   1000u

/* ---- how long it takes ---- */

static int64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static int by_size(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;

    return (a > b) - (a < b);
}

static double median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, by_size);
    return values[count / 2];
}

struct worker {
    const struct bench *bench;
    const struct row *row;
    const struct key *keys;
    pthread_barrier_t *together;
    unsigned next;
    double nanoseconds; /* for a question; less than 0: a wrong answer */
};

/* Asks for the keys once, as far as there is time. How long a question took. */
static int64_t warm(struct worker *worker, struct room *room)
{
    int64_t begin = now_ns(), took = 0;
    unsigned asked = 0;

    while (asked < PICKS && took < WARM_NS) {
        if (!ask(worker->bench, worker->row, &worker->keys[(worker->next + asked++) % PICKS], room,
                 true))
            return -1;
        took = now_ns() - begin;
    }
    if (worker->row->kind == MISS) /* a name that has been asked for may be remembered */
        worker->next += asked;
    return took / asked;
}

static int64_t time_batch(struct worker *worker, struct room *room, int64_t batch, bool *right)
{
    int64_t begin = now_ns();

    for (int64_t i = 0; i < batch; i++)
        *right &=
            ask(worker->bench, worker->row, &worker->keys[worker->next++ % PICKS], room, false);
    return now_ns() - begin;
}

static void *work(void *argument)
{
    struct worker *worker = argument;
    OWNED(free_memory) double *samples = calloc(SAMPLES_MOST, sizeof *samples);
    struct room room = {0};
    int64_t each = samples && make_room(&room) ? warm(worker, &room) : -1, batch, begin;
    size_t count = 0;
    bool right = each >= 0;

    batch = each > 0 && each < BATCH_NS ? BATCH_NS / each : 1;
    pthread_barrier_wait(worker->together);
    begin = now_ns();
    while (right && count < SAMPLES_MOST &&
           (!count || now_ns() - begin < (count < SAMPLES_LEAST ? LONG_NS : SPAN_NS)))
        samples[count++] = (double)time_batch(worker, &room, batch, &right) / (double)batch;
    worker->nanoseconds = right ? median(samples, count) : -1;
    free(room.bytes);
    free(room.gids);
    return NULL;
}

/* Of `threads` threads that ask at the same time: the time of one question in each, on average. */
static double measure(struct bench *bench, const struct row *row, const struct key *keys,
                      unsigned threads)
{
    struct worker workers[2];
    pthread_barrier_t together;
    pthread_t ids[2];
    double sum = 0;

    pthread_barrier_init(&together, NULL, threads);
    for (unsigned i = 0; i < threads; i++) {
        workers[i] = (struct worker){.bench = bench,
                                     .row = row,
                                     .keys = keys,
                                     .together = &together,
                                     .next = i * (PICKS / 2)};
        if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0)
            exit(3);
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        if (workers[i].nanoseconds < 0)
            return -1;
        sum += workers[i].nanoseconds;
    }
    return sum / threads;
}

/* In a process of its own: some crash, and some do not come to an end. */
static void measure_apart(struct bench *bench, const char *name)
{
    static struct key keys[PICKS];
    const struct row *row = find_row(name);
    int status = 0;
    double result;
    pid_t child;

    if (!row || !make_keys(bench, row, keys) || !can_ask(&bench->way, row)) {
        printf("%s %s\n", name, row && !can_ask(&bench->way, row) ? "absent" : "unknown");
        return;
    }
    fflush(stdout);
    if ((child = fork()) == 0) {
        alarm(CELL_SECONDS);
        result = measure(bench, row, keys, strchr(name, '/') ? 2 : 1);
        printf(result < 0 ? "%s wrong\n" : "%s %.1f\n", name, result);
        fflush(stdout);
        _exit(0);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status == 0)
        return;
    printf("%s %s\n", name,
           WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM ? "slow" : "crashed");
}

/* ---- the others ---- */

/* Between the two marks: as many hits, by name and by id, as misses. */
static bool repeat(struct bench *bench, unsigned long count)
{
    static struct key hits[PICKS], misses[PICKS];
    const struct row *hit[] = {&rows[0], &rows[1]}, *miss = &rows[2];
    struct room room;
    bool right = true;

    if (!make_keys(bench, hit[0], hits) || !make_keys(bench, miss, misses) || !make_room(&room))
        return false;
    for (unsigned i = 0; i < PICKS; i++)
        right &= ask(bench, hit[i % 2], &hits[i], &room, true) &&
                 ask(bench, miss, &misses[i], &room, true);
    (void)!write(-1, "begin", 5);
    for (unsigned long i = 0; i < count; i++)
        right &= ask(bench, hit[i % 2], &hits[i % PICKS], &room, false) &&
                 ask(bench, miss, &misses[i % PICKS], &room, false);
    (void)!write(-1, "end", 3);
    return right;
}

static bool cold(const char *name)
{
    char buffer[1024];
    struct passwd person;
    int error;

    return strcmp(name, "-") == 0 ||
           glibc_person(name, &person, buffer, sizeof buffer, &error) == NSS_STATUS_SUCCESS;
}

static double start(const char *name)
{
    char *arguments[] = {(char[]){"bench_nss"}, (char[]){"cold"}, strdup(name), NULL},
         *none[] = {NULL};
    int64_t begin = now_ns();
    int status = -1;
    pid_t child;

    if (posix_spawn(&child, "/proc/self/exe", NULL, NULL, arguments, none) != 0 ||
        waitpid(child, &status, 0) != child || status != 0)
        exit(4);
    free(arguments[2]);
    return (double)(now_ns() - begin);
}

static bool starts(const char *name, size_t times)
{
    static double more[STARTS_MOST];

    if (times < 1 || times > STARTS_MOST)
        return false;
    for (size_t i = 0; i < times; i++) {
        more[i] = start(name);
        more[i] -= start("-");
    }
    printf("cold %.1f\n", median(more, times));
    return true;
}

static bool cost(const char *input, char **command)
{
    struct rusage used;
    int status;
    pid_t child = fork();

    if (child == 0) {
        int fd = open(input, O_RDONLY | O_CLOEXEC);

        if (fd < 0 || dup2(fd, STDIN_FILENO) < 0)
            _exit(126);
        execvp(command[0], command);
        _exit(127);
    }
    if (child < 0 || wait4(child, &status, 0, &used) != child || status != 0)
        return false;
    printf("%.3f %ld\n",
           (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) +
               (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6,
           used.ru_maxrss);
    return true;
}

static bool find_way(char *text, struct way *way)
{
    char *rest = strchr(text, ':'), *path;
    const char *bytes;
    size_t size;

    if (rest)
        *rest++ = '\0';
    if (strcmp(text, "glibc") == 0) {
        *way = calling;
        return true;
    }
    if (strcmp(text, "probe") == 0 && rest) {
        *way = probing;
        return map_text(rest, "snapshot", &bytes, &size) &&
               snapshot_from_bytes(bytes, size, &probed);
    }
    path = rest ? strchr(rest, ':') : NULL;
    if (!path)
        return false;
    *path++ = '\0';
    return way_of_module(path, rest, way);
}

static bool run(int count, char **words)
{
    struct bench bench = {0};

    if (strcmp(words[1], "cold") == 0)
        return cold(words[2]);
    if (strcmp(words[1], "starts") == 0)
        return starts(words[2], strtoul(words[3], NULL, 10));
    if (strcmp(words[1], "cost") == 0)
        return cost(words[2], words + 3);
    if (count < 5 || !find_way(words[2], &bench.way) ||
        !people_read(words[3], strcmp(words[1], "repeat") == 0 ? 0 : strtoul(words[4], NULL, 10),
                     &bench.people))
        return false;
    if (strcmp(words[1], "fill") == 0) {
        for (int i = 5; i < count; i++)
            if (!find_row(words[i]) || !fill_row(&bench, find_row(words[i])))
                return false;
        return true;
    }
    if (strcmp(words[1], "repeat") == 0)
        return repeat(&bench, strtoul(words[4], NULL, 10));
    if (strcmp(words[1], "measure") != 0 || count < 6)
        return false;
    bench.people.chance = 0x9e3779b97f4a7c15 * (strtoul(words[5], NULL, 10) + 1);
    for (int i = 6; i < count; i++)
        measure_apart(&bench, words[i]);
    return true;
}

int main(int count, char **words)
{
    if (count >= 3 && run(count, words))
        return 0;
    fprintf(stderr, "bench_nss: %s\n", count < 3 ? "see tests/bench_nss.c" : "could not be done");
    return 1;
}
