/* SPDX-License-Identifier: MIT */
/*
 * Ten thousand hosts after an outage of an hour, by the product's own breaker and a clock that is
 * only counted: do they come back as a wave? Each has people who sign in at random, and the timer
 * that runs while an outage is recorded. Prints for each story the requests per second that the
 * platform sees, and ends as a test program does.
 *
 *     fleet latchkey-probe.timer
 */
#include "base/breaker.h"
#include "tests/unit_file.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HOSTS        10000u
#define START        1700000000
#define OUTAGE_BEGIN 120
#define TOGETHER     (OUTAGE_BEGIN + BREAKER_CEILING_SECONDS + 1)
#define SECONDS      5400
#define SIGN_IN_EACH 300 /* seconds between two of a host, on average */

/* What may be expected of the busiest second once the platform is back, and of the last host. */
#define SHARE         0.06  /* of the hosts */
#define SHARE_AT_ONCE 0.125 /* even if all were told to wait in one second */
#define BACK_SECONDS  60    /* beside what was asked for, and a tenth of that */

struct story {
    const char *name;
    int end;                /* of the outage */
    unsigned told;          /* Retry-After of every answer during it */
    bool together;          /* all hosts ask in two seconds of it, the first and TOGETHER */
    unsigned told_together; /* and are told this in the second one */
};

static const struct story stories[] = {
    {"an hour of silence", OUTAGE_BEGIN + 3600, 0, false, 0},
    {"an hour of Retry-After: 120", OUTAGE_BEGIN + 3600, 120, false, 0},
    {"all are told 3600 in one second", TOGETHER + 3600, 0, true, 3600},
    {"all are told 600 in one second", TOGETHER + 600, 0, true, 600},
    {"all are told 60 in one second", TOGETHER + 60, 0, true, 60},
};

struct host {
    struct breaker breaker;
    int timer_ms; /* of its next elapse; 0: does not run */
    int back_at;  /* 0: not yet */
};

static struct host hosts[HOSTS];
static unsigned requests[SECONDS];
static unsigned timer_ms, timer_random_ms; /* OnUnitInactiveSec, RandomizedDelaySec */
static uint64_t seed;
static unsigned passed, failed;

static uint32_t any(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32);
}

static void check(const struct story *story, bool condition, const char *what)
{
    if (condition)
        passed++;
    else
        printf("FAILED %s: %s\n", story->name, what);
    failed += !condition;
}

static bool is_out(const struct story *story, int second)
{
    return second >= OUTAGE_BEGIN && second < story->end;
}

static bool all_ask(const struct story *story, int second)
{
    return story->together && (second == OUTAGE_BEGIN || second == TOGETHER);
}

/* One request, if it may be sent. */
static void ask(const struct story *story, struct host *host, int second, bool probe)
{
    struct breaker_event event = {.kind = probe ? BREAKER_ANSWERED_PROBE : BREAKER_SERVED,
                                  .now = START + second,
                                  .random = any()};

    if (breaker_state(&host->breaker, event.now) == BREAKER_OPEN)
        return;
    requests[second]++;
    if (is_out(story, second)) {
        event.kind = BREAKER_FAILED;
        event.told = second == TOGETHER ? story->told_together : story->told;
    }
    breaker_change(&host->breaker, &event);
}

static int next_elapse(int ms)
{
    return ms + (int)timer_ms + (int)(any() % timer_random_ms);
}

static void live(const struct story *story, struct host *host, int second)
{
    bool outage = breaker_is_outage(&host->breaker, START + second);

    if (!outage && second >= story->end && host->back_at == 0)
        host->back_at = second;
    if (any() % SIGN_IN_EACH == 0 || all_ask(story, second))
        ask(story, host, second, false);
    if (!outage)
        host->timer_ms = 0;
    else if (host->timer_ms == 0)
        host->timer_ms = next_elapse(second * 1000 + 1000 - (int)timer_ms);
    if (!outage || second < host->timer_ms / 1000)
        return;
    host->timer_ms = next_elapse(host->timer_ms);
    if (host->breaker.failures > 0 && !host->breaker.answering)
        ask(story, host, second, true);
}

static double average(int from, int to)
{
    double sum = 0;

    for (int second = from; second < to; second++)
        sum += requests[second];
    return sum / (to - from);
}

static unsigned peak_after(int from, int to)
{
    unsigned peak = 0;

    for (int second = from; second < to; second++)
        if (requests[second] > peak)
            peak = requests[second];
    return peak;
}

static int last_back(const struct story *story)
{
    int last = 0;

    for (unsigned i = 0; i < HOSTS; i++)
        if (hosts[i].back_at == 0 || hosts[i].back_at > last)
            last = hosts[i].back_at ? hosts[i].back_at : SECONDS;
    return last - story->end;
}

static void judge(const struct story *story)
{
    double during = average(OUTAGE_BEGIN + 60, story->end);
    double around = average(story->end - 30, story->end + 30);
    double after = average(SECONDS - 600, SECONDS);
    unsigned peak = peak_after(story->end, SECONDS);
    double most = (story->together ? SHARE_AT_ONCE : SHARE) * HOSTS;
    unsigned told = story->told + story->told_together;
    int noticed = last_back(story);

    printf("%s:\n  requests per second: %.0f during the outage, %u at the peak after it (%.1f "
           "times the"
           " average around its end, %.0f; %.1f %% of the hosts, at most %.1f), %.0f at last;"
           " the last host was back after %d s\n",
           story->name, during, peak, peak / around, around, 100.0 * peak / HOSTS,
           100.0 * most / HOSTS, after, noticed);
    check(story, peak <= most, "a wave");
    check(story, noticed <= (int)(BACK_SECONDS + told / 10 + story->told), "somebody is late");
    check(story, after <= 1.1 * HOSTS / SIGN_IN_EACH, "somebody still asks too much");
}

int main(int count, char **arguments)
{
    const char *unit = count > 1 ? arguments[1] : "";

    timer_ms = 1000 * unit_seconds(unit, "OnUnitInactiveSec");
    timer_random_ms = 1000 * unit_seconds(unit, "RandomizedDelaySec");
    for (size_t i = 0; i < sizeof stories / sizeof stories[0]; i++) {
        seed = 88172645463325252u + i;
        for (unsigned h = 0; h < HOSTS; h++)
            hosts[h] = (struct host){0};
        for (int second = 0; second < SECONDS; second++) {
            requests[second] = 0;
            for (unsigned h = 0; h < HOSTS; h++)
                live(&stories[i], &hosts[h], second);
        }
        judge(&stories[i]);
    }
    printf("fleet: %u passed, %u failed\n", passed, failed);
    return failed != 0;
}
