/* SPDX-License-Identifier: MIT */
/*
 * Refusals whose time says nothing. What it takes to find out differs for unknown, disabled, locked
 * and wrong: one request or two, and the platform's own pace. Until a secret is proven, its refusal
 * goes out at a stroke of a clock that begins when it was typed.
 */
#pragma once

#include "login/talk.h"

/* Longer than most refusals take to be found out, with two requests and the key derivation. */
#ifndef EVEN_MS
#define EVEN_MS 1000
#endif

/* Waits for the next stroke; `typed_ms` by clock_ms(). */
void even_wait(struct talk *talk, int64_t typed_ms);
