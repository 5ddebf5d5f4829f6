/* SPDX-License-Identifier: MIT */
#include "platform/gate.h"

#include "base/own.h"

#include <sys/random.h>

#define TRY_MS    20 /* to take a turn that nobody holds */
#define TIME_MOST 32

const char *dependency_name(enum dependency dependency)
{
    static const char *const names[DEPENDENCIES] = {
        [DEPENDENCY_METADATA] = "metadata",
        [DEPENDENCY_PASSWORD] = "password grants",
        [DEPENDENCY_REFRESH] = "refresh grants",
        [DEPENDENCY_DEVICE] = "device codes",
    };

    return names[dependency];
}

/* The time is read last: see breaker_state. */
void gate_look(const struct memory *memory, enum dependency dependency, struct gate *gate)
{
    struct breaker all[DEPENDENCIES] = {0};
    time_t now;

    for (unsigned i = 0; i < DEPENDENCIES; i++)
        memory->read_breaker(memory->context, (enum dependency)i, &all[i]);
    now = time(NULL);
    gate->breaker = all[dependency];
    gate->told = 0;
    for (unsigned i = 0; i < DEPENDENCIES; i++)
        if (breaker_told(&all[i], now) > gate->told)
            gate->told = breaker_told(&all[i], now);
    gate->state = gate->told ? BREAKER_OPEN : breaker_state(&gate->breaker, now);
}

static void tell_time(time_t when, char text[static TIME_MOST])
{
    struct tm local = {0};

    if (!localtime_r(&when, &local) || strftime(text, TIME_MOST, "%H:%M:%S", &local) == 0)
        text[0] = '\0';
}

static bool refuse(enum dependency dependency, const struct gate *gate, struct error *why)
{
    char since[TIME_MOST], next[TIME_MOST];

    tell_time(gate->breaker.since, since);
    tell_time(gate->told ? gate->told : breaker_next(&gate->breaker), next);
    if (gate->told)
        return error_set(why, ERROR_UNREACHABLE, "%s: not asked: told to wait until %s",
                         dependency_name(dependency), next);
    return error_set(why, ERROR_UNREACHABLE, "%s: not asked: %s since %s, next try %s",
                     dependency_name(dependency), gate->breaker.silent ? "silent" : "failing",
                     since, next);
}

/* Where turns cannot be taken at all, nobody is kept from asking. */
static bool take_turn(const struct memory *memory, enum dependency dependency,
                      const struct deadline *deadline, struct gate *gate)
{
    gate->turn = memory->take_turn(memory->context, dependency, deadline);
    return gate->turn >= 0 || deadline_left_ms(deadline) > 0;
}

bool gate_pass(const struct memory *memory, enum dependency dependency, const struct deadline *wait,
               struct gate *gate, struct error *why)
{
    struct deadline deadline = deadline_in_ms(TRY_MS);

    gate_look(memory, dependency, gate);
    if (gate->state == BREAKER_OPEN)
        return refuse(dependency, gate, why);
    if (gate->state == BREAKER_CLOSED && !wait)
        return true;
    if (gate->state == BREAKER_CLOSED)
        deadline = *wait;
    if (!take_turn(memory, dependency, &deadline, gate))
        return error_set(why, ERROR_UNREACHABLE, "%s: not asked: another process is asking",
                         dependency_name(dependency));
    gate_look(memory, dependency, gate); /* whoever held the turn has found something out */
    if (gate->state == BREAKER_OPEN) {
        gate_leave(gate);
        return refuse(dependency, gate, why);
    }
    if (gate->state == BREAKER_CLOSED && !wait)
        gate_leave(gate);
    return true;
}

bool gate_still_open(const struct memory *memory, enum dependency dependency, struct error *why)
{
    struct gate gate = GATE_SHUT;

    gate_look(memory, dependency, &gate);
    return !gate.told || refuse(dependency, &gate, why);
}

void gate_leave(struct gate *gate)
{
    close_fd(&gate->turn);
    gate->turn = -1;
}

static void change(const struct memory *memory, enum dependency dependency,
                   struct breaker_event event)
{
    event.now = time(NULL);
    if (getrandom(&event.random, sizeof event.random, GRND_NONBLOCK) != sizeof event.random)
        event.random = (uint32_t)clock_ms();
    memory->change_breaker(memory->context, dependency, &event);
}

void gate_served(const struct memory *memory, enum dependency dependency, unsigned told)
{
    struct breaker breaker = {0};

    memory->read_breaker(memory->context, dependency, &breaker);
    if (breaker.failures > 0 || breaker.told_until != 0 || told > 0)
        change(memory, dependency, (struct breaker_event){.kind = BREAKER_SERVED, .told = told});
}

void gate_probed(const struct memory *memory, enum dependency dependency, unsigned told)
{
    change(memory, dependency,
           (struct breaker_event){.kind = BREAKER_ANSWERED_PROBE, .told = told});
}

/* A failure that was only remembered counts where it has not been counted yet. */
void gate_failed(const struct memory *memory, enum dependency dependency,
                 const struct http_trace *trace, unsigned told)
{
    struct breaker breaker = {0};

    if (!trace->tried)
        return;
    memory->read_breaker(memory->context, dependency, &breaker);
    if (trace->remembered && breaker.opened_at >= trace->at)
        return;
    change(memory, dependency,
           (struct breaker_event){.kind = BREAKER_FAILED,
                                  .silent = !trace->sent,
                                  .unhurried = trace->unhurried,
                                  .told = told});
}

void gate_told(const struct memory *memory, enum dependency dependency, unsigned told)
{
    if (told > 0)
        change(memory, dependency, (struct breaker_event){.kind = BREAKER_TOLD, .told = told});
}
