/* SPDX-License-Identifier: MIT */
/* The machine's own count of time, which goes on during suspend, and which nobody can set. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct boot_moment {
    uint32_t tag; /* of the start of the machine: a hash of the kernel's boot id */
    int64_t ms;   /* since then */
};

/*
 * 0: it cannot be told. Containers are often given an id of their own, while time goes on as before:
 * such an id says nothing about that, and counts as none.
 */
uint32_t boot_tag(void);
struct boot_moment boot_now(void);

/* How many milliseconds went by at least, also if the machine was started anew meanwhile. */
int64_t boot_passed_ms(struct boot_moment then, struct boot_moment now);
/* Whether it was, as far as can be told. */
bool boot_is_another(struct boot_moment then, struct boot_moment now);
