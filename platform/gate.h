/* SPDX-License-Identifier: MIT */
/*
 * Whether something may be asked now, and what came of it: the breakers and turns that all
 * processes of this host share (platform.md 4.2-4.4). While any of the dependencies was told to
 * wait (Retry-After), none is asked.
 */
#pragma once

#include "platform/http.h"
#include "platform/platform.h"

struct gate {
    enum breaker_state state;
    struct breaker breaker; /* as it was found */
    time_t told;            /* nothing is to be asked before; 0: nobody said so */
    int turn;               /* held; -1: none */
};

#define GATE_SHUT ((struct gate){.turn = -1})

/* Only looks. */
void gate_look(const struct memory *memory, enum dependency dependency, struct gate *gate);

/*
 * True: it may be asked, until gate_leave. Who finds it due goes alone, and does not wait for that.
 * With `wait` one goes at a time in any case, waiting until then; who had to wait should look
 * whether it is still needed. False: ERROR_UNREACHABLE with the reason.
 */
bool gate_pass(const struct memory *memory, enum dependency dependency, const struct deadline *wait,
               struct gate *gate, struct error *why);
void gate_leave(struct gate *gate);
/* For who has asked something else meanwhile. False: we were told to wait since. */
bool gate_still_open(const struct memory *memory, enum dependency dependency, struct error *why);

/* What came of the request. `told`: seconds of Retry-After. */
void gate_served(const struct memory *memory, enum dependency dependency, unsigned told);
void gate_probed(const struct memory *memory, enum dependency dependency, unsigned told);
void gate_failed(const struct memory *memory, enum dependency dependency,
                 const struct http_trace *trace, unsigned told);
